"""One message after the other over an open connection, by aiosmtplib's public calls, where nothing is pipelined.

Law: before a body is handed over, its intent and the result before it are durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import aiosmtplib

from mailer.delivery.desk import Desk, Job
from mailer.delivery.envelope import Offer, envelope_of
from mailer.delivery.model import Refused, Sending
from mailer.delivery.parting import BROKEN, NO_ANSWER, NO_ANSWER_IN_TIME, TOO_SLOW, Parting
from mailer.delivery.replies import Reply, Stage, read_reply
from mailer.store.ledger import Result


class LockStep:
    """Drives one connection until there is no more work or it breaks."""

    def __init__(self, client: aiosmtplib.SMTP, desk: Desk, sending: Sending) -> None:
        self._client = client
        self._desk = desk
        self._sending = sending
        self._offer = Offer.from_extensions(client.esmtp_extensions)
        self._handed_over = False
        self._lost = False  # the present row turned out not to be ours any more
        self._before: Result | None = None

    async def run(self, first: Job) -> Parting:
        """Send ``first`` and whatever the desk has after it. When cancelled, what is known is still reported."""
        job: Job | None = first
        while job is not None:
            if not self._client.is_connected:  # lost while it was idle: no fault of this job
                self._report()
                self._desk.hand_back(job)
                return Parting.BROKEN
            try:
                busy = await self._send(job)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                self._broke(job, error)
                return Parting.BROKEN
            except asyncio.CancelledError as error:
                self._broke(job, error)
                raise
            if busy:
                self._report()
                return Parting.BUSY
            job = self._desk.take()
            if job is None:
                self._report()
                try:
                    job = await self._desk.next(self._sending.idle_seconds)
                except TimeoutError:
                    return Parting.IDLE
        return Parting.DONE

    async def _send(self, job: Job) -> bool:
        """One message to its end; True when the server asked for patience and closed the connection."""
        self._handed_over = self._lost = False
        try:
            envelope = envelope_of(job.message, self._offer)
        except Refused as refused:
            self._desk.commit(self._before, None)
            self._before = self._desk.refused(job, refused.reason)
            return False
        job.taken_at = asyncio.get_running_loop().time()
        durable = self._commit(job)
        for stage, command in ((Stage.MAIL, envelope.mail), (Stage.RCPT, envelope.rcpt)):
            code, text = await self._ask(command)
            if code >= 300:
                return await self._turned_down(job, stage, read_reply(code, text))
        if not await durable:
            self._lost = True
            self._desk.lose(job)
            await self._ask(b"RSET")
            return False
        code, text = await self._ask(b"DATA")
        if code != 354:
            return await self._turned_down(job, Stage.DATA, read_reply(code, text))
        await self._moment(job)
        transport = self._client.transport
        if not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
            raise aiosmtplib.SMTPServerDisconnected(BROKEN)
        self._handed_over = True
        transport.writelines(job.message.pieces)
        code, text = await self._ask(b".", self._sending.final_timeout_seconds)
        self._before = self._desk.answered(job, Stage.BODY, read_reply(code, text))
        self._handed_over = False
        return code == 421

    async def _turned_down(self, job: Job, stage: Stage, reply: Reply) -> bool:
        self._before = self._desk.answered(job, stage, reply)
        if reply.code == 421:
            return True
        await self._ask(b"RSET")
        return False

    async def _ask(self, command: bytes, timeout_seconds: float | None = None) -> tuple[int, str]:
        timeout = self._sending.smtp.timeout_seconds if timeout_seconds is None else timeout_seconds
        return await self._client.execute_command(command, timeout=timeout)

    def _commit(self, job: Job) -> asyncio.Future[bool]:
        durable: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._desk.commit(self._before, job, _settle(durable))
        self._before = None
        return durable

    def _moment(self, job: Job) -> asyncio.Future[bool]:
        go: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._desk.at_moment(job, partial(_settle(go), True))
        return go

    def _report(self) -> None:
        if self._before is not None:
            self._desk.commit(self._before, None)
            self._before = None

    def _broke(self, job: Job, error: BaseException) -> None:
        settled = self._before is not None and self._before.delivery_id == job.row.delivery_id
        if not settled and not self._lost:
            self._report()
            slow = isinstance(error, aiosmtplib.SMTPTimeoutError)
            words = (NO_ANSWER_IN_TIME, TOO_SLOW) if slow else (NO_ANSWER, BROKEN)
            why = words[0] if self._handed_over else words[1]
            self._before = (
                self._desk.unanswered(job, why) if self._handed_over else self._desk.broken_off(job, why)
            )
        self._report()


def _settle(future: asyncio.Future[bool]) -> Callable[[bool], None]:
    def settle(value: bool) -> None:
        if not future.done():
            future.set_result(value)

    return settle
