"""Rows held for a translation that is still to come: counting them, and letting them go.

Laws: a held row is queued, names in ``waits_for`` the language that its person waits for, and goes with the
fallback's edition once ``next_attempt_at`` has come; no row that was ever tried changes its edition.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, select, update

from mailer.store.choosing import edition_for, reads_one_of
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, EditionRow, IssueRow
from subscribers.tables import SubscriptionRow

_IS_QUEUED = DeliveryRow.state == DeliveryState.QUEUED.value
_IS_HELD = and_(_IS_QUEUED, DeliveryRow.waits_for != "")


@dataclass(frozen=True, slots=True)
class Held:
    """People who wait for one language, and when the first of them gets the fallback's edition instead."""

    language: str
    people: int
    until: datetime


def held(connection: Connection, issue_id: int, now: datetime) -> list[Held]:
    """Who is waiting still at ``now``, by language."""
    rows = connection.execute(
        select(DeliveryRow.waits_for, func.count(), func.min(DeliveryRow.next_attempt_at))
        .where(DeliveryRow.issue_id == issue_id, _IS_HELD, DeliveryRow.next_attempt_at > now)
        .group_by(DeliveryRow.waits_for)
        .order_by(DeliveryRow.waits_for)
    )
    return [Held(language, int(people), until) for language, people, until in rows if until is not None]


def issues_with_held(connection: Connection, newsletter: str) -> list[int]:
    """Issues of a newsletter that are being sent and have people who wait."""
    rows = connection.scalars(
        select(IssueRow.id).where(
            IssueRow.newsletter == newsletter,
            IssueRow.state == SendingState.SENDING.value,
            exists().where(DeliveryRow.issue_id == IssueRow.id, _IS_HELD),
        )
    )
    return list(rows)


def counts_by_language(connection: Connection, issue_id: int) -> dict[str, dict[DeliveryState, int]]:
    """How many rows stand in each state, by the language of their edition; only states that occur."""
    found: dict[str, dict[DeliveryState, int]] = {}
    for language, state, count in connection.execute(
        select(EditionRow.language, DeliveryRow.state, func.count())
        .join_from(DeliveryRow, EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.issue_id == issue_id)
        .group_by(EditionRow.language, DeliveryRow.state)
        .order_by(EditionRow.language, DeliveryRow.state)
    ):
        found.setdefault(language, {})[DeliveryState(state)] = int(count)
    return found


def release(
    connection: Connection,
    issue_id: int,
    editions: Mapping[str, int],
    fallback_language: str,
    languages: Collection[str],
) -> int:
    """Let go whoever has no reason to wait any more; returns how many.

    The edition (language → id) in their language is there, they do not want to wait any more, their language is
    none of the newsletter's ``languages`` any more, or they are gone.
    """
    person = SubscriptionRow.id == DeliveryRow.subscription_id
    waits = exists().where(
        person,
        SubscriptionRow.waits,
        not_(reads_one_of(editions)),
        reads_one_of(languages),
    )
    return _choose_again(connection, issue_id, editions, fallback_language, and_(_IS_HELD, not_(waits)))


def switch(
    connection: Connection,
    issue_id: int,
    editions: Mapping[str, int],
    fallback_language: str,
    late: Collection[str],
) -> int:
    """Give people whose row was never tried the edition that came ``late`` in their language; returns how many."""
    readers = exists().where(SubscriptionRow.id == DeliveryRow.subscription_id, reads_one_of(late))
    untried = and_(_IS_QUEUED, DeliveryRow.waits_for == "", DeliveryRow.first_attempt_at.is_(None), readers)
    return _choose_again(connection, issue_id, editions, fallback_language, untried)


def _choose_again(
    connection: Connection,
    issue_id: int,
    editions: Mapping[str, int],
    fallback_language: str,
    which: ColumnElement[bool],
) -> int:
    chosen = (
        select(edition_for(editions, fallback_language))
        .where(SubscriptionRow.id == DeliveryRow.subscription_id)
        .correlate(DeliveryRow)
        .scalar_subquery()
    )
    done = connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.issue_id == issue_id, which)
        .values(
            edition_id=func.coalesce(chosen, DeliveryRow.edition_id),  # nobody is left to choose for
            next_attempt_at=None,
            waits_for="",
        )
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)
