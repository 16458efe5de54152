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
from tests.support.sink_talk import SinkTalk
from tests.support.waiting import until

ROOT: Final = Path(__file__).parents[2]
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


class _Record(SinkTalk):
    """One connection."""

    def __init__(self, lines: list[bytes]) -> None:
        super().__init__()
        self._lines = lines
        self._recipient = b""

    def took_body(self) -> None:
        self._lines.append(b"%.6f %s\n" % (monotonic(), self._recipient))

    def answer(self, line: bytes) -> bytes:
        if line[:4].upper() == b"RCPT":
            self._recipient = line[line.index(b"<") + 1 : line.index(b">")]
        return super().answer(line)


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
