"""Servers to send to in a benchmark: Postfix's smtp-sink, and one of ours that only answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.sink_talk import SinkTalk

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tool(name: str) -> str | None:
    """Where a program of Postfix is, or None."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


@contextmanager
def smtp_sink(*options: str) -> Iterator[int]:
    """Postfix's smtp-sink on a free port."""
    program = tool("smtp-sink")
    if program is None:
        raise FileNotFoundError("smtp-sink")
    port = free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, *options, f"127.0.0.1:{port}", "1000"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def counting_sink(certificate: Path | None = None) -> Iterator[int]:
    """The sink of this file in a process of its own; with a certificate (and its key), behind STARTTLS."""
    port = free_port()
    more = ["0", str(certificate)] if certificate else []
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.sinks", str(port), *more], cwd=ROOT)
    try:
        wait_for(port)
        yield port
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    for _ in range(500):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise RuntimeError("the sink did not start")


class _Count(SinkTalk):
    """One connection; behind STARTTLS where there is a context for it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self._tls = tls

    def answer(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if self._tls is not None and verb == b"EHLO":
            return b"250-sink.test\r\n250-STARTTLS\r\n250 PIPELINING\r\n"
        if self._tls is not None and verb == b"STAR":
            tls, self._tls = self._tls, None
            self._upgrade = asyncio.get_running_loop().create_task(self._start_tls(tls))
            return b"220 go\r\n"
        return super().answer(line)

    async def _start_tls(self, tls: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        upgraded = await loop.start_tls(self._transport, self, tls, server_side=True)
        assert upgraded is not None
        self._transport = upgraded


ONE_WAY_SECONDS = 0.01


class _Delay(asyncio.Protocol):
    """One end of a way on which everything arrives ten milliseconds later, in order."""

    def __init__(self, other: _Delay | None, port: int) -> None:
        self.other, self._port = other, port
        self.transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        for data in self._waiting:
            transport.write(data)
        if self.other is None:
            self.other = _Delay(self, self._port)
            loop = asyncio.get_running_loop()
            self._opening = loop.create_task(
                loop.create_connection(lambda: self.other or _Delay(self, 0), "127.0.0.1", self._port)
            )

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(ONE_WAY_SECONDS, self._arrive, data)

    def _arrive(self, data: bytes) -> None:
        assert self.other is not None
        if self.other.transport is None:
            self.other._waiting.append(data)
        else:
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


async def _delay(port: int, target: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Delay(None, target), "127.0.0.1", port)
    await server.serve_forever()


@contextmanager
def distant_sink() -> Iterator[int]:
    """The counting sink at the end of a way of 20 ms a round trip."""
    with counting_sink() as target:
        port = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.sinks", str(port), str(target)], cwd=ROOT
        )
        try:
            wait_for(port)
            yield port
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def round_trip_seconds(port: int) -> float:
    """How long an answer really takes on that way: the median of thirty, one after the other."""
    with socket.create_connection(("127.0.0.1", port), 5) as connection, connection.makefile("rb") as replies:
        replies.readline()
        taken = []
        for _ in range(30):
            started = time.perf_counter()
            connection.sendall(b"NOOP\r\n")
            replies.readline()
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


async def _serve(port: int, certificate: str = "") -> None:
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Count(tls), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


if __name__ == "__main__":
    own, target, certificate = [*sys.argv[1:], "0", ""][:3] if len(sys.argv) < 4 else sys.argv[1:4]
    asyncio.run(_delay(int(own), int(target)) if int(target) else _serve(int(own), certificate))
