"""How long an import of many people takes, and how much memory: python -m tests.benchmarks.import_people [ROWS].

Prints the time for an empty database, for the same file again, and the peak of memory beside that of a file with
a tenth of the rows: flat memory shows as a ratio near 1.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from subscribers.bulk import ImportResult, import_people
from subscribers.importing import examine, read_rows
from subscribers.tokens import TokenKeys


class Measured(NamedTuple):
    """What a process of its own needed."""

    seconds: float
    cpu_seconds: float
    people: int
    peak_kib: int


def write_file(path: Path, rows: int) -> None:
    languages = ("en", "de", "es", "fr", "it", "pt-br")
    with path.open("w", encoding="utf-8") as file:
        file.write("email,language,subscribed_at,source\n")
        for number in range(rows):
            name = number * 2_654_435_761 % 2**32  # far from sorted, as real lists are
            file.write(f"person.{name:x}@mail{number % 9973}.example.org,{languages[number % 6]},")
            file.write(f"20{10 + number % 15}-03-05 22:{number % 60:02}:00,website\n")


def run(database: str, path: Path) -> ImportResult:
    engine = open_database(database)
    prepare_database(engine)
    with path.open("rb") as stream:
        file = examine(stream, path.name)
        rows = read_rows(stream, file, newsletter="news", newsletters={"news": "en"})
        result = import_people(
            engine, TokenKeys([b"benchmark" * 4]), file, rows, command="benchmark", now=datetime.now(UTC)
        )
    engine.dispose()
    return result


def measured(database: str, path: Path, said: multiprocessing.Queue[Measured]) -> None:
    started = time.perf_counter()
    result = run(database, path)
    used = resource.getrusage(resource.RUSAGE_SELF)
    said.put(
        Measured(
            time.perf_counter() - started,
            used.ru_utime + used.ru_stime,
            result.total_imported,
            used.ru_maxrss,
        )
    )


def in_a_process(database: str, path: Path) -> Measured:
    context = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[Measured] = context.Queue()
    process = context.Process(target=measured, args=(database, path, said))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the import failed")
    return said.get(timeout=10)


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "small.csv", folder / "large.csv"
        write_file(small, rows // 10)
        write_file(large, rows)
        small_peak = in_a_process(f"sqlite:///{folder / 'small.db'}", small).peak_kib
        for which in ("first time", "once more"):
            took = in_a_process(f"sqlite:///{folder / 'large.db'}", large)
            print(
                f"{which}: {rows:,} rows, {took.people:,} imported in {took.seconds:.1f} s "
                f"({took.cpu_seconds:.1f} s of CPU), {rows / took.seconds:,.0f} rows/s, peak "
                f"{took.peak_kib / 1024:.0f} MiB, {took.peak_kib / small_peak:.2f} times that of {rows // 10:,}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
