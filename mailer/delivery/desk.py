"""The desk between ledger and connections: hands out rows when their moment comes, takes results in.

Law: all of it runs on the event loop's thread; the database is only touched through the writer. A row that was
handed out comes back exactly once, as a result or unused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from mailer.delivery import results
from mailer.delivery.ahead import Ahead
from mailer.delivery.lanes import Lane, domain_of
from mailer.delivery.meter import RateMeter
from mailer.delivery.model import Ending, Outgoing, Refused, Sending
from mailer.delivery.moments import AT_ONCE, Moments
from mailer.delivery.replies import Meaning, Reply, Stage, meaning_of, mend
from mailer.delivery.suspicion import REMEMBERED, Suspicion
from mailer.delivery.throttle import limits_of
from mailer.delivery.writer import LedgerWriter
from mailer.newsletter import OnUnknown
from mailer.settings import DomainLimit
from mailer.store import ledger, pace
from mailer.store.leasing import Leased, lease
from mailer.store.recording import Result
from mailer.store.states import DeliveryState

BATCH_SECONDS: Final = 2.0
"""A batch holds what goes out in about so long: who unsubscribes is still caught while a row is not leased."""
LARGEST_BATCH: Final = 500


@dataclass(slots=True)
class Job:
    """A row that a connection has in hand, and its message."""

    row: Leased
    message: Outgoing
    moment: float  # loop time at which its body may go; 0: at once
    lane: Lane
    taken_at: float = 0.0  # when its envelope went


Waiter = Callable[[Job | None], None]


class Desk:
    """One per call of the engine."""

    def __init__(
        self,
        sending: Sending,
        writer: LedgerWriter,
        worker_id: int,
        moments: Moments,
        *,
        accepted_before: bool = False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sending = sending
        self._writer = writer
        self._worker_id = worker_id
        self._moments = moments
        self._connections = sending.connections or sending.smtp.connections
        self._ahead = Ahead(sending.compose, sending.composers)
        self._suspicion = Suspicion(accepted_before=accepted_before)
        self._accepted_before = accepted_before
        self._everybody = Lane("", DomainLimit(), sending.rest_seconds)
        self._lanes: deque[Lane] = deque([self._everybody])  # whose turn it is comes first
        self._by_domain: dict[str, Lane] = {}
        self._waiting: list[Waiter] = []
        self._returns = 0  # rows that went back into the queue: a lease that was asked before did not see them
        self.in_flight = 0
        self.answers = 0  # replies that settled a message
        self.meter = RateMeter(self._loop.time())
        self.tally: dict[DeliveryState, int] = {}  # results of this call
        self.ending: Ending | None = None
        self.reason = ""
        self.error: BaseException | None = None
        self.closed = asyncio.Event()
        self._last_doubt: tuple[Stage, Reply] | None = None
        self.doubted: deque[int] = deque(maxlen=REMEMBERED)  # deliveries that may have met a fault of the sender
        moments.wake = self.pump
        for name, limit in sending.smtp.domains.items():
            self._open_lane(name, limit)

    # --- what connections ask for

    def take(self) -> Job | None:
        """A row whose moment has come, or None when there is none right now."""
        while self.ending is None:
            lane, own = self._ready_lane()
            if lane is None:
                break
            moment = self._moments.take()
            if moment is None:
                lane.put_back(own)
                break
            row = lane.rows.popleft()
            try:
                message = self._ahead.take(row)
            except Refused as refused:
                self._moments.put_back(moment)
                lane.put_back(own)
                self.refuse(row, refused.reason)
                continue
            except Exception as error:
                lane.rows.appendleft(row)
                self.fail(error)
                return None
            self.in_flight += 1
            lane.in_flight += 1
            if len(lane.rows) <= lane.low or len(self._lanes) > 1 or not self._moments.unlimited:
                self._refill()
            return Job(row, message, max(moment, own), lane)
        self._refill()
        return None

    def _ready_lane(self) -> tuple[Lane | None, float]:
        """The lane whose turn it is among those that may send now, and its own moment."""
        everybody = self._everybody
        if len(self._lanes) == 1 and everybody.rows:
            return everybody, AT_ONCE
        now = self._loop.time()
        for _ in range(len(self._lanes)):
            lane = self._lanes[0]
            self._lanes.rotate(-1)
            if lane.rows and lane.has_room(now):
                moment = lane.take()
                if moment is not None:
                    return lane, moment
        return None, AT_ONCE

    def wait(self, waiter: Waiter) -> None:
        """Call ``waiter`` with the next job, or with None when nothing more will come. Last come, first served:
        the connections that are in use stay in use."""
        self._waiting.append(waiter)
        self.pump()

    def unwait(self, waiter: Waiter) -> bool:
        """Take a waiter back; False when it was called already."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            return True
        return False

    async def next(self, timeout_seconds: float | None = None) -> Job | None:
        """The next job; None when nothing more comes. Raises TimeoutError after ``timeout_seconds``."""
        answer: asyncio.Future[Job | None] = self._loop.create_future()
        waiter = partial(_answer, answer)
        self.wait(waiter)
        try:
            return await asyncio.wait_for(asyncio.shield(answer), timeout_seconds)
        except BaseException:
            if not self.unwait(waiter) and answer.done() and (job := answer.result()) is not None:
                self.hand_back(job)
            raise

    def hand_back(self, job: Job) -> None:
        """The job was not tried: another connection may have it."""
        self.in_flight -= 1
        job.lane.in_flight -= 1
        self._lane_of(job.row).rows.appendleft(job.row)
        self._loop.call_soon(self.pump)

    def lose(self, job: Job) -> None:
        """The row turned out not to be ours any more (cancelled, or taken over): the rest of its batch may not be
        either, so a new one is leased."""
        self.in_flight -= 1
        job.lane.in_flight -= 1
        self.release()
        self._went_back()
        self._loop.call_soon(self.pump)

    def at_moment(self, job: Job, go: Callable[[], None]) -> None:
        """Call ``go`` when the job's body may be handed over."""
        self._moments.at_moment(job, go, job.lane.windows)

    # --- what connections report

    def commit(self, result: Result | None, job: Job | None, done: Callable[[bool], None] | None = None) -> None:
        """Write the result of one message and the intent for the next; ``done(held)`` when both are durable."""
        if result is not None:
            self.tally[result.state] = self.tally.get(result.state, 0) + 1
        self._writer.submit(result, job.row.delivery_id if job is not None else None, done)

    def answered(self, job: Job, stage: Stage, reply: Reply) -> Result:
        """What a reply that settles the message means, with its consequences for the sending."""
        meaning = meaning_of(stage, reply)
        self._settle(job)
        self.answers += 1
        now = self._loop.time()
        if meaning is Meaning.ACCEPTED:
            self.meter.count(now)
            self._suspicion.accepted()
            return results.accepted(job.row, reply)
        if meaning is Meaning.SLOWER:
            self._moments.slow(self.meter.per_second(now))
        elif meaning is Meaning.SENDER:
            self._pause_for(stage, reply)
        elif meaning is Meaning.DOUBTED:
            meaning = self._doubted(job.row, stage, reply)
        elif meaning is Meaning.REST:
            self._rest(domain_of(job.row.address))
        rest = timedelta(seconds=self._sending.rest_seconds if meaning is Meaning.REST else 0)
        return results.from_reply(job.row, reply, meaning, self._sending.now(), rest=rest)

    def _pause_for(self, stage: Stage, reply: Reply) -> None:
        self.pause(f"The mail server refused the sender at {stage.value}: {reply.words} {mend(reply)}")

    def _doubted(self, row: Leased, stage: Stage, reply: Reply) -> Meaning:
        """A refusal for a reason that may be the sender's: pause when enough others say so too."""
        self._last_doubt = stage, reply
        self.doubted.append(row.delivery_id)
        meaning = results.doubtful(
            row, accepted_here=self._suspicion.accepted_here, accepted_before=self._accepted_before
        )
        known = row.attempts > 0 and self._suspicion.somebody_accepted  # it doubted before, and others did not
        if not known and self._suspicion.doubted(domain_of(row.address)):
            self._pause_for(stage, reply)
        return meaning

    def broken_off(self, job: Job, why: str) -> Result:
        """The connection broke before the body was handed over."""
        self._settle(job)
        self._went_back()
        return results.broken_off(job.row, why, self._sending.now())

    def not_tried(self, job: Job) -> Result:
        """The job's intent may be durable, but nothing was handed over."""
        self._settle(job)
        self._went_back()
        return results.not_tried(job.row)

    def unanswered(self, job: Job, why: str) -> Result:
        """The body was handed over, and no answer came."""
        self._settle(job)
        self._went_back()
        return results.unanswered(job.row, why, self._sending.on_unknown, self._sending.now())

    def refuse(self, row: Leased, reason: str) -> None:
        """This person cannot be written to: nothing was asked of the server."""
        self.commit(results.cannot_be_written_to(row, reason), None)

    def refused(self, job: Job, reason: str) -> Result:
        """The same for a job that a connection has."""
        self._settle(job)
        return results.cannot_be_written_to(job.row, reason)

    def _settle(self, job: Job) -> None:
        self.in_flight -= 1
        job.lane.in_flight -= 1
        if not self.in_flight or job.lane.limited:
            self._loop.call_soon(self.pump)

    # --- how it ends

    def pause(self, reason: str) -> None:
        """Stop the sending for everybody: its sender has to mend something."""
        if self.ending is None:
            issue_id = self._sending.issue_id
            self._writer.call(lambda connection: ledger.pause(connection, issue_id, reason))
            self.close(Ending.PAUSED, reason)

    def close(self, ending: Ending, reason: str = "") -> None:
        """Hand out nothing more; connections finish what they have."""
        if self.ending is None:
            self.ending, self.reason = ending, reason
            self.closed.set()
            self.pump()

    def reopen(self) -> None:
        """After ``DONE``: there is more."""
        self.ending = None
        self.closed.clear()
        self._went_back()

    def fail(self, error: BaseException) -> None:
        """Stop because of an error that the engine raises in the end."""
        self.error = self.error or error
        self.close(Ending.LATER)

    def release(self) -> None:
        """Put the rows that nobody took back into the queue."""
        for lane in self._lanes:
            while lane.rows:
                self._put_back(lane.rows.popleft())

    def _put_back(self, row: Leased) -> None:
        self._ahead.forget(row)
        self.commit(results.not_tried(row), None)

    def look_again(self) -> None:
        """There may be new work: rows that became due or were taken over from a dead worker."""
        self._went_back()
        self.pump()

    def _went_back(self) -> None:
        self._returns += 1
        for lane in self._lanes:
            lane.dry = False

    @property
    def leased(self) -> int:
        return sum(len(lane.rows) for lane in self._lanes)

    def give_back(self) -> None:
        """Return the moments that were reserved and not used; nothing is taken any more."""
        self._ahead.close()
        self._moments.give_back()
        for lane in self._lanes:
            lane.give_back()

    # --- domains with limits of their own

    def _open_lane(self, name: str, limit: DomainLimit) -> Lane:
        moments = None
        if limit.rate:
            moments = Moments(self._sending, self._writer, limits_of(limit.rate), _scope(name))
            moments.wake = self.pump
        lane = Lane(name, limit, self._sending.rest_seconds, moments)
        self._lanes.append(lane)
        self._by_domain.update(dict.fromkeys(lane.domains, lane))
        return lane

    def _lane_of(self, row: Leased) -> Lane:
        if not self._by_domain:
            return self._everybody
        return self._by_domain.get(domain_of(row.address), self._everybody)

    def _rest(self, domain: str) -> None:
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
        self._went_back()
        self._loop.call_later(max(seconds, 0) + 0.001, self.pump)
        self._loop.call_soon(self.pump)
        return lane

    # --- supply

    def pump(self) -> None:
        """Give waiting connections what there is, and fetch more."""
        while self._waiting and self.ending is None:
            job = self.take()
            if job is None:
                break
            self._waiting.pop()(job)
        if self.ending is None:
            self._refill()
            if not self.in_flight and not any(lane.has_more for lane in self._lanes):
                self._nothing_left()
        if self.ending is not None:
            while self._waiting:
                self._waiting.pop()(None)

    def _nothing_left(self) -> None:
        if self._suspicion.at_the_end() and self._last_doubt is not None:
            self._pause_for(*self._last_doubt)
        else:
            self.close(Ending.DONE)

    def _refill(self) -> None:
        if self.ending is not None:
            return
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
        rate = min(paces) if paces else self.meter.per_second(now)
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
            self._refill()
        else:
            lane.dry = self._returns == returns_before
        self.pump()


def _scope(domain: str) -> str:
    """Where the limits of a domain are remembered."""
    return f"domain:{domain}"


def _answer(answer: asyncio.Future[Job | None], job: Job | None) -> None:
    if not answer.done():
        answer.set_result(job)
