"""Limits in a person's words ("600/minute", "2000/day") as moments at which a message may go. No clock here.

Law: in any window at most ``count`` messages are handed over. Windows up to an hour are paced evenly, a little
under the limit; messages that missed their moments may follow closer, as far as the window allows (``Window``).
Longer windows keep a log of what went (``store.pace.Quota``) and let a burst through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.settings import Ramp, Rate
from mailer.store.pace import Quota

PACED_UP_TO_SECONDS: Final = 3600
HEADROOM: Final = 0.975
"""The even pace in parts of the limit: what is left holds the jitter between a moment and the server's clock."""
JITTER_SECONDS: Final = 0.02
"""How unevenly messages may arrive that left evenly: it counts for windows of a few seconds only."""
CATCH_UP: Final = 0.015
"""How much of a window that passed without sending may be made up for."""
SLACK: Final = 0.005
"""How much more than its own moments, in parts of the limit, a worker may hand over in one window."""
GRANULES: Final = 1440
"""A quota's window is remembered in so many parts: a day in minutes."""
AHEAD_SECONDS: Final = 0.25
"""How much of an even pace a worker reserves at once: what is lost when it dies."""
UNLIMITED_CHUNK: Final = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """What all rates together ask for."""

    interval_us: int  # between two messages of the even pace; 0: none
    catch_up_us: int  # how much lost time the even pace may make up for
    paced: tuple[Rate, ...]
    quotas: tuple[Quota, ...]
    ramp: Ramp | None = None

    @property
    def unlimited(self) -> bool:
        return not self.interval_us and not self.quotas and self.ramp is None

    def chunk(self, interval_us: int) -> int:
        """How many messages to reserve at once at this pace."""
        paced = int(AHEAD_SECONDS * 1_000_000 / interval_us) if interval_us else UNLIMITED_CHUNK
        counts = [quota.count for quota in self.quotas] + ([self.ramp.first] if self.ramp else [])
        return max(1, min([paced, *(count // 200 for count in counts)]))


def limits_of(rates: Sequence[Rate], ramp: Ramp | None = None) -> Limits:
    """The strictest even pace of the short windows, and a quota for each long one."""
    paced = [rate for rate in rates if rate.window_seconds <= PACED_UP_TO_SECONDS]
    quotas = tuple(
        Quota(rate.count, rate.window_seconds * 1_000_000, rate.window_seconds * 1_000_000 // GRANULES)
        for rate in rates
        if rate.window_seconds > PACED_UP_TO_SECONDS
    )
    intervals = [
        -int(-(rate.window_seconds + JITTER_SECONDS) * 1_000_000 // (HEADROOM * rate.count)) for rate in paced
    ]
    catch_up = min((int(CATCH_UP * rate.window_seconds * 1_000_000) for rate in paced), default=0)
    return Limits(max(intervals, default=0), catch_up, tuple(paced), quotas, ramp)


class Window:
    """A sliding window over one worker's moments and hand-overs, exact to the message.

    All workers' moments together keep the limit. A worker that hands over no more in any window than its moments
    in that window, and a little, keeps its part of it however late it is.
    """

    def __init__(self, rate: Rate) -> None:
        self._count = rate.count
        self._seconds = float(rate.window_seconds)
        self._slack = int(SLACK * rate.count)
        self._ahead: deque[float] = deque()  # moments still to come
        self._moments: deque[float] = deque()
        self._handed: deque[float] = deque()

    def granted(self, moments: Sequence[float]) -> None:
        """Moments were reserved, in order."""
        self._ahead.extend(moments)

    def wait_seconds(self, now: float) -> float:
        """How long the next hand-over has to wait; 0 when it may go now."""
        forgotten = now - self._seconds
        while self._ahead and self._ahead[0] <= now:
            self._moments.append(self._ahead.popleft())
        while self._moments and self._moments[0] <= forgotten:
            self._moments.popleft()
        while self._handed and self._handed[0] <= forgotten:
            self._handed.popleft()
        if len(self._handed) < min(self._count, len(self._moments) + self._slack) or not self._handed:
            return 0.0
        until = self._handed[0] + self._seconds
        if self._ahead and len(self._handed) < self._count:
            until = min(until, self._ahead[0])
        return max(until - now, 0.0005)

    def handed_over(self, now: float) -> None:
        """A message went."""
        self._handed.append(now)


class AdaptivePace:
    """Slows down when the server asks for it and climbs back; on top of the settled limits, never above them."""

    CALM_SECONDS: Final = 3.0  # one call for patience reaches all connections: it halves the pace once
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
