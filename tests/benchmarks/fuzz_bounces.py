"""Reads damaged mails and prints the slowest. By hand: python -m tests.benchmarks.fuzz_bounces 100000 [SEED].

With ``store`` behind, each goes on into a database too: nothing may raise, nobody who was not named by
a return path may be suppressed.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from mailer.bounce import evidence, phrases
from mailer.bounce.reader import read_bounce
from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from tests.builders.bounces import FORMS, TOKEN, a_dsn, a_feedback_report, an_auto_reply
from tests.builders.feedback import Office

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "bounces" / "eml"

SEEDS = [
    *(form.raw for form in FORMS),
    *(path.read_bytes() for path in sorted(SAMPLES.iterdir())),
    a_dsn(),
    a_feedback_report(),
    an_auto_reply(headers="X-Autoreply: yes\n"),
]
PIECES = [
    b"\n",
    b"\n\n",
    b"--=_b\n",
    b"=?utf-8?B?",
    b"<",
    b"@",
    b"550 ",
    b"5.1.1 ",
    b"a@b.c ",
    b"\0",
    b"\xff",
    b"\x1b$B",
]
LONG = [b"a" * 2000, b"a." * 900, b"<a@b>" * 300, b"user mailbox is " * 90, b" " * 900, b"delivered not " * 90]


def damaged(source: random.Random) -> bytes:
    """A mail with up to a dozen insertions, cuts, repetitions and changed bytes."""
    raw = bytearray(source.choice(SEEDS))
    for _ in range(source.randint(1, 12)):
        at = source.randrange(len(raw) + 1)
        match source.randrange(5):
            case 0:
                raw[at:at] = source.choice(PIECES) * source.choice((1, 1, 3, 30))
            case 1:
                raw[at:at] = source.choice(LONG)
            case 2:
                del raw[at : at + source.randrange(300)]
            case 3:
                raw[at:at] = raw[at : at + source.randrange(1500)] * source.randint(1, 5)
            case _:
                raw[at:at] = source.randbytes(source.randrange(20))
    return bytes(raw)


def _seconds(raw: bytes) -> tuple[float, float]:
    """CPU time of this process, and time by the clock, which other programs lengthen."""
    phrases._searched.cache_clear()  # what a mail takes by itself, not what it takes again
    evidence._states_failure.cache_clear()
    start, clock = time.process_time(), time.perf_counter()
    read_bounce(raw)
    return time.process_time() - start, time.perf_counter() - clock


def main(count: int, seed: int = 1) -> None:
    """Read ``count`` mails; an exception ends the run with its traceback."""
    source = random.Random(seed)
    slowest = slowest_by_clock = total = 0.0
    for number in range(1, count + 1):
        raw = damaged(source)
        spent, by_clock = _seconds(raw)
        total += spent
        slowest_by_clock = max(slowest_by_clock, by_clock)
        if spent > slowest:  # a busy machine also costs CPU time: the best of three is the mail's own
            slowest = max(slowest, min(spent, _seconds(raw)[0], _seconds(raw)[0]))
        if number % 50_000 == 0 or number == count:
            print(
                f"{number} mails, nothing raised; CPU time: mean {1000 * total / number:.2f} ms, "
                f"slowest {1000 * slowest:.1f} ms; slowest by the clock, with whatever else ran: "
                f"{1000 * slowest_by_clock:.0f} ms",
                flush=True,
            )


def store(count: int, seed: int = 1) -> None:
    """Take ``count`` mails, half of them at a return path of ours, into SQLite; print how long one takes."""
    source = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/mailer.db")
        prepare_database(engine)
        office = Office(engine)
        named, other = "paula@reader.example", "ben@reader.example"
        office.people(named, other)
        office.send()
        path = office.return_path(named).encode()
        started = time.perf_counter()
        for number in range(count):
            raw = damaged(source)
            office.feedback.take_mail(raw.replace(TOKEN.encode(), path) if number % 2 else raw)
        spent = time.perf_counter() - started
        suppressed, rows = office.suppressed(), len(office.stored())
        engine.dispose()
    if set(suppressed) - {named}:
        raise AssertionError(f"suppressed without a return path: {suppressed}")
    print(f"{count} mails taken, {1000 * spent / count:.2f} ms each, {rows} rows stored, {suppressed}")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "store"]
    (store if "store" in sys.argv else main)(*(int(word) for word in words or ["10000"]))
