"""Clocks: mail that is dated wrongly counts as spam, and links that expire do so at the wrong time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mailer.doctor.finding import Finding, failure, ok, warning

CHECK: Final = "clock"
NOTICEABLE: Final = timedelta(minutes=1)
WRONG: Final = timedelta(minutes=10)


def clock_finding(whose: str, theirs: datetime, ours: datetime) -> Finding:
    """Compare this machine's clock with another one."""
    apart = abs(ours - theirs)
    if apart <= NOTICEABLE:
        return ok(CHECK, f"this machine's clock agrees with that of {whose}.")
    seconds = int(apart.total_seconds())
    said = f"{seconds} seconds" if seconds < 180 else f"{seconds // 60:,} minutes"
    means = (
        f"this machine's clock and that of {whose} are {said} apart: mail would be dated wrongly, signatures and "
        "links with a date may count as expired."
    )
    mend = "Let this machine keep time by NTP: timedatectl set-ntp true"
    return failure(CHECK, means, mend) if apart > WRONG else warning(CHECK, means, mend)
