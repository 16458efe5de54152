"""What came back, in the database: whose delivery it is about, what was stored once, and what adds up over issues.

Law: nothing here decides about a person; the policy does, in the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, or_, select, update

from mailer.bounce.bounce import Bounce, Kind
from mailer.bounce.policy import Action, Streak
from mailer.store.database import reading
from mailer.store.erasing import GONE
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import BounceRow, DeliveryRow, IssueRow, ReturnedRow
from subscribers.consent import Event
from subscribers.store import insert_or_leave
from subscribers.tables import ConsentRow, OutboxRow, SubscriberRow, SubscriptionRow

SETTLED_AFTER: Final = timedelta(days=5)
"""A mail that nothing came back about for so long has arrived: servers give up within it (RFC 5321 §4.5.4.1)."""
STREAK_DELIVERIES: Final = 200  # a daily newsletter's last half year
PERSONS_DELIVERIES: Final = 200  # among which a Message-ID is looked for
PAGE_ROWS: Final = 1_000
SMTP: Final = "smtp"
"""The source of rows that are made from refusals in the ledger."""
GIVEN_UP: Final = "given up after"  # how the engine's own words begin when it stopped trying
RUNNING: Final = frozenset({SendingState.SENDING.value, SendingState.SCHEDULED.value})


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery, or a notice (then ``delivery_id`` and ``issue_id`` are None), that something came back about."""

    address: str
    newsletter: str
    subscription_id: int | None  # None: the person was erased since
    delivery_id: int | None = None
    issue_id: int | None = None
    slug: str = ""
    state: str = ""  # a DeliveryState's value
    at: datetime | None = None  # when that state was entered
    tried: bool = True


@dataclass(frozen=True, slots=True)
class NewBounce:
    """One row about to be stored."""

    event_id: str
    source: str
    bounce: Bounce
    proof: str
    delivered: Delivered | None
    action: Action
    at: datetime
    returned_id: int | None = None


