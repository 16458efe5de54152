"""When a sending can be done at the earliest: from its limits, its ramp and its hours. No clock here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailer.delivery.hours import closes_at, opens_at
from mailer.delivery.throttle import PACED_UP_TO_SECONDS
from mailer.settings import Hours, Ramp, Rate

DAY = timedelta(days=1)


def earliest_end(
    messages: int,
    rates: Sequence[Rate],
    now: datetime,
    *,
    hours: Hours | None = None,
    ramp: Ramp | None = None,
    ramp_day: tuple[int, int] = (0, 0),
) -> datetime | None:
    """When the last of so many messages may go; None: nothing is set that would hold it up.

    ``ramp_day`` is the number of the ramp's present day and how many went on it (``store.pace.ramp_day``).
    """
    if not rates and ramp is None and hours is None:
        return None
    paced = [_least(messages, rate) for rate in rates if rate.window_seconds <= PACED_UP_TO_SECONDS]
    end = _after(max(paced, default=timedelta(0)), hours, now)
    for rate in rates:  # of a quota that is longer, nobody knows here how much is used up
        if rate.window_seconds > PACED_UP_TO_SECONDS:
            end = max(end, now + _least(messages, rate))
    if ramp is not None:
        end = max(end, now + _ramp_days(messages, ramp, *ramp_day) * DAY)
    return opens_at(hours, end) if hours is not None else end


def _least(messages: int, rate: Rate) -> timedelta:
    return timedelta(seconds=max(0, messages - 1) * rate.window_seconds / rate.count)


def _after(work: timedelta, hours: Hours | None, now: datetime) -> datetime:
    """When so much time within the hours has passed."""
    if hours is None:
        return now + work
    while True:
        opens = opens_at(hours, now)
        closes = closes_at(hours, opens)
        if work < closes - opens:
            return opens + work
        work -= closes - opens
        now = closes


def _ramp_days(messages: int, ramp: Ramp, number: int, used: int) -> int:
    """How many days after the present one the last message goes."""
    left, days = messages - max(0, ramp.on_day(number) - used), 0
    while left > 0:
        days += 1
        left -= ramp.on_day(number + days)
    return days
