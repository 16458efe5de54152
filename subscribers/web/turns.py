"""Web processes that take their turns before SQLite's write lock.

SQLite lets a writer that comes too late sleep and try again, longer each time: under many writers the lock lies
idle in between, and some wait for a second. These wait here, where the kernel wakes the next one at once; only
writers that are no web process of ours (the worker, a sending) are still met at the database itself.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from werkzeug.exceptions import ServiceUnavailable

try:
    import fcntl
except ImportError:  # not on Windows: there they meet at the database
    fcntl = None  # type: ignore[assignment]

LONGEST_SECONDS: Final = 30.0
"""Who waited so long is told to come back, so that a database that somebody else blocks holds up no queue."""


class Turns:
    """One writer at a time, over all threads and processes of the web; PostgreSQL needs none of it."""

    def __init__(self, engine: Engine, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        name = engine.url.database
        # The folder is locked, not the file: closing a handle of that would drop SQLite's own locks on it.
        self._folder: Path | None = None
        if fcntl and engine.dialect.name == "sqlite" and name and not name.startswith((":memory:", "file:")):
            self._folder = Path(name).absolute().parent
        self._here = threading.Lock()
        self._longest_seconds = longest_seconds

    @contextmanager
    def taken(self) -> Iterator[None]:
        """While it is our turn, which ends with the process at the latest. ServiceUnavailable after too long."""
        if self._folder is None:
            yield
            return
        began = time.monotonic()
        with self._here:
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                if time.monotonic() - began > self._longest_seconds:
                    raise ServiceUnavailable(retry_after=60)
                yield
            finally:
                os.close(folder)