@dataclass(frozen=True, slots=True)
class StoredBounce:
    """One row as a person looks at it."""

    id: int
    at: datetime
    source: str
    kind: str
    reason: str
    recipient: str
    reply_code: int | None
    enhanced_code: str
    diagnostic: str
    proof: str
    action: str
    newsletter: str
    slug: str
    subscription_id: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """People of one issue since its sending began or was last paused by this room."""

    running: bool
    audience: int
    accepted: int  # by a server, those whose mail came back later included
    bounced: int
    complained: int
    blamed: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that the server refused for good, of which no row was made yet."""

    delivered: Delivered
    attempts: int
    code: int | None
    enhanced_code: str
    reply: str


def _deliveries() -> Select[int, int, str, str, int | None, str, str, datetime | None, datetime | None]:
    return select(
        DeliveryRow.id,
        DeliveryRow.issue_id,
        IssueRow.newsletter,
        IssueRow.slug,
        DeliveryRow.subscription_id,
        DeliveryRow.address,
        DeliveryRow.state,
        DeliveryRow.at,
        DeliveryRow.first_attempt_at,
    ).join_from(DeliveryRow, IssueRow, IssueRow.id == DeliveryRow.issue_id)


def _delivered(
    row: Row[int, int, str, str, int | None, str, str, datetime | None, datetime | None],
) -> Delivered:
    never = {DeliveryState.QUEUED.value, DeliveryState.LEASED.value, DeliveryState.SKIPPED.value}
    return Delivered(
        address=row.address,
        newsletter=row.newsletter,
        subscription_id=row.subscription_id,
        delivery_id=row.id,
        issue_id=row.issue_id,
        slug=row.slug,
        state=row.state,
        at=row.at,
        tried=row.state not in never or row.first_attempt_at is not None,
    )


def delivery(connection: Connection, delivery_id: int) -> Delivered | None:
    """The delivery that a return path names."""
    row = connection.execute(_deliveries().where(DeliveryRow.id == delivery_id)).one_or_none()
    return _delivered(row) if row else None


def delivery_of(connection: Connection, issue_id: int, subscription_id: int) -> Delivered | None:
    """The delivery of an issue to a subscription, as a link in the mail names them."""
    which = and_(DeliveryRow.issue_id == issue_id, DeliveryRow.subscription_id == subscription_id)
    row = connection.execute(_deliveries().where(which)).one_or_none()
    return _delivered(row) if row else None


def deliveries_to(connection: Connection, address_key: str) -> list[Delivered]:
    """The latest deliveries to the person with that address, the newest first."""
    statement = (
        _deliveries()
        .join(SubscriptionRow, SubscriptionRow.id == DeliveryRow.subscription_id)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(SubscriberRow.address_key == address_key)
        .order_by(DeliveryRow.id.desc())
        .limit(PERSONS_DELIVERIES)
    )
    return [_delivered(row) for row in connection.execute(statement)]


def notice(connection: Connection, outbox_id: int) -> Delivered | None:
    """The notice that a return path names, if the outbox still has it."""
    row = connection.execute(
        select(OutboxRow.address, OutboxRow.newsletter, OutboxRow.subscription_id).where(OutboxRow.id == outbox_id)
    ).one_or_none()
    return Delivered(row.address, row.newsletter, row.subscription_id) if row else None


def known_events(connection: Connection, event_ids: Collection[str]) -> set[str]:
    """Those of ``event_ids`` that are stored already."""
    statement = select(BounceRow.event_id).where(BounceRow.event_id.in_(event_ids))
    return set(connection.execute(statement).scalars())


def keep_raw(connection: Connection, source: str, digest: str, raw: bytes, now: datetime) -> tuple[int, bool]:
    """Store a mail or request as it came: its id, and whether it was not there before."""
    fresh = connection.scalar(
        insert_or_leave(connection, ReturnedRow)
        .values(source=source, digest=digest, raw=raw, at=now)
        .returning(ReturnedRow.id)
    )
    if fresh is not None:
        return int(fresh), True
    which = and_(ReturnedRow.source == source, ReturnedRow.digest == digest)
    return connection.execute(select(ReturnedRow.id).where(which)).scalar_one(), False


def keep(connection: Connection, new: NewBounce) -> int | None:
    """Store a row; returns its id, or None when the event is stored already."""
    bounce, about = new.bounce, new.delivered
    return connection.scalar(
        insert_or_leave(connection, BounceRow)
        .values(
            event_id=new.event_id,
            source=new.source,
            returned_id=new.returned_id,
            kind=bounce.kind.value,
            reason=bounce.reason.value,
            recipient=storable(bounce.recipient),
            reply_code=bounce.reply_code,
            enhanced_code=storable(bounce.enhanced_code)[:16],
            diagnostic=storable(bounce.diagnostic),
            proof=new.proof,
            delivery_id=about.delivery_id if about else None,
            issue_id=about.issue_id if about else None,
            subscription_id=about.subscription_id if about else None,
            action=new.action.value,
            paused=False,
            at=new.at,
        )
        .returning(BounceRow.id)
    )


def storable(text: str) -> str:
    """Foreign text as every database takes it: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def note_pause(connection: Connection, bounce_id: int) -> None:
    """Remember that this row made the sending of its issue pause: rates are counted anew after it."""
    connection.execute(update(BounceRow).where(BounceRow.id == bounce_id).values(paused=True))


