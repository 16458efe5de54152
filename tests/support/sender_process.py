"""A sender in a process of its own, to be killed: ``python -m tests.support.sender_process DATABASE PORT …``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mailer.delivery.engine import deliver
from mailer.delivery.model import StopSignal
from mailer.newsletter import OnUnknown
from mailer.settings import DomainLimit, Rate
from mailer.store.database import open_database
from tests.builders.delivery import a_message, a_sending, some_smtp
from tests.support.processes import started
from tests.support.waiting import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
ASKED = "asked to end"


@contextmanager
def a_sender(
    database: str,
    port: int,
    *,
    issue_id: int = 1,
    connections: int = 4,
    rate: Rate | None = None,
    policy: OnUnknown = OnUnknown.RESEND,
    pipelining: bool = True,
    under: Sequence[str] = (),
    domain: str = "",
    domain_rate: Rate | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """One that runs (``under`` a program that watches it) and prints how it ended; see ``ending``."""
    arguments = [database, str(port), f"--issue={issue_id}", f"--connections={connections}", f"--policy={policy}"]
    if rate is not None:
        arguments.append(f"--rate={rate.count},{rate.window_seconds}")
    if domain_rate is not None:
        arguments += [f"--domain={domain}", f"--domain-rate={domain_rate.count},{domain_rate.window_seconds}"]
    if not pipelining:
        arguments.append("--lock-step")
    command = [*under, sys.executable, "-m", "tests.support.sender_process", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with started(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        yield process


def ending(sender: subprocess.Popen[str]) -> tuple[str, int]:
    """Wait for it to end by itself: how, and how many messages it sent."""
    said, _ = sender.communicate(timeout=PATIENCE_SECONDS)
    how, _, count = said.splitlines()[-1].partition(" ")
    return how, int(count)


def wait_for_asked(sender: subprocess.Popen[str]) -> None:
    """Wait until it has taken note of a signal that asks it to end."""
    assert sender.stdout is not None
    assert sender.stdout.readline() == ASKED + "\n"


def _ask(stop: StopSignal) -> None:
    stop.request()
    print(ASKED, flush=True)


async def _send(arguments: argparse.Namespace) -> str:
    stop = StopSignal()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _ask, stop)
    domains = {arguments.domain: DomainLimit(_rates(arguments.domain_rate))} if arguments.domain else {}
    smtp = some_smtp(
        arguments.port, connections=arguments.connections, rate=_rates(arguments.rate), domains=domains
    )
    sending = a_sending(
        open_database(arguments.database),
        arguments.issue,
        arguments.port,
        smtp=smtp,
        compose=lambda row: a_message(row, size_bytes=arguments.size),
        on_unknown=OnUnknown(arguments.policy),
        pipelining=not arguments.lock_step,
    )
    outcome = await deliver(sending, stop=stop)
    return f"{outcome.ending} {outcome.sent}"


def _rates(said: str) -> tuple[Rate, ...]:
    return (Rate(*map(int, said.split(","))),) if said else ()


def main() -> None:
    """Send, and print the ending and how many this process sent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("port", type=int)
    parser.add_argument("--issue", type=int, default=1)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--rate", default="")
    parser.add_argument("--domain", default="")
    parser.add_argument("--domain-rate", default="")
    parser.add_argument("--policy", default="resend")
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--lock-step", action="store_true")
    print(asyncio.run(_send(parser.parse_args())), flush=True)


if __name__ == "__main__":
    main()
