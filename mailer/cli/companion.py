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


def _keep(command: Sequence[str], parent: int) -> None:
    """SIGTERM is waited for, not handled: it can come at any moment, and none may lose a command just started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody: the command hears it too
    ended = False
    while not ended and os.getppid() == parent:
        process = subprocess.Popen(command, preexec_fn=_hear_signals)  # noqa: S603 -- our own command
        while not ended and process.poll() is None and os.getppid() == parent:
            ended = _asked_to_end(LOOK_SECONDS)
        if process.poll() is None:
            _end(process)
            return
        until = time.monotonic() + PAUSE_SECONDS
        while not ended and time.monotonic() < until and os.getppid() == parent:
            ended = _asked_to_end(LOOK_SECONDS)


def _asked_to_end(seconds: float) -> bool:
    """Whether SIGTERM came, or comes within so long."""
    return signal.sigtimedwait({signal.SIGTERM}, seconds) is not None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _hear_signals() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
