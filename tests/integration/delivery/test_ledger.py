"""The ledger on SQLite and on PostgreSQL: plan, lease, record, recover, and only along the table of changes."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from mailer.newsletter import OnUnknown
from mailer.store import ledger, workers
from mailer.store.driver import own_connection
from mailer.store.ledger import UNKNOWN_ATTEMPTS, Leased
from mailer.store.recording import REPLY_LENGTH, TARGETS, Result, commit, record
from mailer.store.states import CHANGES, DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, IssueRow
from subscribers.tables import SubscriptionRow, SuppressionRow
from tests.builders.delivery import NOON, a_frozen_issue, some_subscribers, states_of

S = DeliveryState
LATER = NOON + timedelta(hours=1)


def a_ledger(engine: Engine, people: int) -> int:
    with engine.begin() as connection:
        some_subscribers(connection, people)
        issue_id, editions = a_frozen_issue(connection)
        ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON)
    return issue_id


def a_worker(connection: Connection, issue_id: int) -> int:
    return workers.register(connection, NOON, issue_id)


def put(connection: Connection, state: DeliveryState, *, lease: int | None = None, **values: Any) -> None:
    connection.execute(update(DeliveryRow).values(state=state.value, lease=lease, **values))


def test_each_person_is_planned_once_in_their_language_or_its_kind_or_the_fallback(database: Engine) -> None:
    languages = ["en", "de", "de-at", "pt-br", "fr", "pt", ""]
    with database.begin() as connection:
        some_subscribers(connection, len(languages))
        for number, language in enumerate(languages):
            connection.execute(
                update(SubscriptionRow).where(SubscriptionRow.id == number + 1).values(language=language)
            )
        issue_id, editions = a_frozen_issue(connection, languages=("en", "de", "pt-br"))
        assert ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON) == 7
        assert ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON) == 0
        rows = connection.execute(select(DeliveryRow).order_by(DeliveryRow.subscription_id)).all()
        audience = connection.execute(select(IssueRow.audience)).scalar()
    by_id = {edition: language for language, edition in editions.items()}
    assert [by_id[row.edition_id] for row in rows] == ["en", "de", "de", "pt-br", "en", "en", "en"]
    assert [row.address for row in rows] == [f"person{number}@example.org" for number in range(7)]
    assert {row.state for row in rows} == {"queued"}
    assert audience == 7


def test_the_audience_is_who_is_subscribed_not_on_holiday_and_not_suppressed(database: Engine) -> None:
    with database.begin() as connection:
        some_subscribers(connection, 8)
        change = update(SubscriptionRow)
        connection.execute(change.where(SubscriptionRow.id == 1).values(state="pending"))
        connection.execute(change.where(SubscriptionRow.id == 2).values(state="unsubscribed"))
        connection.execute(change.where(SubscriptionRow.id == 3).values(paused_until=LATER))
        connection.execute(change.where(SubscriptionRow.id == 4).values(paused_until=NOON - timedelta(days=1)))
        connection.execute(change.where(SubscriptionRow.id == 5).values(newsletter="another"))
        for number, newsletter in ((5, ""), (6, "xmpp"), (7, "another")):
            connection.execute(
                insert(SuppressionRow).values(
                    address_hash=f"hash{number}", newsletter=newsletter, reason="by-hand", detail="", at=NOON
                )
            )
        issue_id, editions = a_frozen_issue(connection)
        assert ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON) == 2
        people = connection.execute(select(DeliveryRow.subscription_id)).scalars().all()
    assert sorted(number or 0 for number in people) == [4, 8]


def test_a_lease_takes_due_deferred_rows_first_then_queued_ones_in_order(database: Engine) -> None:
    issue_id = a_ledger(database, 6)
    with database.begin() as connection:
        me = a_worker(connection, issue_id)
        for number, due in ((5, NOON), (6, LATER)):
            connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.subscription_id == number)
                .values(state="deferred", next_attempt_at=due)
            )
        taken = ledger.lease(connection, issue_id, me, 3, NOON)
        assert [row.subscription_id for row in taken] == [5, 1, 2]
        rest = ledger.lease(connection, issue_id, me, 10, NOON, after_id=taken[-1].delivery_id)
        assert [row.subscription_id for row in rest] == [3, 4]
        assert ledger.lease(connection, issue_id, me, 10, NOON) == []
    assert states_of(database, issue_id) == {"leased": 5, "deferred": 1}


def test_who_left_after_the_planning_is_skipped_even_when_that_is_nearly_everybody(database: Engine) -> None:
    issue_id = a_ledger(database, 30)
    with database.begin() as connection:
        connection.execute(update(SubscriptionRow).where(SubscriptionRow.id < 29).values(state="unsubscribed"))
        connection.execute(
            insert(SuppressionRow).values(
                address_hash="hash28", newsletter="", reason="complaint", detail="", at=NOON
            )
        )
        taken = ledger.lease(connection, issue_id, a_worker(connection, issue_id), 5, NOON)
    assert [row.address for row in taken] == ["person29@example.org"]
    assert states_of(database, issue_id) == {"skipped": 29, "leased": 1}


def test_two_workers_never_lease_the_same_row(database: Engine) -> None:
    issue_id = a_ledger(database, 40)
    taken: list[Leased] = []
    with database.begin() as connection:
        first, second = a_worker(connection, issue_id), a_worker(connection, issue_id)
    if database.dialect.name == "postgresql":  # two open transactions at once: SKIP LOCKED
        with database.begin() as one, database.begin() as other:
            taken += ledger.lease(one, issue_id, first, 15, NOON)
            taken += ledger.lease(other, issue_id, second, 15, NOON)
    for worker in itertools.cycle((first, second)):
        with database.begin() as connection:
            rows = ledger.lease(connection, issue_id, worker, 7, NOON)
        taken += rows
        if not rows:
            break
    assert sorted(row.subscription_id for row in taken) == list(range(1, 41))


def test_an_intent_holds_only_for_the_worker_that_has_the_lease(database: Engine) -> None:
    issue_id = a_ledger(database, 3)
    with database.begin() as connection:
        me, other = a_worker(connection, issue_id), a_worker(connection, issue_id)
        mine = [row.delivery_id for row in ledger.lease(connection, issue_id, me, 2, NOON)]
        theirs = [row.delivery_id for row in ledger.lease(connection, issue_id, other, 1, NOON)]
        assert record(connection, me, [*mine, *theirs], [], NOON) == set(mine)
    assert states_of(database, issue_id) == {"sending": 2, "leased": 1}


def test_a_cancelled_row_is_not_handed_over_and_a_late_answer_changes_nothing(database: Engine) -> None:
    issue_id = a_ledger(database, 2)
    with database.begin() as connection:
        me = a_worker(connection, issue_id)
        first, second = (row.delivery_id for row in ledger.lease(connection, issue_id, me, 2, NOON))
        record(connection, me, [first], [], NOON)
        assert ledger.skip_open(connection, issue_id, "cancelled", NOON) == 1
        assert record(connection, me, [second], [], NOON) == set()
        record(connection, me, [], [Result(first, S.ACCEPTED, 250), Result(second, S.ACCEPTED, 250)], NOON)
    assert states_of(database, issue_id) == {"accepted": 1, "skipped": 1}


def test_a_result_is_kept_with_the_servers_words_and_the_time(database: Engine) -> None:
    issue_id = a_ledger(database, 1)
    with database.begin() as connection:
        me = a_worker(connection, issue_id)
        (row,) = ledger.lease(connection, issue_id, me, 1, NOON)
        record(connection, me, [row.delivery_id], [], NOON)
        result = Result(row.delivery_id, S.DEFERRED, 450, "4.2.0", "busy " * 200, next_attempt_at=LATER)
        record(connection, me, [], [result], NOON + timedelta(microseconds=5))
        kept = connection.execute(select(DeliveryRow)).one()
    assert (kept.state, kept.attempts, kept.code, kept.enhanced_code) == ("deferred", 1, 450, "4.2.0")
    assert (kept.next_attempt_at, kept.first_attempt_at) == (LATER, NOON)
    assert kept.at == NOON + timedelta(microseconds=5)
    assert (kept.lease, len(kept.reply)) == (None, REPLY_LENGTH)


@pytest.mark.parametrize("source", list(S))
@pytest.mark.parametrize("target", TARGETS)
def test_a_result_moves_a_row_only_along_the_table(source: S, target: S, tmp_path_factory: Any) -> None:
    database = _shared(tmp_path_factory)
    with database.connect() as connection:
        me = a_worker(connection, 1)
        put(connection, source, lease=me)
        (row_id,) = connection.execute(select(DeliveryRow.id)).scalars()
        record(connection, me, [], [Result(row_id, target)], NOON)
        state = connection.execute(select(DeliveryRow.state)).scalar()
        connection.rollback()
    held = {S.LEASED, S.SENDING, S.UNKNOWN}
    allowed = target in CHANGES[source] and source in held
    assert state == (target if allowed else source)


@pytest.mark.parametrize("source", list(S))
@pytest.mark.parametrize("what", ["intent", "lease", "skip_open", "requeue", "recover", "resend"])
def test_every_other_change_stays_on_the_table(source: S, what: str, tmp_path_factory: Any) -> None:
    database = _shared(tmp_path_factory)
    with database.connect() as connection:
        me = a_worker(connection, 1)
        put(connection, source, lease=me, next_attempt_at=NOON if source is S.DEFERRED else None)
        (row_id,) = connection.execute(select(DeliveryRow.id)).scalars()
        if what == "intent":
            record(connection, me, [row_id], [], NOON)
        elif what == "lease":
            ledger.lease(connection, 1, me, 5, NOON)
        elif what == "skip_open":
            ledger.skip_open(connection, 1, "cancelled", NOON)
        elif what == "requeue":
            ledger.requeue(connection, 1, [S.DEFERRED, S.REFUSED, S.UNKNOWN], NOON)
        elif what == "recover":
            ledger.recover(connection, 1, [me], OnUnknown.HOLD, NOON)
        else:
            ledger.resend_unknown(connection, 1, NOON)
        state = S(connection.execute(select(DeliveryRow.state)).scalar_one())
        connection.rollback()
    assert state is source or state in CHANGES[source]


_kept: list[Engine] = []


def _shared(tmp_path_factory: Any) -> Engine:
    """One SQLite database with one row for all cases, each of which rolls back."""
    if not _kept:
        from tests.builders.delivery import a_database

        _kept.append(a_database(tmp_path_factory.mktemp("table")))
        a_ledger(_kept[0], 1)
    return _kept[0]


def test_what_a_dead_worker_held_goes_back_or_becomes_unknown_and_is_sent_again(database: Engine) -> None:
    issue_id = a_ledger(database, 6)
    with database.begin() as connection:
        dead, alive = a_worker(connection, issue_id), a_worker(connection, issue_id)
        rows = [row.delivery_id for row in ledger.lease(connection, issue_id, dead, 4, NOON)]
        record(connection, dead, rows[:2], [], NOON)
        ledger.lease(connection, issue_id, alive, 1, NOON)
        held = ledger.recover(connection, issue_id, [dead], OnUnknown.HOLD, NOON)
        assert (held.requeued, held.unknown) == (2, 2)
        assert ledger.recover(connection, issue_id, [dead], OnUnknown.RESEND, NOON).requeued == 2
    assert states_of(database, issue_id) == {"queued": 5, "leased": 1}


def test_a_row_that_ended_unknown_too_often_waits_for_a_person(database: Engine) -> None:
    issue_id = a_ledger(database, 2)
    with database.begin() as connection:
        put(connection, S.UNKNOWN, attempts=UNKNOWN_ATTEMPTS)
        assert ledger.recover(connection, issue_id, [], OnUnknown.RESEND, NOON).requeued == 0
        assert not ledger.has_work(connection, issue_id, NOON)
        assert ledger.requeue(connection, issue_id, S.UNKNOWN, NOON) == 2
        assert ledger.has_work(connection, issue_id, NOON)


def test_a_dead_address_is_suppressed_in_the_transaction_of_its_result(database: Engine) -> None:
    issue_id = a_ledger(database, 2)
    with database.begin() as connection:
        me = a_worker(connection, issue_id)
        first, second = ledger.lease(connection, issue_id, me, 2, NOON)
        for row in (first, second, first):
            words = Result(
                row.delivery_id, S.REFUSED, 550, "5.1.1", "550 5.1.1 unknown", address_fault=row is first
            )
            record(connection, me, [], [words], NOON)
        suppressed = connection.execute(select(SuppressionRow)).one()
    assert (suppressed.address_hash, suppressed.newsletter, suppressed.reason) == ("hash0", "", "hard-bounce")


def test_a_sending_is_finished_when_nothing_is_left_and_not_before(database: Engine) -> None:
    issue_id = a_ledger(database, 1)
    with database.begin() as connection:
        for state in (S.QUEUED, S.LEASED, S.SENDING, S.DEFERRED):
            put(connection, state)
            assert not ledger.finish(connection, issue_id, NOON)
        put(connection, S.UNKNOWN, next_attempt_at=LATER)
        assert not ledger.finish(connection, issue_id, NOON)
        assert ledger.next_due(connection, issue_id) == LATER
        put(connection, S.UNKNOWN, next_attempt_at=None)
        assert ledger.finish(connection, issue_id, NOON)
        assert ledger.sending_state(connection, issue_id) == (SendingState.FINISHED, "")
        ledger.requeue(connection, issue_id, S.UNKNOWN, NOON)
        assert ledger.sending_state(connection, issue_id)[0] is SendingState.SENDING
        assert ledger.pause(connection, issue_id, "mend it")
        assert not ledger.pause(connection, issue_id, "again")
        assert ledger.sending_state(connection, issue_id) == (SendingState.PAUSED, "mend it")


def test_counts_name_every_state_and_add_up_to_the_audience(database: Engine) -> None:
    issue_id = a_ledger(database, 9)
    with database.begin() as connection:
        ledger.lease(connection, issue_id, a_worker(connection, issue_id), 4, NOON)
        found = ledger.counts(connection, issue_id)
    assert set(found) == set(S)
    assert sum(found.values()) == 9


WORDS = ["2.0.0 Ok: queued as 4F", 'it said "yes" \\ no', "ünd 中 🎉 '%s' {0}", "", "long " * 200]


@pytest.mark.parametrize("intents", [True, False])
@pytest.mark.parametrize("results", [True, False])
def test_the_short_way_writes_what_the_general_one_writes(database: Engine, intents: bool, results: bool) -> None:
    half = len(WORDS)
    issue_id = a_ledger(database, 4 * half)
    with database.begin() as connection:
        worker = a_worker(connection, issue_id)
        rows = [row.delivery_id for row in ledger.lease(connection, issue_id, worker, 4 * half, NOON)]
        said, due = [rows[:half], rows[half : 2 * half]], [rows[2 * half : 3 * half], rows[3 * half :]]
        record(connection, worker, [*said[0], *said[1]], [], NOON)

    def accepted(ids: list[int]) -> list[Result]:
        found = [Result(each, S.ACCEPTED, 250, "2.0.0", word) for each, word in zip(ids, WORDS, strict=True)]
        return found if results else []

    with database.begin() as connection:
        assert record(connection, worker, due[0] if intents else [], accepted(said[0]), LATER) == (
            set(due[0]) if intents else set()
        )
    with own_connection(database) as connection:
        assert commit(connection, worker, due[1] if intents else [], accepted(said[1]), LATER) == (
            set(due[1]) if intents else set()
        )
    kept = [
        column for column in DeliveryRow.__table__.c if column.name not in {"id", "subscription_id", "address"}
    ]
    with database.begin() as connection:
        written = {
            row.id: tuple(row)[1:]
            for row in connection.execute(select(DeliveryRow.__table__.c.id, *kept).order_by(DeliveryRow.id))
        }
    for general, short in ((said[0], said[1]), (due[0], due[1])):
        assert [written[each] for each in general] == [written[each] for each in short]
    assert {written[each][2] for each in due[1]} == {"sending" if intents else "leased"}


def test_by_the_short_way_too_an_intent_holds_only_for_rows_that_are_still_ours(database: Engine) -> None:
    issue_id = a_ledger(database, 3)
    with database.begin() as connection:
        mine, other = a_worker(connection, issue_id), a_worker(connection, issue_id)
        rows = [row.delivery_id for row in ledger.lease(connection, issue_id, mine, 3, NOON)]
        connection.execute(update(DeliveryRow).where(DeliveryRow.id == rows[1]).values(lease=other))
    with own_connection(database) as connection:
        assert commit(connection, mine, rows, [], LATER) == {rows[0], rows[2]}
        commit(connection, mine, [], [Result(each, S.ACCEPTED, 250) for each in rows], LATER)
    assert states_of(database, issue_id) == {"accepted": 2, "leased": 1}
