"""A real SMTP server on loopback behind a tap that keeps the very bytes that the client put on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.waiting import PATIENCE_SECONDS

MAX_LINE = 64 * 1024


@dataclass(slots=True)
class Wire:
    """What went over the wire, and what the server took it for."""

    port: int = 0
    raw: bytearray = field(default_factory=bytearray)  # client to server, everything
    received: list[Envelope] = field(default_factory=list)

    def bodies(self) -> list[bytes]:
        """The octets between each DATA and its final dot, as they were sent."""
        parts = bytes(self.raw).split(b"\r\nDATA\r\n")[1:]
        return [part.partition(b"\r\n.\r\n")[0] + b"\r\n" for part in parts]


class _Keeper:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        self.wire.received.append(envelope)
        return "250 2.0.0 taken"


@asynccontextmanager
async def tapped_server() -> AsyncIterator[Wire]:
    """An SMTP server that takes everything, SMTPUTF8 too, with a tap in front: connect to ``wire.port``."""
    wire = Wire()
    loop = asyncio.get_running_loop()
    smtp = await loop.create_server(
        lambda: SMTP(_Keeper(wire), enable_SMTPUTF8=True, loop=loop, hostname="localhost"), "127.0.0.1", 0
    )
    smtp_port = smtp.sockets[0].getsockname()[1]
    flows: set[asyncio.Task[None]] = set()

    async def tap(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", smtp_port)
        for source, sink, keep in ((reader, behind_writer, wire.raw), (behind_reader, writer, bytearray())):
            task = asyncio.create_task(_pass_on(source, sink, keep))
            flows.add(task)
            task.add_done_callback(flows.discard)

    front = await asyncio.start_server(tap, "127.0.0.1", 0)
    wire.port = front.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        for server in (front, smtp):
            server.close()
        if flows:
            await asyncio.wait(flows, timeout=PATIENCE_SECONDS)


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, keep: bytearray) -> None:
    while data := await source.read(MAX_LINE):
        keep += data
        sink.write(data)
        await sink.drain()
    sink.close()
    await sink.wait_closed()


async def hand_over(port: int, messages: Sequence[tuple[str, list[bytes]]]) -> None:
    """Send prepared pieces to one address each, through aiosmtplib's public calls, untouched."""
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
    async with client:
        await client.ehlo()
        for address, pieces in messages:
            options = [] if address.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
            encoding = "ascii" if address.isascii() else "utf-8"
            await client.mail("bounce@example.org", options=options)
            await client.rcpt(address, encoding=encoding)
            await client.execute_command(b"DATA")
            assert isinstance(client.transport, asyncio.WriteTransport)
            client.transport.writelines(pieces)
            response = await client.execute_command(b".")
            assert response.code == 250, response
