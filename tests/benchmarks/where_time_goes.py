"""Where a sending's CPU time goes, by thread and by file: ``python -m tests.benchmarks.where_time_goes``.

The sums are taken without a profiler; the shares with one (cProfile), which makes small functions look dear.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mailer.delivery.engine import deliver
from mailer.delivery.model import Outgoing, Sending, StopSignal
from mailer.delivery.writer import LedgerWriter
from mailer.settings import SmtpSettings, Tls
from mailer.store.database import open_database
from mailer.store.ledger import Leased
from tests.benchmarks.send_speed import message_pieces, prepare
from tests.benchmarks.sinks import counting_sink, smtp_sink, tool

KINDS = {"counting sink": (), "smtp-sink": (), "smtp-sink, lock step": ("-p",)}


def send(folder: Path, port: int, people: int) -> tuple[float, float, float, float, float]:
    """Seconds on the wall, of user and kernel CPU, and of the event loop's and the ledger's thread."""
    url = f"sqlite:///{folder / 'bench.db'}"
    prepare(url, people)

    def compose(row: Leased) -> Outgoing:
        pieces = message_pieces(row.delivery_id, row.address)
        return Outgoing(f"b-{row.delivery_id}@example.org", row.address, pieces, sum(map(len, pieces)))

    smtp = SmtpSettings(host="127.0.0.1", port=port, tls=Tls.NONE, connections=10, helo="bench.test")
    work = Sending(open_database(url), 1, smtp, compose)
    started, before, loop_before = time.perf_counter(), os.times(), time.thread_time()
    asyncio.run(deliver(work, stop=StopSignal()))
    loop, after, wall = time.thread_time() - loop_before, os.times(), time.perf_counter() - started
    user, system = after.user - before.user, after.system - before.system
    return wall, user, system, loop, user + system - loop


def measured(kind: str, people: int) -> tuple[float, ...]:
    sink = counting_sink() if kind == "counting sink" else smtp_sink(*KINDS[kind])
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder, sink as port:
        return send(Path(folder), port, people)


def shares(kind: str, people: int, *, ledger: bool) -> list[tuple[str, float]]:
    """What each file of Python, and C by the name of the function, takes of a thread's time, the largest first."""
    profile = cProfile.Profile()
    if ledger:
        run = LedgerWriter._run

        def profiled(self: LedgerWriter) -> None:
            profile.runcall(run, self)

        LedgerWriter._run = profiled  # type: ignore[method-assign] # a benchmark looks inside
        try:
            measured(kind, people)
        finally:
            LedgerWriter._run = run  # type: ignore[method-assign] # put back
    else:
        profile.runcall(measured, kind, people)
    found: Counter[str] = Counter()
    for (file, _, name), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined] # untyped
        found[_named(file, name)] += own
    for waiting in ("C: poll of select.epoll", "C: get of _queue.SimpleQueue", "C: time.sleep"):
        found.pop(waiting, None)
    total = sum(found.values())
    return [(name, own / total) for name, own in found.most_common(12)]


def _named(file: str, name: str) -> str:
    if file == "~":
        words = name.strip("<>").removeprefix("built-in method ").removeprefix("method ")
        parts = words.replace("'", "").removesuffix(" objects").split(" of ")
        return f"C: {' of '.join(parts)}"
    for root in ("/mailer/", "/tests/", "/asyncio/", "/sqlalchemy/"):
        if root in file:
            return root[1:] + file.rpartition(root)[2]
    return Path(file).name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5_000)
    people = parser.parse_args().people
    print(f"load {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} cores; {people:,} messages of 60 KB")
    kinds = [kind for kind in KINDS if kind == "counting sink" or tool("smtp-sink")]
    print(f"{'µs a message':24} {'wall':>7} {'user':>7} {'kernel':>7} {'loop':>7} {'ledger':>7}")
    for kind in kinds:
        print(f"{kind:24} " + " ".join(f"{part / people * 1e6:7.0f}" for part in measured(kind, people)))
    tables: list[tuple[str, Callable[[], list[tuple[str, float]]]]] = [
        ("the event loop's thread, counting sink", lambda: shares("counting sink", people, ledger=False)),
        ("the ledger's thread, counting sink", lambda: shares("counting sink", people, ledger=True)),
    ]
    for title, found in tables:
        print(f"\n{title}")
        for name, share in found():
            print(f"  {share:5.0%}  {name}")


if __name__ == "__main__":
    main()
