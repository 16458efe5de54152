"""A real SMTP server (aiosmtpd) on a free port of this machine that keeps what it receives."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.waiting import PATIENCE_SECONDS

_LOOK_SECONDS = 0.002  # how often a held answer looks whether it may go


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the server took it: envelope, bytes after dot-unstuffing, when (``time.monotonic``)."""

    mail_from: str
    rcpt_to: str
    content: bytes
    at: float


@dataclass
class Recorder:
    """The server's memory. ``judge_rcpt`` and ``judge_data`` may answer with a reply of their own."""

    judge_rcpt: Callable[[str], str | None] | None = None
    judge_data: Callable[[str, bytes], str | None] | None = None
    pipelining: bool = False
    open_for: int | None = None  # so many messages are answered; the answers to those after them are held back
    holds: Callable[[bytes], bool] | None = None  # the answer to such a message is held back while this is true
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    passwords: dict[str, str] = field(default_factory=dict)
    port: int = 0

    def recipients(self) -> list[str]:
        """Who got a message, in order, doubles kept."""
        return [message.rcpt_to for message in self.received]

    # aiosmtpd's handler interface

    async def handle_EHLO(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        if self.pipelining:
            responses.insert(1, "250-PIPELINING")
        return responses

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.judge_rcpt(address) if self.judge_rcpt else None
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- same
        content = envelope.original_content or b""
        answer = self.judge_data(envelope.rcpt_tos[0], content) if self.judge_data else None
        if answer is None or answer.startswith("2"):
            self.received.append(
                Received(envelope.mail_from or "", envelope.rcpt_tos[0], content, time.monotonic())
            )
            number = len(self.received)
            while self._is_held(number, content):  # noqa: ASYNC110 -- who lets it go is on another thread
                await asyncio.sleep(_LOOK_SECONDS)
        return answer or "250 2.0.0 Message accepted"

    def _is_held(self, number: int, content: bytes) -> bool:
        beyond = self.open_for is not None and number > self.open_for
        return beyond or (self.holds is not None and self.holds(content))

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if isinstance(data, LoginPassword):
            known = self.passwords.get(data.login.decode())
            if known is not None and known == data.password.decode():
                return AuthResult(success=True)
        return AuthResult(success=False, handled=False)


async def finish_tasks() -> None:
    """End what still runs on this loop, and let its transports close, so that nothing is left to complain."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.005)


@contextmanager
def smtp_server(
    recorder: Recorder | None = None, *, tls: ssl.SSLContext | None = None, auth: bool = False
) -> Iterator[Recorder]:
    """A running server; its ``port`` is filled in. ``tls`` offers STARTTLS and requires it before MAIL."""
    recorder = recorder or Recorder()
    options: dict[str, Any] = {
        "hostname": "catcher.test",
        "enable_SMTPUTF8": True,
        "tls_context": tls,
        "require_starttls": tls is not None,
    }
    if auth:
        options |= {"authenticator": recorder.authenticate, "auth_require_tls": tls is not None}
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        talks: list[SMTP] = []

        def talk() -> SMTP:
            talks.append(SMTP(recorder, loop=loop, **options))
            return talks[-1]

        server = await loop.create_server(talk, "127.0.0.1", 0)
        recorder.port = server.sockets[0].getsockname()[1]
        done = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        started.set()
        await done.wait()
        server.close()
        for each in talks:
            if each.transport is not None:
                each.transport.close()
        await finish_tasks()

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="smtp-server", daemon=True)
    thread.start()
    if not started.wait(PATIENCE_SECONDS):
        raise RuntimeError("the test's SMTP server did not start")
    try:
        yield recorder
    finally:
        stop[0]()
        thread.join(PATIENCE_SECONDS)
