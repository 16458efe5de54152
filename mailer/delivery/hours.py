"""The hours of the day in which issues are sent, in their own time zone. No clock here: ``now`` is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailer.settings import Hours


def is_open(hours: Hours, now: datetime) -> bool:
    """Whether messages may go."""
    time = now.astimezone(hours.zone).time()
    if hours.begins <= hours.ends:
        return hours.begins <= time < hours.ends
    return time >= hours.begins or time < hours.ends


def opens_at(hours: Hours, now: datetime) -> datetime:
    """When they may go again, in UTC: now when they may.

    An hour that the clocks leave out in spring begins when the clocks go on.
    """
    if is_open(hours, now):
        return now
    local = now.astimezone(hours.zone)
    days = (local.date() + timedelta(days=number) for number in range(-1, 4))
    openings = (datetime.combine(day, hours.begins, hours.zone).astimezone(UTC) for day in days)
    return next(opening for opening in openings if opening > now)
