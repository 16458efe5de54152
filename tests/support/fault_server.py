"""An SMTP server over real sockets that misbehaves as told: drops, delays, half replies, any code at any stage."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.smtp_server import finish_tasks
from tests.support.waiting import PATIENCE_SECONDS

_LOOK_SECONDS = 0.002  # how often a held answer looks whether it may go


@dataclass(frozen=True, slots=True)
class Fault:
    """What to do instead of the usual answer."""

    reply: str = ""  # "" : the usual one
    drop: bool = False  # close instead of answering
    drop_after: bool = False  # answer, then close
    delay_seconds: float = 0.0
    half: int = 0  # send so many bytes of the reply, then close
    split_seconds: float = 0.0  # send the reply in two parts with a pause between
    until: Callable[[], object] | None = None  # hold the answer back until this is true


Script = Callable[[str, int, str], Fault | None]
"""(stage, how many times this stage was reached on all connections, argument) → fault or None.

Stages: CONNECT, EHLO, MAIL, RCPT, DATA, MIDDLE (some of a body has come), BODY (the final dot has
come), RSET, QUIT.
"""


@dataclass
class FaultServer:
    """The server's script and memory."""

    script: Script
    pipelining: bool = True
    round_trip_seconds: float = 0.0
    port: int = 0
    accepted: list[tuple[str, bytes, float]] = field(default_factory=list)  # recipient, wire bytes, when
    complete: list[str] = field(default_factory=list)  # recipients whose whole body came, answered or not
    connections: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    order_faults: list[str] = field(default_factory=list)  # commands that came where they must not

    def recipients(self) -> list[str]:
        """Whose message was accepted, in order, doubles kept."""
        return [recipient for recipient, _, _ in self.accepted]


class _Gone(Exception):
    """The script closed the connection."""


class _Talk:
    def __init__(self, server: FaultServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._mail = False
        self._recipient = ""
        self._ending = False

    async def serve(self) -> None:
        self._server.connections += 1
        try:
            await self._answer("CONNECT", "", "220 faulty.test ready")
            while line := await self._reader.readline():
                verb, _, argument = line.decode("utf-8", "replace").strip().partition(" ")
                if not await self._command(verb.upper(), argument) or self._ending:
                    return
        except (_Gone, ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            self._writer.close()

    async def _command(self, verb: str, argument: str) -> bool:
        if verb == "EHLO":
            lines = ["250-faulty.test", "250-ENHANCEDSTATUSCODES"]
            lines += ["250-PIPELINING"] if self._server.pipelining else []
            await self._answer("EHLO", argument, "\r\n".join([*lines, "250 SMTPUTF8"]))
        elif verb == "MAIL":
            if self._mail:
                self._server.order_faults.append("MAIL inside a transaction")
            self._mail = await self._answer("MAIL", argument, "250 2.1.0 sender fine")
            self._recipient = ""
        elif verb == "RCPT":
            usual = "250 2.1.5 recipient fine" if self._mail else "503 5.5.1 MAIL first"
            if await self._answer("RCPT", argument, usual):
                self._recipient = argument.partition("<")[2].partition(">")[0]
        elif verb == "DATA":
            usual = "354 go on" if self._recipient else "554 5.5.1 no valid recipients"
            if await self._answer("DATA", argument, usual):
                await self._body()
        elif verb == "RSET":
            self._mail, self._recipient = False, ""
            await self._answer("RSET", argument, "250 2.0.0 reset")
        elif verb == "QUIT":
            await self._answer("QUIT", argument, "221 2.0.0 bye")
            return False
        else:
            self._server.order_faults.append(f"not a command: {verb[:40]!r}")
            await self._answer("OTHER", argument, "500 5.5.2 what?")
        return True

    async def _body(self) -> None:
        recipient, body = self._recipient, b""
        self._mail, self._recipient = False, ""
        while True:
            line = await self._reader.readline()
            if not line.endswith(b"\n"):
                raise _Gone
            if line == b".\r\n":
                break
            if not body and (fault := self._fault("MIDDLE", recipient)) and fault.drop:
                raise _Gone
            body += line
        self._server.complete.append(recipient)
        if await self._answer("BODY", recipient, "250 2.0.0 queued"):
            self._server.accepted.append((recipient, body, time.monotonic()))

    def _fault(self, stage: str, argument: str) -> Fault | None:
        count = self._server.seen[stage] = self._server.seen.get(stage, 0) + 1
        return self._server.script(stage, count, argument)

    async def _answer(self, stage: str, argument: str, usual: str) -> bool:
        """Answer as the script wants; True for a 2xx or 3xx that was sent whole."""
        fault = self._fault(stage, argument) or Fault()
        if self._server.round_trip_seconds:
            await asyncio.sleep(self._server.round_trip_seconds)
        if fault.delay_seconds:
            await asyncio.sleep(fault.delay_seconds)
        while fault.until is not None and not fault.until():
            if self._reader.at_eof():
                raise _Gone  # nobody is left to answer
            await asyncio.sleep(_LOOK_SECONDS)
        if fault.drop:
            raise _Gone
        reply = (fault.reply or usual).encode() + b"\r\n"
        if fault.half:
            self._writer.write(reply[: fault.half])
            await self._writer.drain()
            raise _Gone
        if fault.split_seconds:
            self._writer.write(reply[:5])
            await self._writer.drain()
            await asyncio.sleep(fault.split_seconds)
            reply = reply[5:]
        self._writer.write(reply)
        await self._writer.drain()
        self._ending = fault.drop_after
        return (fault.reply or usual)[0] in "23"


@contextmanager
def fault_server(
    script: Script = lambda stage, count, argument: None,
    *,
    pipelining: bool = True,
    round_trip_seconds: float = 0.0,
) -> Iterator[FaultServer]:
    """A running fault server on a free port of this machine."""
    server = FaultServer(script, pipelining, round_trip_seconds)
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await _Talk(server, reader, writer).serve()

        listening = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
        server.port = listening.sockets[0].getsockname()[1]
        done = asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        started.set()
        await done.wait()
        listening.close()
        await finish_tasks()

    thread = threading.Thread(target=lambda: asyncio.run(main()), name="fault-server", daemon=True)
    thread.start()
    if not started.wait(PATIENCE_SECONDS):
        raise RuntimeError("the fault server did not start")
    try:
        yield server
    finally:
        stop[0]()
        thread.join(PATIENCE_SECONDS)
