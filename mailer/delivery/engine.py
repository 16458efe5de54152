"""The sending engine: connections, desk and ledger writer together, from the first lease to the last result.

Law: it waits for nothing for ever; however it ends, the ledger says what happened to each person.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import aiosmtplib
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from mailer.delivery.connect import Unavailable, Way, find_way, hang_up, open_connection, say_goodbye
from mailer.delivery.cores import staying_on, this_core
from mailer.delivery.desk import Desk, Job
from mailer.delivery.hours import closes_at, is_open, opens_at
from mailer.delivery.model import Ending, Outcome, Progress, Sending, StopSignal
from mailer.delivery.moments import Moments
from mailer.delivery.parting import Parting
from mailer.delivery.session import Session
from mailer.delivery.throttle import limits_of
from mailer.delivery.writer import LedgerWriter, in_words
from mailer.errors import ServerError
from mailer.newsletter import OnUnknown
from mailer.store import ledger, pace, workers
from mailer.store.states import OPEN, DeliveryState, SendingState

S = DeliveryState
LOOK_SECONDS: Final = 0.5
"""How often a pause or cancel by another process is looked for: it takes effect within two seconds."""
PROGRESS_SECONDS: Final = 0.25
RECOVER_SECONDS: Final = 10.0
RESTS_REMEMBERED: Final = timedelta(hours=2)
"""A domain that was told to rest gets its connections back one by one; after so long it has them all."""
LONGEST_BACKOFF_SECONDS: Final = 30.0

_ENDINGS: Final = {SendingState.PAUSED: Ending.PAUSED, SendingState.CANCELLED: Ending.CANCELLED}


async def deliver(
    sending: Sending, *, stop: StopSignal, progress: Callable[[Progress], None] | None = None
) -> Outcome:
    """Send what the ledger of an issue holds until nothing is left that could go now, or until it is stopped.

    Raises ServerError when the mail server cannot be used, DatabaseError when the ledger cannot be written; both
    leave the ledger true. What ``compose`` raises (other than Refused) stops the sending and is raised.
    """
    way = await find_way(sending.smtp)
    try:
        worker_id, accepted, state, reason = await asyncio.to_thread(_begin, sending)
    except SQLAlchemyError as error:
        raise in_words(error) from error
    try:
        return await _Engine(sending, way, worker_id, progress, accepted).run(stop, state, reason)
    finally:
        workers.forget(worker_id)


def _begin(sending: Sending) -> tuple[int, bool, SendingState, str]:
    with sending.database.begin() as connection:
        _recover(connection, sending)
        worker_id = workers.register(connection, sending.now(), sending.issue_id)
        accepted = ledger.somebody_accepted(connection, sending.issue_id)
        return worker_id, accepted, *ledger.sending_state(connection, sending.issue_id)


def _recover(connection: Connection, sending: Sending, *, starting: bool = True) -> int:
    now = sending.now()
    dead = workers.dead_workers(connection, now, sending.issue_id)
    if not dead and not starting:
        return 0
    found = ledger.recover(connection, sending.issue_id, dead, sending.on_unknown, now)
    workers.end(connection, dead, now)
    return found.requeued + found.unknown


class _Engine:
    def __init__(
        self,
        sending: Sending,
        way: Way,
        worker_id: int,
        progress: Callable[[Progress], None] | None,
        accepted_before: bool,
    ) -> None:
        self._sending = sending
        self._way = way
        self._worker_id = worker_id
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()
        self._core = this_core()
        self._writer = LedgerWriter(sending, worker_id, self._writer_failed, self._core)
        rates = sending.smtp.rate if sending.rates is None else sending.rates
        moments = Moments(sending, self._writer, limits_of(rates, sending.smtp.ramp))
        self._desk = Desk(sending, self._writer, worker_id, moments, accepted_before=accepted_before)
        self._closed_until: datetime | None = None  # outside the delivery hours
        self._tasks: list[asyncio.Task[None]] = []
        self._open = 0
        self._failures = 0
        self._answers = 0
        self._last_good = self._started
        self._known: dict[DeliveryState, int] = dict.fromkeys(S, 0)
        self._known_tally: dict[DeliveryState, int] = {}
        self._writer_broken = False

    async def run(self, stop: StopSignal, state: SendingState, reason: str) -> Outcome:
        """Send; then put everything back that was not used, and say how it ended."""
        if state in _ENDINGS:
            self._desk.close(_ENDINGS[state], reason)
        watch = self._loop.create_task(self._watch())
        watch.add_done_callback(self._watched)

        def stopped() -> None:
            self._desk.close(Ending.INTERRUPTED)
            if stop.level > 1:
                for task in self._tasks:
                    task.cancel()

        stop.listen(stopped)
        try:
            with staying_on(self._core):  # where the ledger's thread is (decision 18)
                await self._send()
        finally:
            stop.unlisten(stopped)
            for task in [*self._tasks, watch]:
                task.cancel()
            await asyncio.gather(*self._tasks, watch, return_exceptions=True)
            outcome = await self._end()
        if self._desk.error is not None:
            raise self._desk.error
        if outcome is None:
            raise ServerError("the sending ended without an outcome.")  # not reached: a broken writer is an error
        return outcome

    async def _send(self) -> None:
        if self._desk.ending is not None or not await self._has_work():
            self._desk.close(Ending.DONE)
            return
        self._mind_the_hours()
        await self._look()
        client = await self._open_first()
        if client is None:
            return
        await self._run_connections(client)
        while await self._found_more():
            self._desk.reopen()
            await self._run_connections(None)

    async def _run_connections(self, first: aiosmtplib.SMTP | None) -> None:
        connections = self._sending.connections or self._sending.smtp.connections
        clients = [*[None] * (connections - 1), first]  # who waits last is served first: the open one
        self._tasks = [self._loop.create_task(self._connection(client)) for client in clients]
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                self._desk.fail(error)
        await asyncio.wait(self._tasks)

    async def _found_more(self) -> bool:
        """Nothing was left to lease; but a worker beside us may have died, or a row become due meanwhile."""
        if self._desk.ending is not Ending.DONE:
            return False
        await self._writer.call(lambda connection: _recover(connection, self._sending, starting=False))
        return await self._has_work()

    async def _has_work(self) -> bool:
        now, issue_id = self._sending.now(), self._sending.issue_id
        return await self._writer.call(lambda connection: ledger.has_work(connection, issue_id, now))

    async def _open_first(self) -> aiosmtplib.SMTP | None:
        """The first connection shows at once whether the server can be used at all; None: it is not wanted."""
        if self._desk.ending is not None:
            return None
        try:
            return await self._open_unless_closed()
        except ServerError as error:
            self._desk.fail(error)
            return None

    async def _open_unless_closed(self) -> aiosmtplib.SMTP | None:
        opening = self._loop.create_task(open_connection(self._way))
        closed = self._loop.create_task(self._desk.closed.wait())
        wanted = False
        try:
            await asyncio.wait([opening, closed], return_when=asyncio.FIRST_COMPLETED)
            wanted = opening.done()
            return opening.result() if wanted else None
        finally:
            closed.cancel()
            if not wanted:
                opening.add_done_callback(_close)
                opening.cancel()

    async def _connection(self, client: aiosmtplib.SMTP | None) -> None:
        """One of the K connections: opened when there is work for it, closed when there is none for a while."""
        self._open += client is not None
        try:
            while True:
                try:
                    job = await self._desk.next(self._sending.idle_seconds if client else None)
                except TimeoutError:
                    await self._part(client, Parting.IDLE)
                    client = None
                    continue
                if job is None:
                    break
                if client is None:
                    client = await self._reopen(job)
                if client is not None:
                    parting = await self._session(client).run(job)
                    if parting is not Parting.DONE:
                        await self._part(client, parting)
                        client = None
        finally:
            if client is not None:
                await self._part(client, Parting.DONE)

    def _session(self, client: aiosmtplib.SMTP) -> Session:
        pipelining = self._sending.pipelining and client.supports_extension("pipelining")
        return Session(client, self._desk, self._sending, pipelining=pipelining)

    async def _part(self, client: aiosmtplib.SMTP | None, parting: Parting) -> None:
        self._open -= 1
        if client is not None:
            if parting in {Parting.IDLE, Parting.DONE}:
                await say_goodbye(client)
            else:
                hang_up(client)
        self._note_progress()
        if parting in {Parting.BUSY, Parting.BROKEN}:
            await self._back_off(
                Unavailable("the server keeps breaking connections off.", where=self._way.where)
                if parting is Parting.BROKEN
                else None
            )

    async def _reopen(self, job: Job) -> aiosmtplib.SMTP | None:
        """A connection for this job, or None after having given it back and waited a little."""
        try:
            client = await self._open_unless_closed()
        except ServerError as error:
            self._desk.hand_back(job)
            await self._back_off(error)
            return None
        except BaseException:
            self._desk.hand_back(job)
            raise
        if client is None:
            self._desk.hand_back(job)
            return None
        self._open += 1
        return client

    def _note_progress(self) -> None:
        if self._desk.answers > self._answers:
            self._answers = self._desk.answers
            self._failures = 0
            self._last_good = self._loop.time()

    async def _back_off(self, error: ServerError | None) -> None:
        """Wait longer each time; stop the sending when the server has been of no use for too long."""
        self._note_progress()
        self._failures += 1
        silent_seconds = self._loop.time() - self._last_good
        lasting = not isinstance(error, Unavailable) or silent_seconds > self._sending.patience_seconds
        if error is not None and lasting and not self._open:
            self._desk.fail(error)
            return
        longest = min(0.25 * 2 ** min(self._failures, 10), LONGEST_BACKOFF_SECONDS)
        spread = random.uniform(0.5, 1.0)  # noqa: S311 -- so that connections do not come back all at once
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._desk.closed.wait(), longest * spread)

    # --- beside the sending

    async def _watch(self) -> None:
        """Look for a pause or cancel by others, beat, take over from the dead, and tell how far it is."""
        looked = beaten = recovered = self._loop.time()
        await self._refresh_counts()
        while True:
            self._tell()
            await asyncio.sleep(min(PROGRESS_SECONDS, self._seconds_to_closing()))
            self._mind_the_hours()
            now = self._loop.time()
            if now - looked >= LOOK_SECONDS:
                looked = now
                await self._look()
            if now - beaten >= workers.HEARTBEAT_SECONDS:
                beaten = now
                await self._writer.call(
                    lambda connection: workers.beat(connection, self._worker_id, self._sending.now())
                )
            if now - recovered >= RECOVER_SECONDS:
                recovered = now
                await self._take_over()
                await self._refresh_counts()

    def _watched(self, watch: asyncio.Task[None]) -> None:
        error = None if watch.cancelled() else watch.exception()
        if error is not None:
            self._desk.fail(error)

    async def _look(self) -> None:
        issue_id = self._sending.issue_id
        since_us = int((self._sending.now() - RESTS_REMEMBERED).timestamp() * 1e6)
        (state, reason), rests = await self._writer.call(
            lambda connection: (ledger.sending_state(connection, issue_id), pace.rests(connection, since_us))
        )
        self._desk.supply.note_rests(rests)
        if state in _ENDINGS:
            self._desk.close(_ENDINGS[state], reason)

    def _mind_the_hours(self) -> None:
        """Stop when the hours of delivery are over; who called us comes again when they begin."""
        hours, now = self._sending.smtp.hours, self._sending.now()
        if hours is not None and not is_open(hours, now):
            self._closed_until = opens_at(hours, now)
            self._desk.close(Ending.LATER)

    def _seconds_to_closing(self) -> float:
        """Until the hours of delivery are over: a fast server takes hundreds of messages between two looks."""
        hours, now = self._sending.smtp.hours, self._sending.now()
        return max((closes_at(hours, now) - now).total_seconds(), 0.001) if hours is not None else math.inf

    async def _take_over(self) -> None:
        if await self._writer.call(lambda connection: _recover(connection, self._sending, starting=False)):
            self._desk.look_again()

    async def _refresh_counts(self) -> None:
        if self._progress is not None:
            issue_id = self._sending.issue_id
            tally = dict(self._desk.tally)
            self._known = await self._writer.call(lambda connection: ledger.counts(connection, issue_id))
            self._known_tally = tally

    def _tell(self) -> None:
        if self._progress is None:
            return
        now = self._loop.time()
        counts = dict(self._known)
        audience = sum(counts.values())
        for state in (S.ACCEPTED, S.REFUSED, S.DEFERRED, S.UNKNOWN):
            counts[state] += self._desk.tally.get(state, 0) - self._known_tally.get(state, 0)
        counts[S.SENDING] = max(self._desk.in_flight, 0)
        counts[S.LEASED] = self._desk.supply.leased
        settled = sum(counts.values()) - counts[S.QUEUED]
        counts[S.QUEUED] = max(audience - settled, 0)
        rate = self._desk.meter.per_second(now)
        left = counts[S.QUEUED] + counts[S.LEASED] + counts[S.SENDING]
        finish_at = self._sending.now() + timedelta(seconds=min(left / rate, 1e8)) if rate else None
        self._progress(Progress(counts, rate, finish_at, self._open))

    # --- the end

    def _writer_failed(self, error: BaseException) -> None:
        self._writer_broken = True
        self._desk.fail(error)
        for task in self._tasks:
            task.cancel()

    async def _end(self) -> Outcome | None:
        outcome = None
        if not self._writer_broken:
            with contextlib.suppress(Exception):  # a failing database was noted by the writer
                await self._writer.call(lambda connection: None)  # a lease may be on its way: it comes first
                self._desk.give_back()
                self._desk.supply.release()
                outcome = await self._writer.call(self._settle)
        await self._writer.close()
        if outcome is not None and self._progress is not None:
            self._progress(
                Progress(outcome.counts, self._desk.meter.per_second(self._loop.time()), self._sending.now())
            )
        return outcome

    def _settle(self, connection: Connection) -> Outcome:
        sending, now, desk = self._sending, self._sending.now(), self._desk
        ending, reason = desk.ending or Ending.INTERRUPTED, desk.reason
        state, said = ledger.sending_state(connection, sending.issue_id)
        if state in _ENDINGS:
            ending, reason = _ENDINGS[state], said or reason
        if ending is Ending.PAUSED and desk.doubted:
            ledger.put_back(connection, sending.issue_id, list(desk.doubted), now)
        if ending is Ending.CANCELLED:
            ledger.skip_open(connection, sending.issue_id, reason or "cancelled", now)
        ledger.recover(connection, sending.issue_id, [self._worker_id], OnUnknown.HOLD, now)
        workers.end(connection, [self._worker_id], now)
        finished = ledger.finish(connection, sending.issue_id, now)
        counts = ledger.counts(connection, sending.issue_id)
        due_at = ledger.next_due(connection, sending.issue_id)
        closed_until = None if finished else self._closed_until
        if closed_until and ledger.has_work(connection, sending.issue_id, closed_until):
            due_at = closed_until
        if ending is Ending.DONE and not finished and (due_at or any(counts[state] for state in OPEN)):
            ending = Ending.LATER
        elif ending is Ending.LATER and finished:
            ending = Ending.DONE
        seconds = self._loop.time() - self._started
        return Outcome(ending, counts, reason, due_at, desk.meter.total, seconds, closed_until)


def _close(opening: asyncio.Task[aiosmtplib.SMTP]) -> None:
    """Close a connection that was ready in the moment in which nobody wanted it any more."""
    if not opening.cancelled() and opening.exception() is None:
        hang_up(opening.result())
