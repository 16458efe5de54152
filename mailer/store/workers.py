"""Who sends: a process registers, beats, and is known to be dead, at once on this machine, else by its heartbeat.

Law: a live worker's leases are never taken. A pid means something only with its start time, boot and pid
namespace, so that a new process that got an old pid is not mistaken for it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert, select, update

from mailer.store.tables import WorkerRow

HEARTBEAT_SECONDS: Final = 10.0
LEASE_SECONDS: Final = 90.0
"""A worker on another machine whose heartbeat is older than this is dead: eight beats were missed."""

_running: set[int] = set()
"""Workers of this very process: one that it left behind after an error is dead though the pid lives."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the kernel knows it. ``boot`` holds boot id and pid namespace; "" where there is no /proc."""

    host: str
    boot: str
    pid: int
    started: str


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    return Process(socket.gethostname()[:255], _boot(), pid, _start_time(pid) or "")


def register(connection: Connection, now: datetime, issue_id: int | None = None) -> int:
    """Enter this process as a worker (on one issue); returns the worker's id, which its leases carry."""
    me = this_process()
    statement = insert(WorkerRow).values(
        issue_id=issue_id,
        host=me.host,
        boot=me.boot,
        pid=me.pid,
        pid_started=me.started,
        started_at=now,
        heartbeat_at=now,
    )
    worker_id = int(connection.execute(statement.returning(WorkerRow.id)).scalar_one())
    _running.add(worker_id)
    return worker_id


def beat(connection: Connection, worker_id: int, now: datetime) -> None:
    """Say that the worker lives, also when it was taken for dead meanwhile (a machine that slept)."""
    alive = update(WorkerRow).where(WorkerRow.id == worker_id).values(heartbeat_at=now, ended_at=None)
    connection.execute(alive)


def end(connection: Connection, worker_ids: Iterable[int], now: datetime) -> None:
    """Say that workers have gone and hold nothing any more: they left in order, or were recovered from."""
    gone = list(worker_ids)
    if gone:
        connection.execute(update(WorkerRow).where(WorkerRow.id.in_(gone)).values(ended_at=now))
        _running.difference_update(gone)


def forget(worker_id: int) -> None:
    """Give a worker up whose database can no longer be told: this process then counts it as dead."""
    _running.discard(worker_id)


def dead_workers(connection: Connection, now: datetime, issue_id: int | None = None) -> list[int]:
    """Ids of workers that are no more but have not ended: their rows wait to be recovered."""
    living_or_dead = select(
        WorkerRow.id, WorkerRow.host, WorkerRow.boot, WorkerRow.pid, WorkerRow.pid_started, WorkerRow.heartbeat_at
    ).where(WorkerRow.ended_at.is_(None))
    if issue_id is not None:
        living_or_dead = living_or_dead.where(WorkerRow.issue_id == issue_id)
    me = this_process()
    return [
        row.id
        for row in connection.execute(living_or_dead)
        if not _lives(me, row.id, Process(row.host, row.boot, row.pid, row.pid_started), now - row.heartbeat_at)
    ]


def _lives(me: Process, worker_id: int, other: Process, silent: timedelta) -> bool:
    if (other.host, other.boot) == (me.host, me.boot) and me.boot:
        if other.pid == me.pid and other.started == me.started:
            return worker_id in _running
        return bool(other.started) and _start_time(other.pid) == other.started
    if not me.boot and other.host == me.host and not _pid_exists(other.pid):
        return False
    return silent < timedelta(seconds=LEASE_SECONDS)


def _pid_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        return ""
    return f"{boot} {namespace.strip('pid:[]')}"[:64]


def _start_time(pid: int) -> str | None:
    """Clock ticks from boot to the start of a process, as proc(5) tells; None when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    state, start_time = fields[0], fields[19]
    return None if state in {"Z", "X", "x"} else start_time
