"""Limits in a person's words ("600/minute", "2000/day") as moments at which a message may go. No clock here.

Law: in any window at most ``count`` messages are handed over. Windows up to an hour are paced evenly, a little
under the limit, and a moment is good for one hundredth of the window: a message that comes later asks again.
Longer windows keep a log of what went (``store.pace.Quota``) and let a burst through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.settings import Rate
from mailer.store.pace import Quota

PACED_UP_TO_SECONDS: Final = 3600
HEADROOM: Final = 0.98
"""The even pace in parts of the limit: with the tolerance below, 0.99 of it can fall into one window."""
TOLERANCE: Final = 0.01
"""How late, in parts of the window, a message may be handed over after its moment."""
GRANULES: Final = 1440
"""A quota's window is remembered in so many parts: a day in minutes."""
AHEAD_SECONDS: Final = 0.5
"""How much of an even pace a worker reserves at once: what is lost when it dies."""
UNLIMITED_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What all rates together ask for."""

    interval_us: int  # between two messages of the even pace; 0: none
    tolerance_us: int  # how long a moment is good for; 0: for ever
    quotas: tuple[Quota, ...]

    @property
    def unlimited(self) -> bool:
        return not self.interval_us and not self.quotas

    def chunk(self, interval_us: int) -> int:
        """How many messages to reserve at once at this pace."""
        paced = int(AHEAD_SECONDS * 1_000_000 / interval_us) if interval_us else UNLIMITED_CHUNK
        return max(1, min([paced, *(quota.count // 200 for quota in self.quotas)]))


def limits_of(rates: Sequence[Rate]) -> Limits:
    """The strictest even pace of the short windows, and a quota for each long one."""
    paced = [rate for rate in rates if rate.window_seconds <= PACED_UP_TO_SECONDS]
    quotas = tuple(
        Quota(rate.count, rate.window_seconds * 1_000_000, rate.window_seconds * 1_000_000 // GRANULES)
        for rate in rates
        if rate.window_seconds > PACED_UP_TO_SECONDS
    )
    intervals = [-int(-rate.window_seconds * 1_000_000 // (HEADROOM * rate.count)) for rate in paced]
    tolerances = [int(TOLERANCE * rate.window_seconds * 1_000_000) for rate in paced]
    tolerances += [quota.granule_us for quota in quotas]
    return Limits(max(intervals, default=0), min(tolerances, default=0), quotas)


class AdaptivePace:
    """Slows down when the server asks for it and climbs back; on top of the settled limits, never above them."""

    CALM_SECONDS: Final = 10.0  # one call for patience reaches all connections: it halves the pace once
    CLIMB_SECONDS: Final = 15.0
    CLIMB: Final = 1.15  # each CLIMB_SECONDS
    SLOWEST_PER_SECOND: Final = 1 / 30

    def __init__(self) -> None:
        self._ceiling = 0.0  # messages a second at the time of the last slowing; 0: none
        self._slowed_at = 0.0
        self._before = 0.0  # the pace that proved too much

    def slow(self, now_seconds: float, rate_per_second: float) -> None:
        """The server asked for patience while we sent at this rate: halve it."""
        ceiling = self.ceiling(now_seconds)
        if self._ceiling and now_seconds - self._slowed_at < self.CALM_SECONDS:
            return
        present = min(ceiling, rate_per_second) if ceiling else rate_per_second
        self._before = max(self._before if ceiling else 0.0, present)
        self._ceiling = max(present / 2, self.SLOWEST_PER_SECOND)
        self._slowed_at = now_seconds

    def ceiling(self, now_seconds: float) -> float:
        """The pace now, in messages a second; 0 when nothing needs to be held back any more."""
        if not self._ceiling:
            return 0.0
        climbed: float = self._ceiling * self.CLIMB ** ((now_seconds - self._slowed_at) / self.CLIMB_SECONDS)
        if climbed > 2 * max(self._before, self.SLOWEST_PER_SECOND):
            self._ceiling = self._before = 0.0
            return 0.0
        return climbed

    def interval_us(self, now_seconds: float, limits: Limits) -> int:
        """Microseconds between two messages: the limit's or the slower one that the server asked for."""
        ceiling = self.ceiling(now_seconds)
        return max(limits.interval_us, int(1_000_000 / ceiling) if ceiling else 0)
