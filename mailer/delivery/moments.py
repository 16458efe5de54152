"""Moments at which a message may go: reserved in the database a little ahead, kept in step with this clock.

Law: a body is handed over at its moment, or later when the sliding windows still have room for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from sqlalchemy import Connection

from mailer.delivery.model import Sending
from mailer.delivery.throttle import GRANULES, AdaptivePace, Limits, Window
from mailer.delivery.writer import LedgerWriter
from mailer.store import pace
from mailer.store.pace import DAY_US, Reservation

AT_ONCE: Final = 0.0
STALE: Final = 0.25
"""A moment that was missed by so much of the shortest window is not used any more."""
LONGEST_LEAD_SECONDS: Final = 2.0
TICK_SECONDS: Final = 0.0005
"""The event loop's timers are no finer than this."""
LONGEST_SLEEP_SECONDS: Final = 60.0
"""A quota that is used up is asked again at least so often: the clock may be set, others may give back."""


class Timed(Protocol):
    """Something with a moment."""

    moment: float
    taken_at: float


class Moments:
    """One per call of the engine, and per domain with a rate; ``wake`` is called when moments came or are near."""

    def __init__(self, sending: Sending, writer: LedgerWriter, limits: Limits, scope: str = "") -> None:
        self._loop = asyncio.get_running_loop()
        self._scope = scope or sending.limits_scope
        self._now = sending.now
        self._writer = writer
        self._limits = limits
        self.unlimited = limits.unlimited  # nothing has to be reserved
        self._adaptive = AdaptivePace()
        self._moments: deque[float] = deque()
        self.windows = [Window(rate) for rate in limits.paced]
        self._reserving = False
        self._closed_until = 0.0  # a quota is used up until then
        self._timer: asyncio.TimerHandle | None = None
        self._lead = 0.005  # how long a message needs from being taken to its body
        self._local_free = 0.0  # an even pace of our own, where nothing is settled
        self._unused = 0
        self._interval_us = 0  # of the last reservation, and where it ends
        self._reserved_until_us = 0
        self._alone_from_us = 0  # from here to there nobody else reserved anything
        windows = [rate.window_seconds for rate in limits.paced] + [
            quota.granule_us / 1e6 for quota in limits.quotas
        ]
        windows += [DAY_US / GRANULES / 1e6] if limits.ramp else []
        self._stale = STALE * min(windows, default=0.0)
        self.wake: Callable[[], None] = _nobody

    def per_second(self) -> float:
        """The even pace now; 0 when there is none."""
        interval_us = self._adaptive.interval_us(self._loop.time(), self._limits)
        return 1e6 / interval_us if interval_us else 0.0

    def slow(self, rate_per_second: float) -> None:
        """The server asked for patience."""
        limit = 1e6 / self._limits.interval_us if self._limits.interval_us else 0.0
        rate = min(rate_per_second, limit) if limit else rate_per_second
        self._adaptive.slow(self._loop.time(), rate)

    def take(self) -> float | None:
        """A moment that is near enough to begin with its message, or None."""
        if self.unlimited:
            return self._take_local()
        now = self._loop.time()
        while self._moments and self._moments[0] < now - self._stale:
            self._moments.popleft()
            self._unused += 1
        if not self._moments:
            self.refill()
            return None
        if self._moments[0] - self._lead > now:
            self._wake_at(self._moments[0] - self._lead)
            return None
        return self._moments.popleft()

    def put_back(self, moment: float) -> None:
        """The moment was not used."""
        if moment != AT_ONCE:
            self._moments.appendleft(moment)

    def at_moment(self, job: Timed, go: Callable[[], None], more: Sequence[Window] = ()) -> None:
        """Call ``go`` when the job's body may be handed over; ``more`` windows are its domain's."""
        now = self._loop.time()
        if job.taken_at:
            self._lead = min(max(now - job.taken_at, 0.95 * self._lead, 0.002), LONGEST_LEAD_SECONDS)
            job.taken_at = 0.0
        windows = [*self.windows, *more] if more else self.windows
        wait = max([job.moment - now, *(window.wait_seconds(now) for window in windows)])
        if wait > TICK_SECONDS:
            self._loop.call_at(now + wait, self.at_moment, job, go, more)
            return
        for window in windows:
            window.handed_over(now)
        go()

    def refill(self) -> None:
        """Reserve more when few are left."""
        if self.unlimited or self._reserving:
            return
        now = self._loop.time()
        if now < self._closed_until:
            self._wake_at(self._closed_until)
            return
        interval_us = self._adaptive.interval_us(now, self._limits)
        chunk = self._limits.chunk(interval_us)
        if len(self._moments) > chunk // 2:
            return
        self._reserving = True
        self._interval_us = interval_us
        scope, quotas, clock = self._scope, self._limits.quotas, self._now
        catch_up_us, ramp = self._limits.catch_up_us, self._limits.ramp

        def reserve(connection: Connection) -> Reservation:
            now_us = int(clock().timestamp() * 1e6)
            return pace.reserve(
                connection, scope, interval_us, quotas, chunk, now_us, catch_up_us=catch_up_us, ramp=ramp
            )

        self._writer.call(reserve).add_done_callback(self._reserved)

    def give_back(self) -> None:
        """Return what was reserved and not used."""
        unused = self._unused + len(self._moments)
        if self._timer is not None:
            self._timer.cancel()
        if not unused or self.unlimited:
            return
        wall_us, now = self._now().timestamp() * 1e6, self._loop.time()
        from_us = until_us = 0
        if self._moments:  # those between other workers' moments are lost: somebody reserved after them
            from_us = max(int(wall_us + (self._moments[0] - now) * 1e6), self._alone_from_us)
            until_us = self._reserved_until_us
        self._moments.clear()
        scope, quotas, ramp = self._scope, self._limits.quotas, self._limits.ramp

        def give_back(connection: Connection) -> None:
            at_us = int(wall_us)
            pace.give_back(
                connection, scope, quotas, unused, at_us, free_from_us=from_us, free_until_us=until_us, ramp=ramp
            )

        self._writer.call(give_back)

    def _reserved(self, answer: asyncio.Future[Reservation]) -> None:
        self._reserving = False
        if answer.cancelled() or answer.exception() is not None:
            return
        reservation = answer.result()
        wall_us, now = self._now().timestamp() * 1e6, self._loop.time()
        moments = [now + (slot - wall_us) / 1e6 for slot in reservation.slots_us]
        self._moments.extend(moments)
        for window in self.windows:
            window.granted(moments)
        if reservation.slots_us:
            if reservation.slots_us[0] != self._reserved_until_us:
                self._alone_from_us = reservation.slots_us[0]
            self._reserved_until_us = reservation.slots_us[-1] + self._interval_us
        else:
            wait = (reservation.retry_at_us - wall_us) / 1e6
            self._closed_until = now + min(max(wait, 0.01), LONGEST_SLEEP_SECONDS)
        self.wake()

    def _take_local(self) -> float | None:
        now = self._loop.time()
        ceiling = self._adaptive.ceiling(now)
        if not ceiling:
            return AT_ONCE
        if self._local_free > now:
            self._wake_at(self._local_free)
            return None
        self._local_free = max(self._local_free + 1 / ceiling, now)
        return AT_ONCE

    def _wake_at(self, moment: float) -> None:
        if self._timer is not None:
            if (
                not self._timer.cancelled()
                and self._timer.when() <= moment
                and self._timer.when() > self._loop.time()
            ):
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(moment, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self.wake()


def _nobody() -> None:
    """Stands in until the desk listens."""