def streak(connection: Connection, about: Delivered, now: datetime) -> Streak:
    """The issues in a row that came back softly from this subscription, the one of ``about`` left out.

    Read from the newest delivery backwards until a success: a report of one, or a mail that nothing was heard
    about for ``SETTLED_AFTER``. What is too young to tell, or came back for the sender's fault, is passed over.
    """
    if about.subscription_id is None:
        return Streak()
    freed_at = connection.scalar(
        select(func.max(ConsentRow.at)).where(
            ConsentRow.subscription_id == about.subscription_id, ConsentRow.event == Event.UNSUPPRESSED.value
        )
    )
    heard: dict[int, list[Row[int | None, str, str, datetime]]] = {}
    for row in connection.execute(
        select(BounceRow.delivery_id, BounceRow.kind, BounceRow.action, BounceRow.at).where(
            BounceRow.subscription_id == about.subscription_id, BounceRow.delivery_id.is_not(None)
        )
    ):
        heard.setdefault(row.delivery_id or 0, []).append(row)
    issues: list[str] = []
    since: datetime | None = None
    for sent in connection.execute(
        _deliveries()
        .where(DeliveryRow.subscription_id == about.subscription_id)
        .order_by(DeliveryRow.id.desc())
        .limit(STREAK_DELIVERIES)
    ):
        rows = heard.get(sent.id, [])
        if sent.id == about.delivery_id and not rows:
            continue
        if any(row.kind == Kind.SUCCESS.value for row in rows):
            break
        soft = [row.at for row in rows if row.action == Action.COUNT.value]
        if soft and (freed_at is None or min(soft) > freed_at):
            issues.insert(0, sent.slug)
            since = min([*soft, since] if since else soft)
        elif soft or (not rows and _has_arrived(sent.state, sent.at, now)):
            break
    return Streak(tuple(issues), since)


def _has_arrived(state: str, at: datetime | None, now: datetime) -> bool:
    return state == DeliveryState.ACCEPTED.value and at is not None and now - at >= SETTLED_AFTER


def tally(connection: Connection, issue_id: int) -> Tally:
    """How an issue in flight does; of one that is not, only that it is not."""
    state, audience = connection.execute(
        select(IssueRow.state, IssueRow.audience).where(IssueRow.id == issue_id)
    ).one()
    if state not in RUNNING:
        return Tally(False, audience, 0, 0, 0, 0)
    paused_at = connection.scalar(
        select(func.max(BounceRow.at)).where(BounceRow.issue_id == issue_id, BounceRow.paused)
    )
    fresh = [] if paused_at is None else [DeliveryRow.at > paused_at]
    came_back = (
        select(BounceRow.kind, BounceRow.source, func.count(BounceRow.delivery_id.distinct()))
        .join_from(BounceRow, DeliveryRow, DeliveryRow.id == BounceRow.delivery_id)
        .where(BounceRow.issue_id == issue_id, *fresh)
        .group_by(BounceRow.kind, BounceRow.source)
    )
    counted: Counter[tuple[Kind, bool]] = Counter()
    for kind, source, people in connection.execute(came_back):
        counted[Kind(kind), source == SMTP] += int(people)
    at_smtp_time = counted[Kind.HARD, True] + counted[Kind.SOFT, True]
    accepted = connection.scalar(
        select(func.count()).where(
            DeliveryRow.issue_id == issue_id, DeliveryRow.state == DeliveryState.ACCEPTED.value, *fresh
        )
    )
    return Tally(
        running=True,
        audience=audience,
        accepted=int(accepted or 0) + at_smtp_time,
        bounced=counted[Kind.HARD, False] + counted[Kind.SOFT, False] + at_smtp_time,
        complained=counted[Kind.COMPLAINT, False],
        blamed=counted[Kind.POLICY, False],  # at SMTP time the engine itself pauses
    )


def unsettled_refusals(connection: Connection, limit: int, since: datetime) -> list[Refusal]:
    """Refusals in the ledger that no row tells of yet, the oldest first; not those by ourselves.

    Of issues that are not finished, or were after ``since``.
    """
    statement = (
        _deliveries()
        .add_columns(DeliveryRow.attempts, DeliveryRow.code, DeliveryRow.enhanced_code, DeliveryRow.reply)
        .outerjoin(BounceRow, and_(BounceRow.delivery_id == DeliveryRow.id, BounceRow.source == SMTP))
        .where(
            DeliveryRow.state == DeliveryState.REFUSED.value,
            or_(DeliveryRow.code.is_not(None), DeliveryRow.reply.startswith(GIVEN_UP)),
            BounceRow.id.is_(None),
        )
        .order_by(DeliveryRow.id)
        .limit(limit)
    )
    issues = select(IssueRow.id).where(or_(IssueRow.finished_at.is_(None), IssueRow.finished_at >= since))
    rows = connection.execute(statement.where(DeliveryRow.issue_id.in_(issues)))  # through the index by issue
    return [Refusal(_delivered(row), row.attempts, row.code, row.enhanced_code, row.reply) for row in rows]


