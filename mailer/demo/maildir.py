"""Writing mail into a Maildir, as a mail server delivers it. Readable by mutt, Thunderbird and Python's mailbox.

Law: a message is written under tmp and moved to new when it is whole (qmail's maildir(5)).
"""

from __future__ import annotations

import itertools
import os
import socket
import time
from pathlib import Path


class Maildir:
    """A folder with tmp, new and cur; made when missing. ``deliver`` may be called from one thread only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self._host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")

    def deliver(self, mail_from: str, recipient: str, content: bytes) -> Path:
        """Write one message with its envelope in Return-Path and Delivered-To; line ends become this system's."""
        name = f"{int(time.time())}.M{time.time_ns() % 10**9:09}P{os.getpid()}Q{next(self._numbers)}.{self._host}"
        envelope = f"Return-Path: <{mail_from}>\nDelivered-To: {recipient}\n".encode()
        written = self.folder / "tmp" / name
        written.write_bytes(envelope + content.replace(b"\r\n", b"\n"))
        return written.rename(self.folder / "new" / name)
