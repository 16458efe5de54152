"""Web requests that write to SQLite take their turns, and those that waited together are committed together.

SQLite lets a writer that comes too late sleep and try again, longer each time: under many writers the lock lies
idle in between, and some wait for a second. These wait here, where the kernel wakes the next one at once; only
writers that are no web process of ours (the worker, a sending) are still met at the database itself. And as most
of a turn is spent by the disk on making one commit durable, the threads of a process share theirs.

Laws: nobody is answered before their own commit is durable; one request's failure is no other's.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine
from werkzeug.exceptions import ServiceUnavailable

from subscribers.ready import speak

try:
    import fcntl
except ImportError:  # not on Windows: there they meet at the database
    fcntl = None  # type: ignore[assignment]

LONGEST_SECONDS: Final = 30.0
"""Who waited so long is told to come back, so that a database that somebody else blocks holds up no queue."""

Writing = Callable[[Connection], object]


@dataclass(slots=True)
class _Request:
    """Something to be written, and how it went once ``is_done``."""

    writing: Writing
    since: float = field(default_factory=time.monotonic)
    is_done: bool = False
    error: BaseException | None = None


class Turns:
    """One writer at a time, over all threads and processes of the web; PostgreSQL needs none of it."""

    def __init__(self, engine: Engine, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._engine = engine
        self._longest_seconds = longest_seconds
        name = engine.url.database
        # The folder is locked, not the file: closing a handle of that would drop SQLite's own locks on it.
        self._folder: Path | None = None
        if fcntl and engine.dialect.name == "sqlite" and name and not name.startswith((":memory:", "file:")):
            self._folder = Path(name).absolute().parent
        self._here = threading.Lock()
        self._door = threading.Lock()  # to who waits: nobody comes in while they are called up
        self._waiting: list[_Request] = []

    def write(self, writing: Writing) -> None:
        """Do ``writing`` in a transaction, which is committed when this returns. Raises what it raised, errors of
        the database, and ServiceUnavailable after too long a wait.
        """
        if self._folder is None:
            with self._engine.begin() as connection:
                writing(connection)
            return
        mine = _Request(writing)
        with self._door:
            self._waiting.append(mine)
        with self._here:
            if not mine.is_done:  # by another thread, along with its own
                with _locked(self._folder):
                    self._write_all()
        if mine.error is not None:
            raise mine.error

    def waiting(self) -> int:
        """How many requests wait for a turn of this process."""
        return len(self._waiting)

    def _write_all(self) -> None:
        """Everything that waits now, in one commit. Called in our turn only."""
        with self._door:
            together, self._waiting = self._waiting, []
        try:
            too_late = time.monotonic() - self._longest_seconds
            for request in together:
                if request.since < too_late:
                    request.error = ServiceUnavailable(retry_after=60)
            in_time = [request for request in together if request.error is None]
            if in_time:
                with self._engine.begin() as connection:
                    for request in in_time:
                        _write_one(connection, request)
        except Exception as error:
            for request in together:
                request.error = request.error or error
        except BaseException:  # the process is told to end: nothing was committed
            for request in together:
                request.error = request.error or ServiceUnavailable(retry_after=60)
            raise
        finally:
            for request in together:
                request.is_done = True


def _write_one(connection: Connection, request: _Request) -> None:
    speak(connection, "SAVEPOINT request")
    try:
        request.writing(connection)
    except Exception as error:  # is raised where the request came from
        request.error = error
        speak(connection, "ROLLBACK TO SAVEPOINT request")
    speak(connection, "RELEASE SAVEPOINT request")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """While no other process of ours is in there. The lock ends with the process at the latest."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
