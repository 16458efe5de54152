"""The sums of the ledger on both databases, against a count by hand."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from mailer.store import outcomes
from mailer.store.states import DeliveryState as S
from mailer.store.tables import BounceRow, DeliveryRow
from subscribers.tables import ConsentRow
from tests.builders.delivery import NOON, a_frozen_issue, some_subscribers
from tests.integration.subscribers.databases import engine, postgres_server, postgres_url

__all__ = ["engine", "postgres_server", "postgres_url"]

DOMAINS = ("a.example", "b.example", "B.Example", "c.example")
PEOPLE = 400


@dataclass(frozen=True)
class Row:
    language: str
    domain: str
    state: S
    at: datetime | None


@dataclass(frozen=True)
class Filled:
    engine: Engine
    issue_id: int
    rows: list[Row]


@pytest.fixture
def filled(engine: Engine) -> Filled:
    chance = random.Random(7)
    rows = []
    for _ in range(PEOPLE):
        state = chance.choice(list(S))
        tried = state.value in outcomes.SETTLED
        at = NOON + timedelta(seconds=chance.random() * 7200) if tried else None
        rows.append(Row(chance.choice(["de", "en"]), chance.choice(DOMAINS), state, at))
    with engine.begin() as connection:
        some_subscribers(connection, PEOPLE)
        issue_id, editions = a_frozen_issue(connection, languages=("de", "en"))
        other, _ = a_frozen_issue(connection, slug="may")
        for owner in (issue_id, other):
            connection.execute(
                insert(DeliveryRow),
                [
                    {
                        "issue_id": owner,
                        "subscription_id": number + 1,
                        "edition_id": editions[row.language],
                        "address": f"person{number}@{row.domain}",
                        "state": row.state.value,
                        "attempts": 1 if row.at else 0,
                        "code": 451 if row.state is S.DEFERRED else None,
                        "enhanced_code": "4.7.1" if row.state is S.DEFERRED else "",
                        "reply": f"451 4.7.1 later, {100_003 + number}",
                        "at": row.at,
                    }
                    for number, row in enumerate(rows)
                ],
            )
    return Filled(engine, issue_id, rows)


def test_groups_are_counted_by_state_and_add_up(filled: Filled) -> None:
    with filled.engine.connect() as connection:
        languages = outcomes.by_language(connection, filled.issue_id)
        domains = outcomes.by_domain(connection, filled.issue_id, 2)
    by_hand = Counter((row.language, row.state) for row in filled.rows)
    assert {(group.name, state): n for group in languages for state, n in group.counts.items() if n} == by_hand
    assert sum(group.total for group in languages) == PEOPLE
    sizes = Counter(row.domain.lower() for row in filled.rows)
    assert [(group.name, group.total) for group in domains] == sizes.most_common(2)


@pytest.mark.parametrize("minutes", [1, 7, 60, 1440])
def test_every_answer_falls_into_its_step(filled: Filled, minutes: int) -> None:
    step = timedelta(minutes=minutes)
    with filled.engine.connect() as connection:
        moments = outcomes.over_time(connection, filled.issue_id, NOON, step)
    by_hand = Counter((NOON + step * int((row.at - NOON) / step), row.state) for row in filled.rows if row.at)
    assert {(moment.begins, s): n for moment in moments for s, n in moment.counts.items() if n} == by_hand


def test_the_span_is_that_of_the_answers_or_of_most_of_them(filled: Filled) -> None:
    times = sorted(row.at for row in filled.rows if row.at)
    with filled.engine.connect() as connection:
        assert outcomes.span_of(connection, filled.issue_id) == (times[0], times[-1])
        half = outcomes.span_of(connection, filled.issue_id, 0.5)
        assert outcomes.span_of(connection, 9_999) is None
    assert half == (times[0], times[len(times) // 2])


def test_replies_are_grouped_and_the_latest_troubles_come_first(filled: Filled) -> None:
    with filled.engine.connect() as connection:
        groups = outcomes.replies(connection, filled.issue_id)
        latest = outcomes.last_troubles(connection, [filled.issue_id], 3)
    deferred = sum(row.state is S.DEFERRED for row in filled.rows)
    (later,) = [group for group in groups if group.state is S.DEFERRED]
    assert (later.count, later.code, later.words) == (deferred, 451, "later, …")
    troubled = sorted(
        (row.at for row in filled.rows if row.at and row.state.value in outcomes.TROUBLED), reverse=True
    )
    assert [trouble.at for trouble in latest] == troubled[:3]


def test_goodbyes_and_bounces_count_for_the_issue_that_they_name(filled: Filled) -> None:
    with filled.engine.begin() as connection:
        for number, (slug, by, event) in enumerate(
            [("june", "one-click", "unsubscribed"), ("june", "link", "unsubscribed"),
             ("june", "link", "unsubscribed"),
             ("may", "link", "unsubscribed"), ("", "operator", "unsubscribed"), ("june", "link", "requested")]
        ):  # fmt: skip
            evidence = {"by": by} | ({"issue": slug} if slug else {})
            connection.execute(
                insert(ConsentRow).values(subscription_id=number + 1, event=event, at=NOON, evidence=evidence)
            )
        for number, (kind, issue) in enumerate(
            [("hard", filled.issue_id), ("hard", filled.issue_id), ("soft", None)]
        ):
            connection.execute(
                insert(BounceRow).values(
                    event_id=f"e{number}", source="mail", kind=kind, reason="x", recipient="", action="none",
                    issue_id=issue, at=NOON,
                )
            )  # fmt: skip
        assert outcomes.goodbyes(connection, "xmpp", "june", NOON) == {"one-click": 1, "link": 2}
        assert outcomes.goodbyes(connection, "other", "june", NOON) == {}
        assert outcomes.goodbyes(connection, "xmpp", "june", datetime(2030, 1, 1, tzinfo=UTC)) == {}
        assert outcomes.came_back(connection, filled.issue_id) == [("hard", "x", 2)]
