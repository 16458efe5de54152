"""The desk between ledger and connections: hands out rows when their moment comes, takes results in.

Law: all of it runs on the event loop's thread; the database is only touched through the writer. A row that was
handed out comes back exactly once, as a result or unused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from mailer.delivery import results
from mailer.delivery.ahead import Ahead
from mailer.delivery.lanes import Lane, domain_of
from mailer.delivery.meter import RateMeter
from mailer.delivery.model import Ending, Outgoing, Refused, Sending
from mailer.delivery.moments import Moments
from mailer.delivery.replies import Meaning, Reply, Stage, meaning_of, mend
from mailer.delivery.supply import Supply
from mailer.delivery.suspicion import REMEMBERED, Suspicion
from mailer.delivery.writer import LedgerWriter
from mailer.store import ledger
from mailer.store.leasing import Leased
from mailer.store.recording import Result
from mailer.store.states import DeliveryState


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
        self._moments = moments
        self._ahead = Ahead(sending.compose, sending.composers)
        self._suspicion = Suspicion(accepted_before=accepted_before)
        self._accepted_before = accepted_before
        self._waiting: list[Waiter] = []
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
        self.supply = Supply(
            sending,
            writer,
            worker_id,
            moments=moments,
            ahead=self._ahead,
            meter=self.meter,
            wake=self.pump,
            put_back=self._put_back,
        )

    # --- what connections ask for

    def take(self) -> Job | None:
        """A row whose moment has come, or None when there is none right now."""
        while self.ending is None:
            lane, own = self.supply.ready_lane()
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
            if self.supply.runs_low(lane):
                self._refill()
            return Job(row, message, max(moment, own), lane)
        self._refill()
        return None

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
        self.supply.hand_back(job.row)
        self._loop.call_soon(self.pump)

    def lose(self, job: Job) -> None:
        """The row turned out not to be ours any more (cancelled, or taken over): the rest of its batch may not be
        either, so a new one is leased."""
        self.in_flight -= 1
        job.lane.in_flight -= 1
        self.supply.release()
        self.supply.went_back()
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
            self.supply.rest(domain_of(job.row.address))
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
        self.supply.went_back()
        return results.broken_off(job.row, why, self._sending.now())

    def not_tried(self, job: Job) -> Result:
        """The job's intent may be durable, but nothing was handed over."""
        self._settle(job)
        self.supply.went_back()
        return results.not_tried(job.row)

    def unanswered(self, job: Job, why: str) -> Result:
        """The body was handed over, and no answer came."""
        self._settle(job)
        self.supply.went_back()
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
        self.supply.went_back()

    def fail(self, error: BaseException) -> None:
        """Stop because of an error that the engine raises in the end."""
        self.error = self.error or error
        self.close(Ending.LATER)

    def _put_back(self, row: Leased) -> None:
        self._ahead.forget(row)
        self.commit(results.not_tried(row), None)

    def look_again(self) -> None:
        """There may be new work: rows that became due or were taken over from a dead worker."""
        self.supply.went_back()
        self.pump()

    def give_back(self) -> None:
        """Return the moments that were reserved and not used; nothing is taken any more."""
        self._ahead.close()
        self._moments.give_back()
        self.supply.give_back()

    # --- keeping going

    def pump(self) -> None:
        """Give waiting connections what there is, and fetch more."""
        while self._waiting and self.ending is None:
            job = self.take()
            if job is None:
                break
            self._waiting.pop()(job)
        if self.ending is None:
            self._refill()
            if not self.in_flight and not self.supply.has_more:
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
        if self.ending is None:
            self.supply.refill()


def _answer(answer: asyncio.Future[Job | None], job: Job | None) -> None:
    if not answer.done():
        answer.set_result(job)
