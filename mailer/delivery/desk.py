"""The desk between ledger and connections: hands out rows when their moment comes, takes results in.

Law: all of it runs on the event loop's thread; the database is only touched through the writer. A row that was
handed out comes back exactly once, as a result or unused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from mailer.delivery import results
from mailer.delivery.meter import RateMeter
from mailer.delivery.model import Ending, Outgoing, Refused, Sending
from mailer.delivery.moments import Moments
from mailer.delivery.replies import Meaning, Reply, Stage, meaning_of, mend
from mailer.delivery.writer import LedgerWriter
from mailer.newsletter import OnUnknown
from mailer.store import ledger
from mailer.store.ledger import Leased, Result
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
    taken_at: float


Waiter = Callable[[Job | None], None]


class Desk:
    """One per call of the engine."""

    def __init__(self, sending: Sending, writer: LedgerWriter, worker_id: int, moments: Moments) -> None:
        self._loop = asyncio.get_running_loop()
        self._sending = sending
        self._writer = writer
        self._worker_id = worker_id
        self._moments = moments
        self._connections = sending.connections or sending.smtp.connections
        self._rows: deque[Leased] = deque()
        self._waiting: list[Waiter] = []
        self._leasing = False
        self._low = 0  # so few rows left: time for the next batch
        self._dry = False  # the last lease found nothing
        self._returns = 0  # rows that went back into the queue: a lease that was asked before did not see them
        self._after_id = 0
        self.in_flight = 0
        self.answers = 0  # replies that settled a message
        self.meter = RateMeter(self._loop.time())
        self.tally: dict[DeliveryState, int] = {}  # results of this call
        self.ending: Ending | None = None
        self.reason = ""
        self.error: BaseException | None = None
        self.closed = asyncio.Event()
        moments.wake = self.pump

    # --- what connections ask for

    def take(self) -> Job | None:
        """A row whose moment has come, or None when there is none right now."""
        while self._rows and self.ending is None:
            moment = self._moments.take()
            if moment is None:
                break
            row = self._rows.popleft()
            try:
                message = self._sending.compose(row)
            except Refused as refused:
                self._moments.put_back(moment)
                self.refuse(row, refused.reason)
                continue
            except Exception as error:
                self._rows.appendleft(row)
                self.fail(error)
                return None
            self.in_flight += 1
            self._refill()
            return Job(row, message, moment, self._loop.time())
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
        self._rows.appendleft(job.row)
        self._loop.call_soon(self.pump)

    def lose(self, job: Job) -> None:
        """The row turned out not to be ours any more (cancelled, or taken over): the rest of its batch may not be
        either, so a new one is leased."""
        self.in_flight -= 1
        self.release()
        self._went_back()
        self._loop.call_soon(self.pump)

    def at_moment(self, job: Job, go: Callable[[], None]) -> None:
        """Call ``go`` when the job's body may be handed over."""
        self._moments.at_moment(job, go)

    # --- what connections report

    def commit(self, result: Result | None, job: Job | None, done: Callable[[bool], None] | None = None) -> None:
        """Write the result of one message and the intent for the next; ``done(held)`` when both are durable."""
        if result is not None:
            self.tally[result.state] = self.tally.get(result.state, 0) + 1
        self._writer.submit(result, job.row.delivery_id if job is not None else None, done)

    def answered(self, job: Job, stage: Stage, reply: Reply) -> Result:
        """What a reply that settles the message means, with its consequences for the sending."""
        meaning = meaning_of(stage, reply)
        self._settle()
        self.answers += 1
        now = self._loop.time()
        if meaning is Meaning.ACCEPTED:
            self.meter.count(now)
        elif meaning is Meaning.SLOWER:
            self._moments.slow(self.meter.per_second(now))
        elif meaning is Meaning.SENDER:
            self.pause(f"The mail server refused the sender at {stage.value}: {reply.words} {mend(reply)}")
        return results.from_reply(job.row, reply, meaning, self._sending.now())

    def broken_off(self, job: Job, why: str) -> Result:
        """The connection broke before the body was handed over."""
        self._settle()
        self._went_back()
        return results.broken_off(job.row, why, self._sending.now())

    def not_tried(self, job: Job) -> Result:
        """The job's intent may be durable, but nothing was handed over."""
        self._settle()
        self._went_back()
        return results.not_tried(job.row)

    def unanswered(self, job: Job, why: str) -> Result:
        """The body was handed over, and no answer came."""
        self._settle()
        self._went_back()
        return results.unanswered(job.row, why, self._sending.on_unknown, self._sending.now())

    def refuse(self, row: Leased, reason: str) -> None:
        """This person cannot be written to: nothing was asked of the server."""
        self.commit(results.cannot_be_written_to(row, reason), None)

    def refused(self, job: Job, reason: str) -> Result:
        """The same for a job that a connection has."""
        self._settle()
        return results.cannot_be_written_to(job.row, reason)

    def _settle(self) -> None:
        self.in_flight -= 1
        if not self.in_flight:
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
        while self._rows:
            self.commit(results.not_tried(self._rows.popleft()), None)

    def look_again(self) -> None:
        """There may be new work: rows that became due or were taken over from a dead worker."""
        self._went_back()
        self.pump()

    def _went_back(self) -> None:
        self._returns += 1
        self._dry = False

    @property
    def leased(self) -> int:
        return len(self._rows)

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
            if self._dry and not self._rows and not self.in_flight and not self._leasing:
                self.close(Ending.DONE)
        if self.ending is not None:
            while self._waiting:
                self._waiting.pop()(None)

    def _refill(self) -> None:
        if self.ending is not None:
            return
        if len(self._rows) <= self._low and not self._leasing and not self._dry:
            size = self._batch()
            self._low = size // 2
            self._leasing = True
            answer = self._writer.call(partial(self._lease, max(size - len(self._rows), 1)))
            answer.add_done_callback(partial(self._leased, self._returns))
        if self._rows:
            self._moments.refill()

    def _batch(self) -> int:
        rate = self._moments.per_second() or self.meter.per_second(self._loop.time())
        least = 1 if self._moments.per_second() else 2 * self._connections
        return min(max(int(rate * BATCH_SECONDS), least), LARGEST_BATCH)

    def _lease(self, size: int, connection: Connection) -> list[Leased]:
        now, issue_id = self._sending.now(), self._sending.issue_id
        if self._sending.on_unknown is OnUnknown.RESEND and self._after_id == 0:
            ledger.resend_unknown(connection, issue_id, now, due_only=True)
        return ledger.lease(connection, issue_id, self._worker_id, size, now, after_id=self._after_id)

    def _leased(self, returns_before: int, answer: asyncio.Future[list[Leased]]) -> None:
        self._leasing = False
        if answer.cancelled() or answer.exception() is not None:
            return  # the writer told the engine
        rows = answer.result()
        self._rows.extend(rows)
        if rows:
            self._after_id = max(self._after_id, *(row.delivery_id for row in rows))
        elif self._after_id:
            self._after_id = 0  # once more from the start: rows may have been put back
            self._refill()
        else:
            self._dry = self._returns == returns_before
        self.pump()


def _answer(answer: asyncio.Future[Job | None], job: Job | None) -> None:
    if not answer.done():
        answer.set_result(job)
