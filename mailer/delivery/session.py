"""A session: one open connection driven by callbacks, the next envelope behind the present body where it may be.

Law: a body is handed over when the server waits for it (354), its intent and the result of the message before
it are durable, and its moment has come. Between ``set_protocol`` and giving the connection back to aiosmtplib,
the timeouts and the loss of the connection are this file's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, cast

import aiosmtplib

from mailer.delivery.desk import Desk, Job
from mailer.delivery.envelope import Envelope, Offer, envelope_of
from mailer.delivery.model import Refused, Sending
from mailer.delivery.moments import AT_ONCE
from mailer.delivery.parting import BROKEN, NO_ANSWER, NO_ANSWER_IN_TIME, TOO_SLOW, Parting
from mailer.delivery.pipeline import Closing, Event, Pipeline, Ready, Settled, Write
from mailer.store.recording import Result

BUFFER_BYTES: Final = 8192
"""Replies are short. asyncio's own 256 KiB buffer costs three system calls of memory management for each."""
FINAL_DOT: Final = b".\r\n"


@dataclass(slots=True, eq=False)
class _Flight:
    """A job whose envelope is on the wire."""

    job: Job
    durable: bool = False  # its intent, and the result of the one before
    ready: bool = False  # 354
    leaving: bool = False  # it has both and waits for its moment, or went


