"""Rows held for a translation, on SQLite and on PostgreSQL: who waits, until when, and who is let go with what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, Engine, select, update

from mailer.store import holding, ledger, workers
from mailer.store.choosing import Hold
from mailer.store.states import DeliveryState
from mailer.store.tables import DeliveryRow, EditionRow
from subscribers.tables import SubscriptionRow
from tests.builders.delivery import NOON, a_frozen_issue, some_subscribers

S = DeliveryState
LANGUAGES = ("en", "de", "de-at", "it")
UNTIL = NOON + timedelta(days=7)
BEFORE, AFTER = UNTIL - timedelta(seconds=1), UNTIL + timedelta(seconds=1)


def a_ledger(
    connection: Connection, readers: Sequence[str], *, waiting: bool = True, editions: tuple[str, ...] = ("en",)
) -> tuple[int, dict[str, int]]:
    """An issue planned for one reader of each language; every one of them waits, or none."""
    some_subscribers(connection, len(readers))
    for number, language in enumerate(readers):
        connection.execute(
            update(SubscriptionRow)
            .where(SubscriptionRow.id == number + 1)
            .values(language=language, waits=waiting)
        )
    issue_id, made = a_frozen_issue(connection, languages=editions)
    ledger.plan(connection, issue_id, "xmpp", made, "en", NOON, hold=Hold(LANGUAGES, UNTIL))
    return issue_id, made


def waits_for(connection: Connection) -> list[str]:
    return list(connection.scalars(select(DeliveryRow.waits_for).order_by(DeliveryRow.subscription_id)))


def editions_by_person(connection: Connection) -> list[str]:
    rows = connection.scalars(
        select(EditionRow.language)
        .join(DeliveryRow, DeliveryRow.edition_id == EditionRow.id)
        .order_by(DeliveryRow.subscription_id)
    )
    return list(rows)


def late(connection: Connection, issue_id: int, language: str) -> dict[str, int]:
    """Another edition of the issue; returns all of them."""
    columns = [c for c in EditionRow.__table__.columns if c.name not in ("id", "language")]
    source = select(*columns).where(EditionRow.issue_id == issue_id).limit(1)
    values = dict(connection.execute(source).one()._mapping)
    connection.execute(EditionRow.__table__.insert().values(**values, language=language))  # type: ignore[attr-defined]  # SQLAlchemy types __table__ as a FromClause
    rows = connection.execute(select(EditionRow.language, EditionRow.id).where(EditionRow.issue_id == issue_id))
    return {row.language: row.id for row in rows}


def leased(connection: Connection, issue_id: int, now: object) -> int:
    worker = workers.register(connection, NOON, issue_id)
    return len(ledger.lease(connection, issue_id, worker, 100, now))  # type: ignore[arg-type]  # a datetime


def test_who_waits_is_held_only_for_a_language_that_is_still_to_come(database: Engine) -> None:
    with database.begin() as connection:
        a_ledger(connection, ["en", "de", "de-at", "de-ch", "it", "fr", ""], editions=("en", "it"))
        assert waits_for(connection) == ["", "de", "de-at", "de", "", "", ""]


def test_a_kind_of_the_language_is_enough(database: Engine) -> None:
    with database.begin() as connection:
        a_ledger(connection, ["de-at", "de-ch"], editions=("en", "de"))
        assert waits_for(connection) == ["", ""]
        assert editions_by_person(connection) == ["de", "de"]


def test_who_does_not_wait_is_not_held(database: Engine) -> None:
    with database.begin() as connection:
        a_ledger(connection, ["de", "it"], waiting=False)
        assert waits_for(connection) == ["", ""]


def test_a_held_row_is_queued_and_goes_with_the_fallback_when_its_time_has_come(database: Engine) -> None:
    with database.begin() as connection:
        issue_id, _ = a_ledger(connection, ["de", "de"])
        assert ledger.counts(connection, issue_id)[S.QUEUED] == 2
        assert ledger.next_due(connection, issue_id) == UNTIL
        assert not ledger.has_work(connection, issue_id, BEFORE)
        assert not ledger.finish(connection, issue_id, BEFORE)
        assert leased(connection, issue_id, BEFORE) == 0
        (held,) = holding.held(connection, issue_id, BEFORE)
        assert (held.language, held.people, held.until) == ("de", 2, UNTIL)
        assert holding.held(connection, issue_id, AFTER) == []
        assert ledger.has_work(connection, issue_id, AFTER)
        assert leased(connection, issue_id, AFTER) == 2
        assert editions_by_person(connection) == ["en", "en"]
        assert waits_for(connection) == ["", ""]


def test_a_late_edition_lets_its_readers_go_and_nobody_else(database: Engine) -> None:
    with database.begin() as connection:
        issue_id, _ = a_ledger(connection, ["de", "de-at", "it"])
        there = late(connection, issue_id, "de")
        assert holding.release(connection, issue_id, there, "en", LANGUAGES) == 2
        assert waits_for(connection) == ["", "", "it"]
        assert editions_by_person(connection) == ["de", "de", "en"]
        assert leased(connection, issue_id, NOON) == 2


def test_who_has_no_reason_to_wait_any_more_is_let_go(database: Engine) -> None:
    with database.begin() as connection:
        issue_id, there = a_ledger(connection, ["de", "de", "de", "de"])
        change = update(SubscriptionRow)
        connection.execute(change.where(SubscriptionRow.id == 1).values(waits=False))
        connection.execute(change.where(SubscriptionRow.id == 2).values(language="en"))
        connection.execute(change.where(SubscriptionRow.id == 3).values(language="xx"))
        assert holding.issues_with_held(connection, "xmpp") == [issue_id]
        assert holding.release(connection, issue_id, there, "en", LANGUAGES) == 3
        assert waits_for(connection) == ["", "", "", "de"]


def test_an_edition_that_comes_late_reaches_who_was_not_tried_yet_and_no_others(database: Engine) -> None:
    with database.begin() as connection:
        issue_id, _ = a_ledger(connection, ["de", "de", "de", "en"], waiting=False)
        change = update(DeliveryRow)
        connection.execute(change.where(DeliveryRow.subscription_id == 1).values(state="accepted"))
        connection.execute(change.where(DeliveryRow.subscription_id == 2).values(first_attempt_at=NOON))
        there = late(connection, issue_id, "de")
        assert holding.switch(connection, issue_id, there, "en", {"de"}) == 1
        assert editions_by_person(connection) == ["en", "en", "de", "en"]


def test_counts_by_language_add_up(database: Engine) -> None:
    with database.begin() as connection:
        issue_id, _ = a_ledger(connection, ["de", "en", "it"], editions=("en", "it"))
        assert holding.counts_by_language(connection, issue_id) == {"en": {S.QUEUED: 2}, "it": {S.QUEUED: 1}}
