"""How often something may happen: allowances as a leaky bucket, so that one number per bucket is enough. Pure.

Law: in any window of an allowance at most ``count`` things pass.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MICROSECONDS: Final = 1_000_000
PER_SHARE: Final = 500
"""An allowance so large is split into shares of about this size, so that busy web processes wait less for each
other's row: each share is a bucket of its own, and together they never let more pass."""
MOST_SHARES: Final = 64


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``count`` in any ``window_seconds``: half of them at once, the others evenly."""

    count: int
    window_seconds: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.window_seconds < 1:
            raise ValueError("an allowance lets at least one pass, in at least a second")

    @property
    def burst(self) -> int:
        return (self.count + 1) // 2

    @property
    def interval_us(self) -> int:
        """The time in which one more is allowed: burst + window / interval is never more than count."""
        later = self.count - self.burst
        window_us = self.window_seconds * MICROSECONDS
        return -(-window_us // later) if later else window_us

    @property
    def shares(self) -> int:
        """Into how many buckets it may be split."""
        return max(1, min(MOST_SHARES, self.count // PER_SHARE))

    def share(self) -> Allowance:
        """What one of the buckets may let pass."""
        return Allowance(self.count // self.shares, self.window_seconds)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One thing that is limited, under a name such as "domain:example.org"."""

    scope: str
    allowance: Allowance


def pour(buckets: Sequence[Bucket], full_until_us: Mapping[str, int], now_us: int) -> tuple[bool, dict[str, int]]:
    """Whether one more passes all buckets, and the buckets as they are afterwards.

    Buckets are asked in order; those after the first that is full are not charged, so that one who has used up
    their own allowance cannot use up everybody's. ``full_until_us`` is empty where nothing ever happened.
    """
    after = {bucket.scope: full_until_us.get(bucket.scope, 0) for bucket in buckets}
    for bucket in buckets:
        interval_us = bucket.allowance.interval_us
        raised = max(after[bucket.scope], now_us) + interval_us
        if raised - now_us > bucket.allowance.burst * interval_us:
            return False, after
        after[bucket.scope] = raised
    return True, after
