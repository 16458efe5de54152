"""``mailer worker``: sends what is due, in the background, until it is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

import click

from mailer.cli.frame import Installation, pass_installation, say
from mailer.errors import MailerError, WorkLeft

if TYPE_CHECKING:
    from mailer.flows.working import Work, Workshop

LOOK_SECONDS: Final = 2.0
"""How often a worker that waits for another one looks whether it is gone."""


@click.command(
    epilog="""\b
Examples:
  mailer worker                 until Ctrl-C or SIGTERM; `mailer serve` starts it by itself on SQLite
  mailer worker --once          what is due now, from cron; exit code 3 when something is left
"""
)
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    metavar="K",
    help="Connections for notices, beside those of issues.",
)
@pass_installation
def worker(installation: Installation, once: bool, concurrency: int) -> None:
    """Send notices, scheduled issues and deferred deliveries as they become due, and remove who never confirmed.

    On SQLite one worker works; a second one waits until the first is gone. On PostgreSQL any number share
    the work, on as many machines as wanted: see docs/scaling.md.
    """
    from mailer import wiring
    from mailer.flows.working import only_worker

    settings, database = installation.settings, installation.database
    shop = wiring.workshop(settings, database, concurrency=concurrency, tell=partial(say, err=True))
    waits = False
    with _stopping() as stop:
        while not stop.is_set():
            with only_worker(database) as alone:
                if alone:
                    _tell(_work(shop, stop, once=once), once=once)
                    return
            if once:
                raise MailerError("another worker is at work on this database.", hint="It does what is due.")
            if not waits:
                say("Another worker is at work on this database; waiting to take over.", err=True)
                waits = True
            stop.wait(LOOK_SECONDS)


def _work(shop: Workshop, stop: threading.Event, *, once: bool) -> Work:
    """Look by ourselves on SQLite; on PostgreSQL wait for jobs."""
    if once or shop.engine.dialect.name == "sqlite":
        from mailer.flows import working

        return working.run_worker(shop, stop, once=once)
    from mailer.flows import distributing  # brings Procrastinate and psycopg

    return distributing.run_worker(shop, stop)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set; a second Ctrl-C ends the process as usual."""
    stop = threading.Event()

    def ask(number: int, _frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(work: Work, *, once: bool) -> None:
    notices = work.notices
    if once:
        say(
            f"{notices.sent:,} notices sent, {notices.put_off:,} put off, {notices.given_up:,} given up;"
            f" {sum(outcome.sent for _, outcome in work.issues):,} deliveries of {len(work.issues):,} issues;"
            f" {work.expired:,} who never confirmed removed.",
            err=True,
        )
        if work.left:
            raise WorkLeft(" ".join(dict.fromkeys(work.left)), hint="Go on with: mailer worker --once")
