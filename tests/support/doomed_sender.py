"""Senders that are killed (SIGKILL) at the n-th statement of the engine or the ledger, one fork each.

The process that forks has everything imported and no thread; a line ``DATABASE PORT ISSUE N PIPELINED`` on its
standard input starts a sender (N = 0: it lives), and one line about how that ended comes back.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from mailer.delivery.engine import deliver
from mailer.delivery.model import StopSignal
from mailer.newsletter import OnUnknown
from mailer.store.database import open_database
from tests.builders.delivery import a_sending, some_smtp
from tests.support.processes import started

ROOT = Path(__file__).parents[2]
CONNECTIONS = 3
WATCHED = (str(ROOT / "mailer" / "delivery"), str(ROOT / "mailer" / "store"))

Start = Callable[[str, int, int, int, bool], str]


@contextmanager
def doomed_senders() -> Iterator[Start]:
    """A function that runs one sender to its end and returns "killed" or "ended"."""

    def start(database: str, port: int, issue_id: int, statement: int, pipelining: bool) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{database} {port} {issue_id} {statement} {int(pipelining)}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    command = [sys.executable, "-m", "tests.support.doomed_sender"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with started(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield start


def _kill_at(statement: int) -> None:
    """Count lines of the engine as they are about to run, in all threads, and die at the given one."""
    seen = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(WATCHED):
            return None
        if event == "line":
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def _send(database: str, port: int, issue_id: int, statement: int, pipelining: bool) -> None:
    sending = a_sending(
        open_database(database),
        issue_id,
        port,
        smtp=some_smtp(port, connections=CONNECTIONS),
        on_unknown=OnUnknown.RESEND,
        pipelining=pipelining,
    )
    if statement:
        _kill_at(statement)
    asyncio.run(deliver(sending, stop=StopSignal()))


def main() -> None:
    """Fork for each line."""
    for line in sys.stdin:
        database, port, issue_id, statement, pipelining = line.split()
        child = os.fork()
        if not child:
            code = 1
            try:
                _send(database, int(port), int(issue_id), int(statement), pipelining == "1")
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print("killed" if killed else f"ended {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main()
