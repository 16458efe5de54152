"""A moment as a person types it for ``--at``. No clock here: ``now`` is an argument, in the person's zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from mailer.errors import UsageError

_HINT = (
    "Write it as 2026-05-01T09:00 (here), 2026-05-01T09:00+02:00, 2026-05-01T07:00Z, or 09:00 for the next one."
)


def parse_when(typed: str, now: datetime) -> datetime:
    """The moment. Without a zone it is the zone of ``now``; a time alone is the next such time.

    Raises UsageError for what is no moment, or one that is past or more than a year away.
    """
    text = typed.strip()
    clock = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    try:
        if clock:
            moment = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            moment += timedelta(days=1) if moment <= now else timedelta(0)
        else:
            if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
                raise ValueError("a day alone")
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {typed!r} is no moment.", hint=_HINT) from None
    if moment.tzinfo is None:
        # The zone's rules and not its offset of today: summer time may begin in between.
        moment = moment.replace(tzinfo=now.tzinfo) if _is_fixed(now) else moment.astimezone()
    if moment <= now:
        raise UsageError(f"--at {typed!r} is past.", hint="Without --at it is sent at once.")
    if moment > now + timedelta(days=366):
        raise UsageError(f"--at {typed!r} is more than a year away.", hint=_HINT)
    return moment


def _is_fixed(now: datetime) -> bool:
    """Whether the zone of ``now`` was given by a caller who means it (a test, another zone than the machine's)."""
    return now.tzinfo is not None and now.utcoffset() != now.astimezone().utcoffset()
