"""``mailer status --watch`` on a real terminal (a pty): it moves, it ends with the sending, Ctrl-C ends it too."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, IssueRow
from tests.builders.archive import an_installation
from tests.builders.delivery import a_planned_issue
from tests.support.newsroom import MAILER
from tests.support.waiting import PATIENCE_SECONDS

COLUMNS, ROWS = 100, 40


class Terminal:
    """One command on a pty; ``until`` reads what it writes."""

    def __init__(self, pid: int, screen: int) -> None:
        self.pid = pid
        self._screen = screen
        self.written = ""
        self.status: int | None = None

    def until(self, found: Callable[[str], bool]) -> bool:
        end = time.monotonic() + PATIENCE_SECONDS
        while not found(self.written) and time.monotonic() < end:
            if select.select([self._screen], [], [], 0.1)[0]:
                try:
                    self.written += os.read(self._screen, 65536).decode("utf-8", "replace")
                except OSError:  # the command ended: Linux tells it so
                    break
        return found(self.written)

    def exit_code(self) -> int:
        self.until(lambda _written: False)
        self.status = os.waitpid(self.pid, 0)[1]
        return os.waitstatus_to_exitcode(self.status)

    def end(self) -> None:
        """Kill and reap it, unless it has ended and was asked for its exit code."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitpid(self.pid, 0)[1]


@contextmanager
def a_terminal(folder: Path, *arguments: str) -> Iterator[Terminal]:
    pid, screen = pty.fork()
    if pid == 0:
        environment = os.environ | {"TERM": "xterm-256color"}
        os.execve(MAILER, [MAILER, "--config", str(folder / "mailer.toml"), *arguments], environment)
    ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    terminal = Terminal(pid, screen)
    try:
        yield terminal
    finally:
        terminal.end()
        os.close(screen)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, Engine]]:
    made = an_installation(tmp_path)
    a_planned_issue(made.engine, 40)
    yield tmp_path, made.engine
    made.engine.dispose()


def test_the_view_follows_a_sending_to_its_end(folder: tuple[Path, Engine]) -> None:
    path, engine = folder
    with a_terminal(path, "status", "--watch") as terminal:
        assert terminal.until(lambda written: "0 of 40" in written), terminal.written
        assert "example.org" in terminal.written
        with engine.begin() as connection:
            connection.execute(update(DeliveryRow).values(state=DeliveryState.ACCEPTED.value, attempts=1))
            connection.execute(update(IssueRow).values(state=SendingState.FINISHED.value))
        assert terminal.until(lambda written: "40 of 40  100 %" in written), terminal.written
        assert terminal.exit_code() == 0
        assert "Nothing goes on any more." in terminal.written


def test_ctrl_c_ends_the_view_and_not_the_sending(folder: tuple[Path, Engine]) -> None:
    path, engine = folder
    with a_terminal(path, "status", "june", "--watch") as terminal:
        assert terminal.until(lambda written: "Ctrl-C stops watching" in written), terminal.written
        os.kill(terminal.pid, signal.SIGINT)
        assert terminal.exit_code() == 0
        assert "Traceback" not in terminal.written
    with engine.connect() as connection:
        assert connection.scalar(IssueRow.__table__.select().with_only_columns(IssueRow.state)) == "sending"
