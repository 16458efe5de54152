"""An installation that has sent issues, and mails that come back about them. Its clock stands until moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select, update

from mailer.bounce.policy import Rules
from mailer.bounce.return_path import ReturnPaths
from mailer.flows.feedback import Feedback
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.render.message import message_id
from mailer.store import ledger
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import BounceRow, DeliveryRow, IssueRow, ReturnedRow
from subscribers.tables import SubscriberRow, SubscriptionRow, SuppressionRow
from subscribers.tokens import TokenKeys
from tests.builders.bounces import RETURNED, TOKEN, a_dsn, a_feedback_report
from tests.builders.delivery import a_frozen_issue
from tests.builders.people import a_subscriber

SECRET = b"a secret of thirty-two octets ...."
NEWS = Newsletter(key="news", name="The News", sender="The News <editor@news.example>", list_id="news.example.org")
MAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


class Office:
    """One newsletter, its people and its ledger, with the flow that takes what comes back."""

    def __init__(self, engine: Engine, rules: Rules | None = None, *, rehearse: bool = False) -> None:
        self.engine = engine
        self.now = MAY
        self.return_paths = ReturnPaths([SECRET], bounce_domain(NEWS))
        self.tokens = TokenKeys([SECRET])
        self.feedback = Feedback(
            engine,
            {NEWS.key: NEWS},
            self.return_paths,
            self.tokens,
            rules or Rules(),
            lambda: self.now,
            rehearse=rehearse,
        )

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def people(self, *addresses: str) -> None:
        with self.engine.begin() as connection:
            for address in addresses:
                a_subscriber(connection, address, newsletter=NEWS.key, now=MAY - timedelta(days=400))

    def send(
        self,
        slug: str = "may",
        *,
        state: DeliveryState = DeliveryState.ACCEPTED,
        sending: SendingState = SendingState.FINISHED,
        code: int | None = 250,
        enhanced_code: str = "",
        reply: str = "",
    ) -> None:
        """An issue to everybody who gets one now, each delivery with that outcome."""
        with self.engine.begin() as connection:
            issue_id, editions = a_frozen_issue(connection, slug=slug, newsletter=NEWS.key)
            ledger.plan(connection, issue_id, NEWS.key, editions, "en", self.now)
            connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.issue_id == issue_id)
                .values(
                    state=state.value,
                    at=self.now,
                    first_attempt_at=self.now,
                    attempts=1,
                    code=code,
                    enhanced_code=enhanced_code,
                    reply=reply,
                )
            )
            finished = self.now if sending is SendingState.FINISHED else None
            connection.execute(
                update(IssueRow).where(IssueRow.id == issue_id).values(state=sending.value, finished_at=finished)
            )

    def delivery(self, address: str, slug: str = "may") -> tuple[int, int]:
        """(delivery's id, subscription's id)."""
        with self.engine.connect() as connection:
            row = connection.execute(
                select(DeliveryRow.id, DeliveryRow.subscription_id)
                .join(IssueRow, IssueRow.id == DeliveryRow.issue_id)
                .where(IssueRow.slug == slug, DeliveryRow.address == address)
            ).one()
        return row.id, row.subscription_id or 0

    def return_path(self, address: str, slug: str = "may") -> str:
        return self.return_paths.make(self.delivery(address, slug)[0])

    def returned(self, address: str, slug: str = "may", *, extra: str = "") -> str:
        """The mail that came back, with the Message-ID that it really had."""
        made = message_id(NEWS.key, slug, self.delivery(address, slug)[1], bounce_domain(NEWS))
        own = RETURNED.replace("<12.77@news.example>", made).replace("paula@reader.example", address)
        return own.replace("MIME-Version", f"{extra}MIME-Version", 1)

    def suppressed(self) -> dict[str, str]:
        """Address → reason, of everybody who is suppressed."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(SubscriberRow.address, SuppressionRow.reason).join_from(
                    SubscriberRow, SuppressionRow, SuppressionRow.address_hash == SubscriberRow.address_hash
                )
            )
            return {row.address: row.reason for row in rows}

    def stored(self) -> list[tuple[str, str, str, str]]:
        """(source, class, proof, action) of every row, the oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(BounceRow.source, BounceRow.kind, BounceRow.proof, BounceRow.action).order_by(BounceRow.id)
            )
            return [(row.source, row.kind, row.proof, row.action) for row in rows]

    def raws(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(ReturnedRow)) or 0

    def issue(self, slug: str = "may") -> tuple[str, str]:
        """State and reason of an issue's sending."""
        with self.engine.connect() as connection:
            row = connection.execute(select(IssueRow.state, IssueRow.reason).where(IssueRow.slug == slug)).one()
        return row.state, row.reason

    def move_to(self, address: str, new: str) -> None:
        """The person changes the address."""
        with self.engine.begin() as connection:
            connection.execute(
                update(SubscriberRow)
                .where(SubscriberRow.address == address)
                .values(address=new, address_key=new, address_hash=self.tokens.address_hash(new))
            )

    def subscriptions(self) -> Sequence[int]:
        with self.engine.connect() as connection:
            return connection.execute(select(SubscriptionRow.id)).scalars().all()


def came_to(raw: bytes, address: str) -> bytes:
    """The mail as it comes to that address."""
    return raw.replace(TOKEN.encode(), address.encode())


def a_hard_bounce(office: Office, address: str, slug: str = "may") -> bytes:
    """A notice at the return path that the address does not exist."""
    return came_to(a_dsn(recipient=address), office.return_path(address, slug))


def a_soft_bounce(office: Office, address: str, slug: str = "may", status: str = "4.2.2") -> bytes:
    text = f"smtp; {status[0]}52 {status} mailbox full"
    raw = a_dsn(recipient=address, status=status, diagnostic=text, text=f"Issue {slug} was not delivered.")
    return came_to(raw, office.return_path(address, slug))


def a_complaint(office: Office, address: str, slug: str = "may") -> bytes:
    return came_to(a_feedback_report(to="redacted"), office.return_path(address, slug))
