"""The hours of the day in which issues are sent, in their own time zone. No clock here: ``now`` is given."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from mailer.settings import Hours


def is_open(hours: Hours, now: datetime) -> bool:
    """Whether messages may go."""
    clock = now.astimezone(hours.zone).time()
    if hours.begins <= hours.ends:
        return hours.begins <= clock < hours.ends
    return clock >= hours.begins or clock < hours.ends


def opens_at(hours: Hours, now: datetime) -> datetime:
    """When they may go again, in UTC: now when they may.

    An hour that the clocks leave out in spring begins when the clocks go on.
    """
    return now if is_open(hours, now) else _next(hours.begins, hours, now)


def closes_at(hours: Hours, now: datetime) -> datetime:
    """When nothing may go any more, in UTC; later than ``now``."""
    return _next(hours.ends, hours, now)


def _next(moment: time, hours: Hours, now: datetime) -> datetime:
    today = now.astimezone(hours.zone).date()
    days = (today + timedelta(days=number) for number in range(-1, 4))
    moments = (datetime.combine(day, moment, hours.zone).astimezone(UTC) for day in days)
    return next(found for found in moments if found > now)
