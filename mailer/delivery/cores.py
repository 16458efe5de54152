"""Processor cores: the threads that take turns at the interpreter's lock share one, those that sign have all.

Law: what is changed here is the calling thread's own (threads inherit it from who starts them), and is as before
when its last block is left. Where the system has no such thing (it is Linux's) or forbids it, nothing happens.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Cores = frozenset[int]
ANY: Cores = frozenset()
"""Wherever the system likes."""


class _Stay(threading.local):
    """A thread's blocks: two sendings may run in one event loop, and the first to end must not let go for both."""

    blocks = 0
    before = ANY


_stay = _Stay()


def usable_cores() -> Cores:
    """All that the calling thread may use, outside its blocks too; ``ANY`` where that cannot be told."""
    if not hasattr(os, "sched_setaffinity"):
        return ANY
    return _stay.before if _stay.blocks else frozenset(os.sched_getaffinity(0))


def this_core() -> Cores:
    """The one on which the calling thread runs; ``ANY`` where it cannot be told."""
    if hasattr(os, "sched_setaffinity"):
        with suppress(OSError, ValueError, IndexError):
            stat = Path("/proc/thread-self/stat").read_text()
            return frozenset({int(stat.rpartition(")")[2].split()[36])})  # proc_pid_stat(5): field 39, "processor"
    return ANY


@contextmanager
def staying_on(cores: Cores) -> Iterator[None]:
    """Keep the calling thread on these for the block. Of blocks within blocks, the outermost decides."""
    if cores == ANY:
        yield
        return
    if not _stay.blocks:
        _stay.before = usable_cores()
        _move(cores)
    _stay.blocks += 1
    try:
        yield
    finally:
        _stay.blocks -= 1
        if not _stay.blocks:
            _move(_stay.before)


def _move(cores: Cores) -> None:
    with suppress(OSError):
        os.sched_setaffinity(0, cores)