class Session(asyncio.BufferedProtocol):
    """Drives one connection until there is no more work or it breaks."""

    def __init__(self, client: aiosmtplib.SMTP, desk: Desk, sending: Sending, *, pipelining: bool) -> None:
        self._client = client
        self._desk = desk
        self._loop = asyncio.get_running_loop()
        self._offer = Offer.from_extensions(client.esmtp_extensions)
        self._reply_seconds = sending.smtp.timeout_seconds
        self._final_seconds = sending.final_timeout_seconds
        self._idle_seconds = sending.idle_seconds
        self._transport = cast(asyncio.Transport, client.transport)
        self._theirs = client.protocol  # aiosmtplib's own protocol: it gets the connection back
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._core: Pipeline[_Flight] = Pipeline(pipelining=pipelining)
        self._flights: list[_Flight] = []  # at most two: the body's and the next envelope's
        self._deadline: float | None = None
        self._timed_out = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._over: asyncio.Future[Parting] = self._loop.create_future()

    async def run(self, first: Job) -> Parting:
        """Send ``first`` and whatever the desk has after it. When cancelled, what is known is still reported."""
        if self._theirs is None or self._transport is None or self._transport.is_closing():
            self._desk.hand_back(first)
            return Parting.BROKEN
        self._transport.set_protocol(self)
        self._watch()
        try:
            self._next(None, first)
            return await self._over
        except asyncio.CancelledError:
            self._give_up(Parting.BROKEN)
            raise
        finally:
            if self._watchdog is not None:
                self._watchdog.cancel()
            if not self._transport.is_closing():
                self._transport.set_protocol(self._theirs)

    # --- asyncio's side

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for event in self._core.receive(self._view[:nbytes]):
                self._take_in(event)
        except Exception as error:
            self._desk.fail(error)
            self._give_up(Parting.BROKEN)

    def eof_received(self) -> bool:
        return False  # the transport closes itself and connection_lost follows

    def connection_lost(self, exc: Exception | None) -> None:
        if self._theirs is not None:
            self._theirs.connection_lost(exc)
        self._give_up(Parting.BROKEN)

    # --- what the server says

    def _take_in(self, event: Event[_Flight]) -> None:
        if isinstance(event, Ready):
            event.tag.ready = True
            self._deadline = None
            self._leave_if_due(event.tag)
        elif isinstance(event, Settled):
            flight = event.tag
            self._flights.remove(flight)
            self._deadline = self._loop.time() + self._reply_seconds if self._flights else None
            self._next(self._desk.answered(flight.job, event.stage, event.reply), None)
        elif isinstance(event, Write):
            self._deadline = self._loop.time() + self._reply_seconds
            self._transport.write(event.data)
        elif isinstance(event, Closing):
            self._give_up(Parting.BUSY if event.asked else Parting.BROKEN)

    def _next(self, result: Result | None, job: Job | None) -> None:
        """After a result (or at the start): the intent for what follows goes into the same commit."""
        if self._flights:  # its envelope went behind the body
            self._commit(result, self._flights[0])
            return
        if self._core.closed or self._over.done() or self._transport.is_closing():
            self._report(result)
            if job is not None:
                self._desk.hand_back(job)
            return
        flight, opening = self._open(job or self._desk.take())
        if flight is None:
            self._report(result)
            if not self._over.done():
                self._idle()
            return
        self._commit(result, flight)
        self._deadline = self._loop.time() + self._reply_seconds
        self._transport.write(opening)

    def _open(self, job: Job | None) -> tuple[_Flight | None, bytes]:
        """Bring a job into the pipeline; one that cannot have an envelope is refused and another is taken."""
        while job is not None:
            envelope = self._envelope(job)
            if envelope is not None:
                flight = _Flight(job)
                job.taken_at = self._loop.time()
                self._flights.append(flight)
                return flight, self._core.envelope(flight, envelope.mail, envelope.rcpt)
            job = self._desk.take()
        return None, b""

    def _envelope(self, job: Job) -> Envelope | None:
        try:
            return envelope_of(job.message, self._offer)
        except Refused as refused:
            self._report(self._desk.refused(job, refused.reason))
            return None

    def _commit(self, result: Result | None, flight: _Flight) -> None:
        def durable(held: bool) -> None:
            if flight not in self._flights:
                return  # settled at its envelope meanwhile, or the connection is gone
            if held:
                flight.durable = True
                self._leave_if_due(flight)
            else:
                self._flights.remove(flight)
                self._desk.lose(flight.job)
                self._give_up(Parting.LOST)

        self._desk.commit(result, flight.job, durable)

    def _leave_if_due(self, flight: _Flight) -> None:
        if flight.ready and flight.durable and not flight.leaving:
            flight.leaving = True
            if flight.job.moment == AT_ONCE:
                self._hand_over(flight)
            else:
                self._desk.at_moment(flight.job, lambda: self._hand_over(flight))

    def _hand_over(self, flight: _Flight) -> None:
        if flight not in self._flights or self._transport.is_closing():
            return  # the connection broke while it waited for its moment
        self._core.body_sent()
        pieces = [*flight.job.message.pieces, FINAL_DOT]
        if self._core.pipelining:
            flight_behind, opening = self._open(self._desk.take())
            if flight_behind is not None:  # asyncio (Python 3.12) would never get rid of an empty last piece
                pieces.append(opening)
        self._deadline = self._loop.time() + self._final_seconds
        self._transport.writelines(pieces)

    def _report(self, result: Result | None) -> None:
        if result is not None:
            self._desk.commit(result, None)

    # --- waiting

    def _idle(self) -> None:
        self._deadline = None
        self._idle_timer = self._loop.call_later(self._idle_seconds, self._part_idle)
        self._desk.wait(self._woken)

    def _woken(self, job: Job | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if job is None:
            self._end(Parting.DONE)
        elif self._over.done():
            self._desk.hand_back(job)
        else:
            self._next(None, job)

    def _part_idle(self) -> None:
        self._idle_timer = None
        if self._desk.unwait(self._woken):
            self._end(Parting.IDLE)

    def _watch(self) -> None:
        """One timer for all timeouts of the connection."""
        if self._deadline is not None and self._loop.time() > self._deadline:
            self._timed_out = True
            self._give_up(Parting.BROKEN)
        if not self._over.done():
            every = min(1.0, self._reply_seconds / 8, self._final_seconds / 8)
            self._watchdog = self._loop.call_later(every, self._watch)

    # --- the end

    def _give_up(self, parting: Parting) -> None:
        """The connection is of no more use: say what is known about each message on it."""
        if self._over.done():
            return
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._desk.unwait(self._woken)
        for event in self._core.end():
            if isinstance(event, Settled):
                self._flights.remove(event.tag)
                self._report(self._desk.answered(event.tag.job, event.stage, event.reply))
        innocent = parting is Parting.BUSY
        for flight, handed_over in self._core.unsettled():
            if flight in self._flights:
                self._flights.remove(flight)
                self._report(self._unsettled(flight.job, handed_over, innocent))
                innocent = True
        self._end(parting)
        self._transport.abort()

    def _unsettled(self, job: Job, handed_over: bool, innocent: bool) -> Result:
        if handed_over:
            return self._desk.unanswered(job, NO_ANSWER_IN_TIME if self._timed_out else NO_ANSWER)
        if innocent:
            return self._desk.not_tried(job)
        return self._desk.broken_off(job, TOO_SLOW if self._timed_out else BROKEN)

    def _end(self, parting: Parting) -> None:
        if not self._over.done():
            self._over.set_result(parting)
