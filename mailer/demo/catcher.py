"""A real SMTP server on loopback that delivers nothing: it keeps mail in a Maildir, and turns some people away.

Law: it listens on 127.0.0.1 only, on a port that the system chooses.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Final, Protocol

from aiosmtpd.smtp import SMTP

from mailer.demo.maildir import Maildir

HOST: Final = "127.0.0.1"
NAME: Final = "catcher.localhost"
MAX_BYTES: Final = 32 * 1024 * 1024
START_SECONDS: Final = 10.0


class _Envelope(Protocol):
    mail_from: str
    rcpt_tos: list[str]
    content: bytes


class _Handler:
    """aiosmtpd's hooks: who is turned away at RCPT, and what happens to a message that came whole."""

    def __init__(self, maildir: Maildir, replies: Mapping[str, str]) -> None:
        self._maildir = maildir
        self._replies = replies

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd finds a hook by this name
        self, _server: SMTP, _session: object, envelope: _Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self._replies.get(address.casefold())
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 Recipient is welcome"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: _Envelope) -> str:  # noqa: N802 -- same
        for recipient in envelope.rcpt_tos:
            self._maildir.deliver(envelope.mail_from, recipient, envelope.content)
        return "250 2.0.0 Caught"


class Catcher:
    """The server in a thread of its own, for the time of a ``with`` block.

    ``replies`` maps an address to the reply that RCPT gets, "550 5.1.1 …"; everybody else's mail is caught.
    """

    def __init__(self, folder: Path, replies: Mapping[str, str]) -> None:
        self._handler = _Handler(
            Maildir(folder), {address.casefold(): reply for address, reply in replies.items()}
        )
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, name="smtp-catcher", daemon=True)
        self._listening = Event()
        self._failure: OSError | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """What ``smtp.url`` has to say to reach it."""
        return f"smtp://{HOST}:{self.port}"

    def __enter__(self) -> Catcher:
        # What aiosmtpd notes about every command would only disturb people; its warnings are about TLS.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self._thread.start()
        if not self._listening.wait(START_SECONDS):
            raise TimeoutError("the demo's mail server did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop.is_running():
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            server = self._loop.run_until_complete(self._loop.create_server(self._session, HOST, 0))
        except OSError as error:
            self._failure = error
            self._listening.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._cancel_sessions()
            self._loop.close()

    def _session(self) -> Any:
        return SMTP(self._handler, hostname=NAME, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, loop=self._loop)

    def _cancel_sessions(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
