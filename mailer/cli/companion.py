"""A second process beside the web app, kept alive while it lives.

Law: it ends when we end, however we end. A small process stands between, because gunicorn waits for every child of
its own and takes their exit codes for those of its workers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

LOOK_SECONDS: Final = 0.5
PAUSE_SECONDS: Final = 5.0
"""Before a command that failed is started again."""
STOP_SECONDS: Final = 30.0
"""What a command may take to finish the messages in flight."""


class Companion:
    """Runs ``command`` again and again until stopped, or until the process that started it is gone."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._keeper = 0

    def start(self) -> None:
        """Fork the keeper; call it before there are threads."""
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        self._keeper = os.fork()
        if self._keeper == 0:
            try:
                _keep(self._command, parent)
            except Exception as error:
                sys.stderr.write(f"The worker cannot be kept running: {error}\n")
            finally:
                os._exit(0)

    def stop(self) -> None:
        """Let the command finish what it has begun."""
        try:
            os.kill(self._keeper, signal.SIGTERM)
        except ProcessLookupError:
            return
        give_up_at = time.monotonic() + STOP_SECONDS
        while time.monotonic() < give_up_at:
            try:
                if os.waitpid(self._keeper, os.WNOHANG)[0]:
                    return
            except ChildProcessError:  # gunicorn waited for it
                return
            time.sleep(0.05)


class _Ended(Exception):
    """SIGTERM came."""


def _keep(command: Sequence[str], parent: int) -> None:
    def end(_number: int, _frame: object) -> None:
        raise _Ended

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody: the command hears it too
    process: subprocess.Popen[bytes] | None = None
    try:
        while os.getppid() == parent:
            process = subprocess.Popen(command, preexec_fn=_hear_interrupts)  # noqa: S603 -- our own command
            while process.poll() is None and os.getppid() == parent:
                time.sleep(LOOK_SECONDS)
            until = time.monotonic() + PAUSE_SECONDS
            while process.poll() is not None and time.monotonic() < until and os.getppid() == parent:
                time.sleep(LOOK_SECONDS)
    except _Ended:
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if process is not None and process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
