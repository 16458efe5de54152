"""A mail server in a process of its own that answers at once, and writes down whom it got a message for and when.

``python -m tests.support.recording_sink PORT FILE``: a line "SECONDS ADDRESS" for each whole body, by the clock
that all processes of a machine share (``time.monotonic``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import BinaryIO, Final

from tests.support.processes import started
from tests.support.waiting import until

ROOT: Final = Path(__file__).parents[2]
BUFFER_BYTES: Final = 1 << 18
WRITE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Sink:
    """Where it listens and where it writes."""

    port: int
    file: Path

    def count(self) -> int:
        """Whole messages so far, or a few less."""
        return self.file.read_bytes().count(b"\n")

    def received(self) -> list[tuple[float, str]]:
        """(seconds, address) of each message, in order."""
        lines = self.file.read_text().splitlines()
        return [(float(line.partition(" ")[0]), line.partition(" ")[2]) for line in lines]


@contextmanager
def recording_sink(file: Path) -> Iterator[Sink]:
    """One that listens, until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    file.touch()
    command = [sys.executable, "-m", "tests.support.recording_sink", str(port), str(file)]
    with started(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        until(lambda: _answers(port), process=process)
        yield Sink(port, file)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


class _Record(asyncio.BufferedProtocol):
    """One connection; what is left of a line or of a body's end moves to the front of the buffer."""

    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._in_body = False
        self._recipient = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink.test\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        end = self._filled + nbytes
        start = 0
        answers: list[bytes] = []
        while start < end:
            mark = b"\r\n.\r\n" if self._in_body else b"\r\n"
            found = self._buffer.find(mark, start, end)
            if found < 0:
                if self._in_body:
                    start = max(start, end - 4)
                break
            if self._in_body:
                self._lines.append(b"%.6f %s\n" % (monotonic(), self._recipient))
                self._in_body = False
                answers.append(b"250 ok\r\n")
            else:
                answers.append(self._answer(bytes(self._buffer[start:found])))
            start = found + len(mark)
        self._view[: end - start] = bytes(self._view[start:end])
        self._filled = end - start
        if answers:
            self._transport.write(b"".join(answers))

    def _answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._recipient = line[line.index(b"<") + 1 : line.index(b">")]
        elif verb == b"DATA":
            self._in_body = True
            return b"354 go\r\n"
        elif verb == b"EHLO":
            return b"250-sink.test\r\n250 PIPELINING\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"


async def _serve(port: int, file: BinaryIO) -> None:
    lines: list[bytes] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Record(lines), "127.0.0.1", port, backlog=200)
    async with server:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            if lines:
                file.write(b"".join(lines))
                lines.clear()


if __name__ == "__main__":
    with Path(sys.argv[2]).open("ab", buffering=0) as record:
        asyncio.run(_serve(int(sys.argv[1]), record))
