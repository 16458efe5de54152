"""Several ``mailer worker`` processes on one PostgreSQL and one issue, some of them killed on the way.

For the test suite with a few hundred people, and for the benchmark with a hundred thousand.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailer.store.database import open_database, writing
from tests.builders.delivery import some_subscribers
from tests.support.newsroom import Newsroom
from tests.support.processes import end, started
from tests.support.recording_sink import Sink
from tests.support.waiting import until

ISSUE = """---
title: Spring at the quay
date: 2026-05-01
summary: The harbour opens.
---

The harbour opens on Monday, and everybody is on the water.

"""
PARAGRAPH = "The ferry runs every hour from the old pier to the island, and the last one waits for the band.\n\n"


@dataclass
class WorkerRoom:
    """An installation on PostgreSQL, and the workers that were started for it."""

    newsroom: Newsroom
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    _ends: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def work(self, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start one more worker."""
        command = self.newsroom.command("worker")
        worker = self._ends.enter_context(
            started(command, cwd=self.newsroom.folder, env={**os.environ, **(environment or {})})
        )
        self.workers.append(worker)
        return worker

    def kill(self, number: int) -> None:
        """End a worker as a power cut does."""
        assert self.workers[number].poll() is None, "it ended by itself"
        end(self.workers[number])

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.newsroom.run("status", "spring", "--json", check=True).stdout)
        return found

    def send(self) -> subprocess.CompletedProcess[str]:
        """Leave the issue to the workers."""
        return self.newsroom.run("send", "spring.md", "--yes", "--detach", check=True)


@contextmanager
def worker_room(
    folder: Path, database: str, port: int, people: int, *, connections: int, rate: str = "", paragraphs: int = 20
) -> Iterator[WorkerRoom]:
    """An installation with so many people and an issue to send; its workers end with the block."""
    newsroom = Newsroom.opened(folder, port, connections=connections, rate=rate, languages=("en",))
    settings = folder / "mailer.toml"
    settings.write_text(settings.read_text().replace("sqlite:///mailer.db", database))
    (folder / "spring.md").write_text(ISSUE + PARAGRAPH * paragraphs)
    newsroom.run("db", "upgrade", check=True)
    engine = open_database(database)
    with writing(engine) as connection:
        some_subscribers(connection, people, newsletter="news")
    engine.dispose()
    room = WorkerRoom(newsroom)
    with room._ends:
        yield room


@dataclass(frozen=True, slots=True)
class Found:
    """What the server got, and what the ledger says."""

    seconds: float  # from the first message to the last
    times: tuple[float, ...]
    messages: int
    people: int
    doubles: int
    status: Mapping[str, Any]


def send_with_kills(room: WorkerRoom, sink: Sink, people: int, *, workers: int = 4, kills: int = 2) -> Found:
    """Send with so many workers; kill some on the way, at even distances in the first half, then add one."""
    room.send()
    for _ in range(workers):
        room.work()
    for kill in range(kills):
        _wait_for(sink, people * (kill + 1) // (2 * kills + 1))
        room.kill(kill)
    _wait_for(sink, people // 2)
    room.work()
    last = [time.monotonic(), 0.0]

    def finished() -> bool:
        if time.monotonic() - last[0] < 0.5:
            return False
        last[0] = time.monotonic()
        return bool(room.status()["state"] == "finished")

    until(finished, seconds=900)
    time.sleep(0.2)  # the server writes what it has
    return found(room, sink)


def _wait_for(sink: Sink, count: int) -> None:
    last = [0.0]

    def there() -> bool:
        if time.monotonic() - last[0] < 0.05:
            return False
        last[0] = time.monotonic()
        return sink.count() >= count

    until(there, seconds=900)


def found(room: WorkerRoom, *sinks: Sink) -> Found:
    """The sum over all servers."""
    received = sorted(one for sink in sinks for one in sink.received())
    times = tuple(at for at, _ in received)
    each = Counter(address for _, address in received)
    return Found(times[-1] - times[0], times, len(received), len(each), len(received) - len(each), room.status())


def windows(times: tuple[float, ...], seconds: float) -> list[int]:
    """Messages in each window that begins with a message and lies wholly inside the run."""
    return [
        bisect_left(times, start + seconds) - index
        for index, start in enumerate(times)
        if start + seconds <= times[-1]
    ]
