"""Waiting for what must happen: patiently, since a machine may stall, and no longer than until it has happened.

No test depends on how fast this machine is. Where the promise itself is a time, a trial on a machine that stalled
in the middle shows nothing: such a test may try again, see ``one_of_three``.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any, Final

PATIENCE_SECONDS: Final = 60.0
"""How long a test waits for something that takes milliseconds: only what will never happen takes so long."""

_PAUSE_SECONDS: Final = 0.002


def until(
    condition: Callable[[], object],
    *,
    process: subprocess.Popen[Any] | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> None:
    """Wait until ``condition()`` is true. Raises AssertionError after ``seconds``, or when ``process`` ended."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if process is not None and process.poll() is not None and not condition():
            raise AssertionError(f"the process ended before, with {process.returncode}")
        if time.monotonic() > give_up_at:
            raise AssertionError(f"it did not happen within {seconds:.0f} seconds")
        time.sleep(_PAUSE_SECONDS)


async def until_async(condition: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
    """The same without holding up this thread's event loop."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up_at:
            raise AssertionError(f"it did not happen within {seconds:.0f} seconds")
        await asyncio.sleep(_PAUSE_SECONDS)


def one_of_three(trial: Callable[[int], str]) -> None:
    """Try up to three times; ``trial`` gets 0, 1, 2 and says what took too long, "" when nothing did.

    Only for promises that are times: a machine that stalls for seconds in the middle of a trial makes anything
    late, while code that is late by itself is late in all three.
    """
    said = [""]
    for attempt in range(3):
        said.append(trial(attempt))
        if not said[-1]:
            return
    raise AssertionError("three times: " + "; ".join(said[1:]))
