"""A large ledger: seconds to plan it, and how long a batch takes to lease near its start and near its end.

``python -m tests.benchmarks.ledger_size [PEOPLE] [--postgres]``; BENCH_FOLDER says on which disk it lies.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from mailer.store import workers
from mailer.store.database import open_database
from mailer.store.leasing import Leased, lease
from mailer.store.recording import Result, commit
from mailer.store.states import DeliveryState
from tests.benchmarks.send_speed import a_database, prepare
from tests.builders.delivery import NOON

BATCH = 500
TURNS = 40
"""Batches that are timed at each place; the median counts."""


def lease_ms(engine: Engine, people: int) -> tuple[float, float]:
    """Milliseconds for a batch when 5 % and when 95 % of the people have their mail; all is worked off."""
    times: list[float] = []
    with engine.connect() as connection:
        with connection.begin():
            worker = workers.register(connection, NOON, 1)
        done, after_id = 0, 0
        while done < people:
            started = time.perf_counter()
            with connection.begin():
                rows = lease(connection, 1, worker, BATCH, NOON, after_id=after_id)
            times.append((time.perf_counter() - started) * 1000)
            after_id = rows[-1].delivery_id
            _accept(connection.engine, worker, rows)
            done += len(rows)
    early, late = int(len(times) * 0.05), int(len(times) * 0.95)
    return _median_around(times, early), _median_around(times, late)


def _accept(engine: Engine, worker: int, rows: list[Leased]) -> None:
    now = NOON + timedelta(seconds=1)
    ids = [row.delivery_id for row in rows]
    with engine.connect() as connection:
        commit(connection, worker, ids, [], now)
        commit(connection, worker, [], [Result(each, DeliveryState.ACCEPTED, 250) for each in ids], now)


def _median_around(times: list[float], place: int) -> float:
    first = max(0, min(place - TURNS // 2, len(times) - TURNS))
    return statistics.median(times[first : first + TURNS])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    arguments = parser.parse_args()
    people: int = arguments.people
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder,
        a_database(Path(folder), postgres=arguments.postgres) as url,
    ):
        seconds = prepare(url, people)
        print(f"{people:,} people planned in {seconds:.1f} s", flush=True)
        engine = open_database(url)
        early, late = lease_ms(engine, people)
        engine.dispose()
        print(f"a batch of {BATCH}: {early:.1f} ms at 5 %, {late:.1f} ms at 95 % done: {late / early:.2f}")


if __name__ == "__main__":
    main()
