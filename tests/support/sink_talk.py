"""The server's side of an SMTP connection that takes everything at once, for sinks that must not be slow."""

from __future__ import annotations

import asyncio
from typing import Final

BUFFER_BYTES: Final = 1 << 18


class SinkTalk(asyncio.BufferedProtocol):
    """Answers each line and each body; a line or a body's end that is cut off moves to the front of the buffer."""

    def __init__(self) -> None:
        self._buffer = bytearray(BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._filled = 0
        self._in_body = False

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
                self._in_body = False
                self.took_body()
                answers.append(b"250 ok\r\n")
            else:
                answers.append(self.answer(bytes(self._buffer[start:found])))
            start = found + len(mark)
        self._view[: end - start] = bytes(self._view[start:end])
        self._filled = end - start
        if answers:
            self._transport.write(b"".join(answers))

    def took_body(self) -> None:
        """A whole message is here."""

    def answer(self, line: bytes) -> bytes:
        """The reply to a command line, which comes without its line end."""
        verb = line[:4].upper()
        if verb == b"DATA":
            self._in_body = True
            return b"354 go\r\n"
        if verb == b"EHLO":
            return b"250-sink.test\r\n250 PIPELINING\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"