def came_back(connection: Connection, issue_id: int) -> dict[str, int]:
    """How many people of an issue something came back from, by class; refusals at SMTP time are left out, since
    the ledger counts them.
    """
    statement = (
        select(BounceRow.kind, func.count(BounceRow.delivery_id.distinct()))
        .where(BounceRow.issue_id == issue_id, BounceRow.source != SMTP)
        .group_by(BounceRow.kind)
    )
    found = {kind: int(count) for kind, count in connection.execute(statement)}
    return {kind.value: found[kind.value] for kind in Kind if kind.value in found}


def list_bounces(
    engine: Engine,
    *,
    newsletter: str | None = None,
    kind: Kind | None = None,
    slug: str | None = None,
    page_rows: int = PAGE_ROWS,
) -> Iterator[StoredBounce]:
    """Everything that came back, the latest first, page by page."""
    before: int | None = None
    while True:
        statement = _listing().order_by(BounceRow.id.desc()).limit(page_rows)
        if newsletter is not None:
            statement = statement.where(IssueRow.newsletter == newsletter)
        if kind is not None:
            statement = statement.where(BounceRow.kind == kind.value)
        if slug is not None:
            statement = statement.where(IssueRow.slug == slug)
        if before is not None:
            statement = statement.where(BounceRow.id < before)
        with reading(engine) as connection:
            rows = connection.execute(statement).all()
        yield from (StoredBounce(*row) for row in rows)
        if len(rows) < page_rows:
            return
        before = rows[-1].id


def _listing() -> Select[int, datetime, str, str, str, str, int | None, str, str, str, str, str, str, int | None]:
    # where a report hides the address (RFC 6590), the one that the mail went to
    whose = func.coalesce(func.nullif(BounceRow.recipient, ""), DeliveryRow.address, "").label("recipient")
    named = select(
        BounceRow.id,
        BounceRow.at,
        BounceRow.source,
        BounceRow.kind,
        BounceRow.reason,
        whose,
        BounceRow.reply_code,
        BounceRow.enhanced_code,
        BounceRow.diagnostic,
        BounceRow.proof,
        BounceRow.action,
        func.coalesce(IssueRow.newsletter, "").label("newsletter"),
        func.coalesce(IssueRow.slug, "").label("slug"),
        BounceRow.subscription_id,
    )
    of_issue = named.join_from(BounceRow, IssueRow, IssueRow.id == BounceRow.issue_id, isouter=True)
    return of_issue.outerjoin(DeliveryRow, DeliveryRow.id == BounceRow.delivery_id)


def forget_old(connection: Connection, before: datetime) -> None:
    """Remove what came before that time as it came, and what it said where that was about nobody of ours."""
    connection.execute(delete(ReturnedRow).where(ReturnedRow.at < before))
    connection.execute(delete(BounceRow).where(BounceRow.proof == "", BounceRow.at < before))


def forget_erased(connection: Connection) -> None:
    """Take addresses and words out of the rows of people who are gone, and remove the mails that held them."""
    theirs = and_(
        BounceRow.proof != "",
        BounceRow.subscription_id.is_(None),
        or_(BounceRow.recipient != GONE, BounceRow.diagnostic != ""),
    )
    mails = select(BounceRow.returned_id).where(theirs, BounceRow.returned_id.is_not(None))
    connection.execute(delete(ReturnedRow).where(ReturnedRow.id.in_(mails)))
    connection.execute(update(BounceRow).where(theirs).values(recipient=GONE, diagnostic=""))
