"""A cold list is asked once, slowly, and never again."""

import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from sqlalchemy import Engine, delete, select

from subscribers import enrol, outbox
from subscribers.bulk import ImportResult, import_people
from subscribers.expiring import expire
from subscribers.importing import examine, read_rows
from subscribers.outbox import Notice
from subscribers.reconfirming import Reconfirm
from subscribers.roster import everybody
from subscribers.store import Standing
from subscribers.subscription import SubscriptionState
from subscribers.tables import OutboxRow, SubscriptionRow
from subscribers.tokens import Confirmation
from tests.builders.people import KEYS, NEWSLETTER, NOW, a_subscriber
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

COLD = "email,subscribed_at\n" + "".join(f"p{number}@example.org,2011-01-0{number}\n" for number in range(1, 6))


def ask(
    engine: Engine, data: str = COLD, *, per_hour: float = 4, now: datetime = NOW, rehearse: bool = False
) -> ImportResult:
    stream = io.BytesIO(data.encode())
    file = examine(stream, "cold.csv")
    rows = read_rows(stream, file, newsletter=NEWSLETTER, newsletters={NEWSLETTER: "en"})
    return import_people(
        engine, KEYS, file, rows, command="a test", now=now, rehearse=rehearse, reconfirm=Reconfirm(per_hour)
    )


def questions(engine: Engine) -> list[tuple[str, datetime]]:
    with engine.begin() as connection:
        rows = connection.execute(
            select(OutboxRow.address, OutboxRow.next_attempt_at, OutboxRow.kind).order_by(
                OutboxRow.next_attempt_at
            )
        ).all()
    assert {row.kind for row in rows} <= {Notice.CONFIRM.value}
    return [(row.address, row.next_attempt_at) for row in rows]


def test_each_person_is_pending_and_asked_at_the_given_pace(engine: Engine) -> None:
    rehearsed = ask(engine, rehearse=True)
    assert questions(engine) == []
    result = ask(engine)
    assert result == rehearsed
    assert result.imported == {SubscriptionState.PENDING: 5}
    times = [at for _, at in questions(engine)]
    assert times[0] == NOW
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=15)}
    assert result.last_asked_at == times[-1]
    with engine.begin() as connection:
        assert [line.since for line in everybody(connection)] == times  # the time to answer counts from there


def test_a_second_import_asks_only_those_who_are_new_and_after_those_who_wait(engine: Engine) -> None:
    ask(engine)
    again = ask(engine, COLD + "new@example.org,\n")
    assert (again.there, again.imported) == (5, {SubscriptionState.PENDING: 1})
    asked = questions(engine)
    assert len(asked) == 6
    assert asked[-1] == ("new@example.org", NOW + timedelta(minutes=75))


def test_who_did_not_answer_and_was_removed_is_not_asked_again(engine: Engine) -> None:
    ask(engine)
    much_later = NOW + timedelta(days=60)
    with engine.begin() as connection:
        connection.execute(delete(OutboxRow))  # all were sent, and are forgotten
        assert expire(connection, timedelta(days=30), much_later) == 5
        assert list(everybody(connection)) == []
    again = ask(engine, now=much_later)
    assert (again.asked, again.total_imported) == (5, 0)
    assert questions(engine) == []


def test_nobody_is_removed_while_their_question_waits(engine: Engine) -> None:
    ask(engine, per_hour=0.01)
    with engine.begin() as connection:
        expire(connection, timedelta(days=2), NOW + timedelta(days=10))
        left = connection.scalars(select(SubscriptionRow.id)).all()
        waiting = connection.scalars(select(OutboxRow.subscription_id)).all()
    assert set(waiting) == set(left)
    assert left


def test_the_mailed_question_is_answered_like_any_other(engine: Engine) -> None:
    ask(engine, "email\nada@example.org\n")
    with engine.begin() as connection:
        (waiting,) = outbox.claim(connection, 10, NOW)
        assert waiting.subscription_id is not None
        confirmation = Confirmation(waiting.subscription_id, int(waiting.payload["request"]), NOW)
        outcome = enrol.confirm(connection, confirmation, {"by": "link"}, NOW)
    assert isinstance(outcome, Standing)
    assert outcome.state is SubscriptionState.SUBSCRIBED


def test_people_who_are_there_left_or_suppressed_are_not_asked(engine: Engine) -> None:
    with engine.begin() as connection:
        for status in ("subscribed", "unsubscribed", "suppressed", "pending"):
            a_subscriber(connection, f"{status}@example.org", status=status)
    result = ask(
        engine,
        "email,status\nsubscribed@example.org,\nunsubscribed@example.org,\nsuppressed@example.org,\n"
        "pending@example.org,\ngone@example.org,unsubscribed\nnever@example.org,suppressed\nada@example.org,\n",
        now=datetime(2026, 4, 1, tzinfo=UTC),
    )
    assert result.imported == {SubscriptionState.PENDING: 1, SubscriptionState.UNSUBSCRIBED: 2}
    assert [address for address, _ in questions(engine)] == ["ada@example.org"]
