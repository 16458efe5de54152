"""The rows in hand: leased a batch ahead, sorted into lanes, put back when nobody took them.

Law: all of it runs on the event loop's thread; the database is only touched through the writer. A domain that
rests has no rows in hand, so that others can be leased instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from sqlalchemy import Connection

from mailer.delivery.ahead import Ahead
from mailer.delivery.lanes import Lane, domain_of
from mailer.delivery.meter import RateMeter
from mailer.delivery.model import Sending
from mailer.delivery.moments import AT_ONCE, Moments
from mailer.delivery.throttle import limits_of
from mailer.delivery.writer import LedgerWriter
from mailer.newsletter import OnUnknown
from mailer.settings import DomainLimit
from mailer.store import ledger, pace
from mailer.store.leasing import Leased, lease

BATCH_SECONDS: Final = 2.0
"""A batch holds what goes out in about so long: who unsubscribes is still caught while a row is not leased."""
LARGEST_BATCH: Final = 500


class Supply:
    """One per desk. ``wake`` is called when there may be something to hand out, ``put_back`` for each row that
    goes back into the queue untried."""

    def __init__(
        self,
        sending: Sending,
        writer: LedgerWriter,
        worker_id: int,
        *,
        moments: Moments,
        ahead: Ahead,
        meter: RateMeter,
        wake: Callable[[], None],
        put_back: Callable[[Leased], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sending = sending
        self._writer = writer
        self._worker_id = worker_id
        self._moments = moments
        self._ahead = ahead
        self._meter = meter
        self._wake = wake
        self._put_back = put_back
        self._connections = sending.connections or sending.smtp.connections
        self._everybody = Lane("", DomainLimit(), sending.rest_seconds)
        self._lanes: deque[Lane] = deque([self._everybody])  # whose turn it is comes first
        self._by_domain: dict[str, Lane] = {}
        self._returns = 0  # rows that went back into the queue: a lease that was asked before did not see them
        for name, limit in sending.smtp.domains.items():
            self._open_lane(name, limit)

    # --- what there is

    @property
    def leased(self) -> int:
        """Rows in hand that nobody took."""
        return sum(len(lane.rows) for lane in self._lanes)

    @property
    def has_more(self) -> bool:
        """Whether there are rows in hand, or may be some to lease."""
        return any(lane.has_more for lane in self._lanes)

    def runs_low(self, lane: Lane) -> bool:
        """Whether it is time to look after more, now that a row of this lane was taken."""
        return len(lane.rows) <= lane.low or len(self._lanes) > 1 or not self._moments.unlimited

    def ready_lane(self) -> tuple[Lane | None, float]:
        """The lane whose turn it is among those that may send now, and its own moment."""
        if len(self._lanes) == 1 and self._everybody.rows:
            return self._everybody, AT_ONCE
        now = self._loop.time()
        for _ in range(len(self._lanes)):
            lane = self._lanes[0]
            self._lanes.rotate(-1)
            if lane.rows and lane.has_room(now):
                moment = lane.take()
                if moment is not None:
                    return lane, moment
        return None, AT_ONCE

    def hand_back(self, row: Leased) -> None:
        """It was not tried, and goes before the others."""
        self._lane_of(row).rows.appendleft(row)

    def release(self) -> None:
        """Put the rows that nobody took back into the queue."""
        for lane in self._lanes:
            while lane.rows:
                self._put_back(lane.rows.popleft())

    def went_back(self) -> None:
        """Rows went back into the queue, or became due: a lane that found nothing may find something now."""
        self._returns += 1
        for lane in self._lanes:
            lane.dry = False

    def give_back(self) -> None:
        """Return the moments of domains that were reserved and not used."""
        for lane in self._lanes:
            lane.give_back()

    # --- getting more

    def refill(self) -> None:
        """Lease more rows and reserve more moments where few are left."""
        ready = False
        for lane in self._lanes:
            if len(lane.rows) <= lane.low and not lane.leasing and not lane.dry:
                size = self._batch(lane)
                lane.low = size // 2
                lane.leasing = True
                answer = self._writer.call(partial(self._lease, lane, max(size - len(lane.rows), 1)))
                answer.add_done_callback(partial(self._leased, lane, self._returns))
            if lane.rows and (not lane.limited or not lane.rests(self._loop.time())):
                lane.refill()
                ready = True
        if ready:
            self._moments.refill()

    def _batch(self, lane: Lane) -> int:
        now = self._loop.time()
        if lane.limited and lane.rests(now):
            return 1  # it tells that there is something to wait for
        paces = [each for each in (lane.per_second(), self._moments.per_second()) if each]
        rate = min(paces) if paces else self._meter.per_second(now)
        return min(max(int(rate * BATCH_SECONDS), 1 if paces else 2 * self._connections), LARGEST_BATCH)

    def _lease(self, lane: Lane, size: int, connection: Connection) -> list[Leased]:
        now, issue_id = self._sending.now(), self._sending.issue_id
        if self._sending.on_unknown is OnUnknown.RESEND and lane.after_id == 0:
            ledger.resend_unknown(connection, issue_id, now, due_only=True)
        others = frozenset() if lane.limited else frozenset(self._by_domain)
        return lease(
            connection,
            issue_id,
            self._worker_id,
            size,
            now,
            after_id=lane.after_id,
            only=lane.domains,
            without=others,
        )

    def _leased(self, lane: Lane, returns_before: int, answer: asyncio.Future[list[Leased]]) -> None:
        lane.leasing = False
        if answer.cancelled() or answer.exception() is not None:
            return  # the writer told the engine
        rows = answer.result()
        for row in rows:
            self._lane_of(row).rows.append(row)
        if not lane.rests(self._loop.time()):
            self._ahead.expect(rows)
        if rows:
            lane.after_id = max(lane.after_id, *(row.delivery_id for row in rows))
        elif lane.after_id:
            lane.after_id = 0  # once more from the start: rows may have been put back
        else:
            lane.dry = self._returns == returns_before
        self._wake()

    # --- domains with limits of their own

    def rest(self, domain: str) -> None:
        """The domain complains about our volume: leave it alone for a while, here and in every other process."""
        lane = self._by_domain.get(domain)
        if lane is not None and lane.rests(self._loop.time()):
            return
        lane = self._keep_away(domain, self._sending.rest_seconds)
        until_us = int((self._sending.now().timestamp() + self._sending.rest_seconds) * 1e6)
        scope = _scope(lane.name)
        self._writer.call(lambda connection: pace.rest(connection, scope, until_us))

    def note_rests(self, rests: Mapping[str, int]) -> None:
        """What every process knows of resting domains: by scope, until when in microseconds since 1970."""
        wall, now = self._sending.now().timestamp(), self._loop.time()
        for scope, until_us in rests.items():
            domain = scope.removeprefix(_scope(""))
            lane = self._by_domain.get(domain)
            left = min(until_us / 1e6 - wall, self._sending.rest_seconds)
            if domain != scope and (lane is None or lane.rested_before(now + left)):
                self._keep_away(domain, left)

    def _keep_away(self, domain: str, seconds: float) -> Lane:
        lane = self._by_domain.get(domain) or self._open_lane(domain, DomainLimit())
        lane.rest(self._loop.time() + seconds)
        for holder in {lane, self._everybody}:
            for row in [row for row in holder.rows if self._lane_of(row) is lane]:
                holder.rows.remove(row)
                self._put_back(row)
        self.went_back()
        self._loop.call_later(max(seconds, 0) + 0.001, self._wake)
        self._loop.call_soon(self._wake)
        return lane

    def _open_lane(self, name: str, limit: DomainLimit) -> Lane:
        moments = None
        if limit.rate:
            moments = Moments(self._sending, self._writer, limits_of(limit.rate), _scope(name))
            moments.wake = self._wake
        lane = Lane(name, limit, self._sending.rest_seconds, moments)
        self._lanes.append(lane)
        self._by_domain.update(dict.fromkeys(lane.domains, lane))
        return lane

    def _lane_of(self, row: Leased) -> Lane:
        if not self._by_domain:
            return self._everybody
        return self._by_domain.get(domain_of(row.address), self._everybody)


def _scope(domain: str) -> str:
    """Where the limits of a domain are remembered."""
    return f"domain:{domain}"
