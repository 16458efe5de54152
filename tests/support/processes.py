"""Programs that tests start: ended with what they started, reaped, their pipes closed, whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO


@contextmanager
def started(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[bytes] | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A program in a session of its own, until the end of the block at the latest."""
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=cwd,
        env=env,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,  # so that what it started is found by its group
    )
    try:
        yield process
    finally:
        end(process)


@contextmanager
def all_started(processes: Sequence[BaseProcess]) -> Iterator[None]:
    """Processes of ``multiprocessing``, from the beginning of the block to its end at the latest."""
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            if process.pid is not None:
                process.kill()
                process.join()


def end(process: subprocess.Popen[str]) -> None:
    """Kill it if it lives, with its group; reap it and close its pipes. Harmless for one that has ended."""
    if process.poll() is None:
        # not yet reaped, so the number is still its own
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # what was still to be written to one that is dead
                pipe.close()
