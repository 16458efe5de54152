"""An LMTP listener (RFC 2033) for the mail server of this machine to deliver return paths to.

Law: only return paths of ours are taken; what could not be stored is refused for now, so that it comes again.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from mailer.errors import MailerError, SettingsError
from mailer.intake.taking import Take

LARGEST_MAIL_BYTES: Final = 32 * 1024 * 1024  # a notice may return the whole mail
MOST_RECIPIENTS: Final = 100
IDLE_SECONDS: Final = 300.0  # RFC 5321 §4.5.3.2.7

log = logging.getLogger(__name__)


class _Lmtp(LMTP):
    line_length_limit = 256 * 1024  # mails that come back are not always well made
    __ident__ = "newsletter-mailer"


class _Handler:
    """aiosmtpd's handler: judges recipients by their token, hands mails to ``take`` in a thread."""

    def __init__(self, is_ours: Callable[[str], bool], take: Take) -> None:
        self._is_ours = is_ours
        self._take = take

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, server: LMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._is_ours(address):
            return "550 5.1.1 This is no return path of ours"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: LMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- same
        """One reply a recipient, in their order (RFC 2033 section 4.2)."""
        raw = bytes(envelope.original_content or b"")
        return "\r\n".join([await self._deliver(raw, address) for address in envelope.rcpt_tos])

    async def _deliver(self, raw: bytes, address: str) -> str:
        try:
            await asyncio.to_thread(self._take, raw, (address,))
        except MailerError as error:
            log.warning("a mail could not be stored: %s", error)
            return "451 4.3.0 Cannot be stored now, please try again"
        return "250 2.0.0 Taken"

    async def handle_exception(self, error: Exception) -> str:
        log.error("the LMTP listener failed", exc_info=error)
        return "451 4.3.0 Local error, please try again"


async def serve_lmtp(
    listen: str,
    is_ours: Callable[[str], bool],
    take: Take,
    *,
    stop: asyncio.Event,
    listening: Callable[[str], None] | None = None,
) -> None:
    """Listen on "host:port" or "unix:/path" until ``stop`` is set.

    ``listening`` is told the address, with its port. Raises SettingsError when the address cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    handler = _Handler(is_ours, take)
    connections: set[asyncio.Transport] = set()

    def session() -> LMTP:
        options: dict[str, Any] = {"hostname": "localhost", "enable_SMTPUTF8": True, "timeout": IDLE_SECONDS}
        return _Tracked(connections, handler, data_size_limit=LARGEST_MAIL_BYTES, loop=loop, **options)

    try:
        server = await _listen(loop, session, listen)
    except OSError as error:
        raise SettingsError(
            f"cannot be listened on: {error.strerror or error}.", where=f"bounces.lmtp = {listen!r}"
        ) from None
    async with server:
        if listening is not None:
            listening(_address_of(server, listen))
        await stop.wait()
        server.close()
        for transport in list(connections):
            transport.close()
    if listen.startswith("unix:"):
        with suppress(OSError):
            _path(listen).unlink()


class _Tracked(_Lmtp):
    """A session that is known while it is open, so that stopping ends it."""

    def __init__(self, open_ones: set[asyncio.Transport], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open_ones = open_ones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._open_ones.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self._open_ones.discard(self.transport)
        super().connection_lost(error)


async def _listen(
    loop: asyncio.AbstractEventLoop, session: Callable[[], LMTP], listen: str
) -> asyncio.base_events.Server:
    if not listen.startswith("unix:"):
        host, _, port = listen.rpartition(":")
        return await loop.create_server(session, host.strip("[]"), int(port))
    path = _path(listen)
    await asyncio.to_thread(_remove_dead_socket, path)
    server = await loop.create_unix_server(session, path)
    path.chmod(0o660)
    return server


def _path(listen: str) -> Path:
    return Path(listen.removeprefix("unix:"))


def _remove_dead_socket(path: Path) -> None:
    """A socket's file stays behind when its process is killed. Raises OSError for one that answers: asyncio would
    remove that as well.
    """
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _address_of(server: asyncio.base_events.Server, listen: str) -> str:
    if listen.startswith("unix:"):
        return listen
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"
