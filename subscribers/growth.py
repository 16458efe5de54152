"""How a newsletter grew, week by week, read from the histories of its people.

Law: the same table that changes subscriptions replays them, so the last week ends with the people of today. Who
was erased, or never confirmed and was removed, is in none of the numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, func, or_, select

from subscribers.consent import Event
from subscribers.store import EVERY_NEWSLETTER
from subscribers.subscription import Refusal, SubscriptionState, apply
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow, SuppressionRow

PAGE: Final = 10_000
_EVENTS: Final = {event.value: event for event in Event}
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a newsletter; ``monday`` is its first day (UTC)."""

    monday: date
    came: int
    left: int  # unsubscribed, or suppressed
    subscribed: int  # at its end


def growth(connection: Connection, newsletter: str, today: date) -> list[Week]:
    """Every week from the first subscription to ``today``; none before there was anybody."""
    came, left = Counter[date](), Counter[date]()
    suppressed = _suppressed(connection, newsletter)
    for subscription_id, happened in groupby(_events(connection, newsletter), key=lambda row: row[0]):
        _replay([row[1:] for row in happened], suppressed.get(subscription_id), came, left)
    if not came:
        return []
    weeks: list[Week] = []
    monday, subscribed = min(came), 0
    while monday <= _monday(today):
        subscribed += came[monday] - left[monday]
        weeks.append(Week(monday, came[monday], left[monday], subscribed))
        monday += _WEEK
    return weeks


def _replay(
    happened: list[tuple[datetime, str]], suppressed_at: datetime | None, came: Counter[date], left: Counter[date]
) -> None:
    state: SubscriptionState | None = None
    for at, name in sorted(happened, key=lambda one: one[0]):
        if suppressed_at is not None and at >= suppressed_at:
            break
        after = apply(state, _EVENTS[name]) if name in _EVENTS else state
        if isinstance(after, Refusal) or after is state:
            continue
        if after is SubscriptionState.SUBSCRIBED:
            came[_monday(at.date())] += 1
        elif state is SubscriptionState.SUBSCRIBED:
            left[_monday(at.date())] += 1
        state = after
    if suppressed_at is not None and state is SubscriptionState.SUBSCRIBED:
        left[_monday(suppressed_at.date())] += 1


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _events(connection: Connection, newsletter: str) -> Iterator[tuple[int, datetime, str]]:
    """(subscription, time, event) of everything that happened, person by person, in pages."""
    rows = connection.execution_options(yield_per=PAGE).execute(
        select(ConsentRow.subscription_id, ConsentRow.at, ConsentRow.event)
        .join(SubscriptionRow, SubscriptionRow.id == ConsentRow.subscription_id)
        .where(SubscriptionRow.newsletter == newsletter)
        .order_by(ConsentRow.subscription_id, ConsentRow.id)
    )
    for row in rows:
        yield row[0], row[1], row[2]


def _suppressed(connection: Connection, newsletter: str) -> dict[int, datetime]:
    """Since when people who have a subscription are suppressed."""
    rows = connection.execute(
        select(SubscriptionRow.id, func.min(SuppressionRow.at))
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .join(SuppressionRow, SuppressionRow.address_hash == SubscriberRow.address_hash)
        .where(
            SubscriptionRow.newsletter == newsletter,
            or_(SuppressionRow.newsletter == newsletter, SuppressionRow.newsletter == EVERY_NEWSLETTER),
        )
        .group_by(SubscriptionRow.id)
    )
    return {row[0]: row[1] for row in rows}
