"""After an erasure nothing says who the person was, and every count is as before."""

from sqlalchemy import Connection, Engine, String, cast, func, insert, literal_column, select

from mailer.store import ledger
from mailer.store.erasing import forget_person
from mailer.store.states import DeliveryState as S
from mailer.store.tables import BounceRow, DeliveryRow, EditionRow, IssueRow, ReturnedRow
from subscribers.erasing import erase
from subscribers.outbox import Notice, post_notice
from subscribers.store import Standing, audience_select, is_suppressed
from subscribers.tables import Base, SubscriberRow
from tests.builders.people import NEWSLETTER, NOW, a_subscriber, hash_of
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

ADDRESS = "Ada.Lovelace@example.org"
STATES = (S.ACCEPTED, S.QUEUED, S.REFUSED, S.DEFERRED)


def issues(connection: Connection, people: list[Standing]) -> list[int]:
    """An issue for each state, in which everybody's delivery is in that state."""
    made = []
    for number, state in enumerate(STATES):
        issue = connection.execute(
            insert(IssueRow).returning(IssueRow.id),
            {"newsletter": NEWSLETTER, "slug": f"issue-{number}", "title": "", "state": "sending"}
            | {"audience": len(people), "created_at": NOW},
        ).scalar_one()
        edition = connection.execute(
            insert(EditionRow).returning(EditionRow.id),
            {
                "issue_id": issue,
                "language": "en",
                "subject": "",
                "preheader": "",
                "mjml": "",
                "html": "",
                "text": "",
            }
            | {"source": b"", "source_sha256": "", "result_sha256": "", "template_version": "", "frozen_at": NOW},
        ).scalar_one()
        connection.execute(
            insert(DeliveryRow),
            [
                {"issue_id": issue, "subscription_id": one.subscription_id, "edition_id": edition}
                | {"address": one.address, "state": state.value, "attempts": 1}
                | {"reply": f"<{one.address.upper()}>: the box of {one.address.split('@')[0]} is full"}
                for one in people
            ],
        )
        made.append(issue)
    return made


def everything(connection: Connection) -> str:
    """Every text of every table, in one."""
    told = []
    for table in Base.metadata.sorted_tables:
        for row in connection.execute(select(*(cast(column, String) for column in table.columns))):
            told.append(repr(tuple(row)))
    return "\n".join(told).lower()


def test_nothing_of_the_person_is_left_but_a_hash_and_the_ledger_adds_up(engine: Engine) -> None:
    with engine.begin() as connection:
        ada = a_subscriber(connection, ADDRESS)
        a_subscriber(connection, ADDRESS, newsletter="other", status="unsubscribed")
        eve = a_subscriber(connection, "eve@example.org")
        made = issues(connection, [ada, eve])
        returned = connection.execute(
            insert(ReturnedRow).returning(ReturnedRow.id),
            {"source": "mail", "digest": "d", "raw": f"To: {ADDRESS}".encode(), "at": NOW},
        ).scalar_one()
        connection.execute(
            insert(BounceRow),
            {"event_id": "e", "source": "mail", "returned_id": returned, "kind": "hard", "reason": "unknown-user"}
            | {"recipient": ADDRESS.lower(), "diagnostic": f"550 {ADDRESS}", "action": "suppress", "at": NOW},
        )
        post_notice(
            connection,
            Notice.WELCOME,
            subscription_id=ada.subscription_id,
            address=ADDRESS,
            newsletter=NEWSLETTER,
            language="en",
            now=NOW,
        )
        assert "lovelace" in everything(connection)
    with engine.begin() as connection:
        erased = erase(connection, ADDRESS.lower(), hash_of(ADDRESS), forget_person, NOW)
    assert (erased.was_known, erased.subscriptions) == (True, 2)
    with engine.begin() as connection:
        left = everything(connection)
        assert "lovelace" not in left
        assert left.count(hash_of(ADDRESS)) == 1
        assert "eve@example.org" in left
        assert connection.scalar(select(func.count()).select_from(ReturnedRow)) == 0
        assert is_suppressed(connection, hash_of(ADDRESS), NEWSLETTER)
        assert is_suppressed(connection, hash_of(ADDRESS), "any other")
        for issue, state in zip(made, STATES, strict=True):
            counts = ledger.counts(connection, issue)
            assert sum(counts.values()) == 2
            after = S.SKIPPED if state in (S.QUEUED, S.DEFERRED) else state
            assert counts[after] >= 1
        audience = connection.execute(audience_select(NEWSLETTER, NOW)).all()
        assert [row.address for row in audience] == ["eve@example.org"]


def test_deliveries_of_somebody_whose_subscription_is_gone_are_found_by_their_address(engine: Engine) -> None:
    with engine.begin() as connection:
        ada = a_subscriber(connection, ADDRESS)
        issues(connection, [ada])
        connection.execute(SubscriberRow.__table__.delete())  # type: ignore[attr-defined]  # a Table
        erased = erase(connection, ADDRESS.lower(), hash_of(ADDRESS), forget_person, NOW)
        assert erased.was_known
        assert "lovelace" not in everything(connection)


def test_erasing_somebody_unknown_says_so_and_suppresses_all_the_same(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not erase(
            connection, "nobody@example.org", hash_of("nobody@example.org"), forget_person, NOW
        ).was_known
        assert is_suppressed(connection, hash_of("nobody@example.org"), NEWSLETTER)
        assert connection.scalar(select(literal_column("1"))) == 1
