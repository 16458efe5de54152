"""Job rows on PostgreSQL, deferred in the caller's transaction: a job is there exactly if what it is about is.

Laws: an issue has one waiting job at most, at the next moment at which there is something to do for it. A waiting
job that is counted upon is locked until the commit, so that no worker runs it too early to see what was written.
Delays are reckoned by the database's clock: machines whose clocks differ do not run a job over and over.
On SQLite, where one worker looks by itself, nothing here does anything.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

NOTICES: Final = "notices"
ISSUE: Final = "issue"
HOUSE: Final = "house"
PRIORITIES: Final = {NOTICES: 10, HOUSE: 5, ISSUE: 0}
"""The higher one is taken first: a notice is one mail that somebody waits for."""
STALLED_SECONDS: Final = 30.0
"""A worker that has not beaten for so long is dead (it beats every 10 seconds), and its jobs go to others."""
NOW: Final = timedelta(0)
_TRIES: Final = 5

_WAITING: Final = text("""
    SELECT id, COALESCE(EXTRACT(EPOCH FROM scheduled_at - clock_timestamp()), 0) AS in_seconds
    FROM procrastinate_jobs WHERE queueing_lock = :queueing_lock AND status = 'todo' FOR UPDATE
""")
_MOVE: Final = text("""
    UPDATE procrastinate_jobs SET scheduled_at = clock_timestamp() + make_interval(secs => :seconds) WHERE id = :id
""")
_DEFER: Final = text("""
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        CAST(:name AS text), CAST(:name AS text), CAST(:priority AS int), NULL, CAST(:queueing_lock AS text),
        CAST(:arguments AS jsonb),
        CASE WHEN :seconds > 0 THEN clock_timestamp() + make_interval(secs => :seconds) END
    )::procrastinate_job_to_defer_v1])
""")
_TAKE: Final = text("""
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs
        WHERE queue_name = 'notices' AND status = 'todo' AND COALESCE(scheduled_at, now()) <= now()
        LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
""")


def are_kept(connection: Connection) -> bool:
    """Whether work is distributed by jobs here: on a PostgreSQL database that was prepared for it."""
    if connection.dialect.name != "postgresql":
        return False
    return connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is not None


def count_workers(connection: Connection) -> int | None:
    """How many workers have beaten lately; None where nobody counts them."""
    if not are_kept(connection):
        return None
    beaten = text(
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
    )
    return int(connection.execute(beaten, {"seconds": STALLED_SECONDS}).scalar_one())


def count(connection: Connection) -> dict[tuple[str, str], int]:
    """How many jobs there are by queue and by how they stand: due, later, running, failed."""
    if not are_kept(connection):
        return {}
    rows = connection.execute(
        text("""
            SELECT queue_name, CASE status WHEN 'doing' THEN 'running' WHEN 'todo' THEN
                CASE WHEN scheduled_at > now() THEN 'later' ELSE 'due' END ELSE 'failed' END AS how, count(*)
            FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2 ORDER BY 1, 2
        """)
    )
    return {(queue, how): number for queue, how, number in rows}


def expect_issue(connection: Connection, issue_id: int, after: timedelta = NOW, *, exactly: bool = False) -> None:
    """Let a worker look at the issue after that time. A job that waits already comes earlier if need be; with
    ``exactly`` it is moved to that moment in any case.
    """
    _expect(connection, ISSUE, _lock_of(issue_id), {"issue_id": issue_id}, after, exactly=exactly)


def forget_issue(connection: Connection, issue_id: int) -> None:
    """There is nothing to do for the issue: no job waits for it any more."""
    _forget(connection, _lock_of(issue_id))


def expect_notices(connection: Connection, after: timedelta | None = NOW) -> None:
    """Let a worker look into the outbox after that time; None: nothing waits. New ones have jobs of their own."""
    if after is None:
        _forget(connection, NOTICES)
    else:
        _expect(connection, NOTICES, NOTICES, {}, after, exactly=True)


def drop_stalled(connection: Connection, job_id: int) -> None:
    """Remove the job of a dead worker, when another one waits to do the same."""
    connection.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id AND status = 'doing'"), {"id": job_id})


def take_notices(connection: Connection) -> int:
    """Take all jobs for notices that are due, before looking into the outbox once for all of them; how many.

    What they were deferred for is committed, so that whoever looks after this transaction sees it.
    """
    taken = 0
    while are_kept(connection) and (count := connection.execute(_TAKE).rowcount):
        taken += count
    return taken


def _forget(connection: Connection, queueing_lock: str) -> None:
    if are_kept(connection):
        gone = text("DELETE FROM procrastinate_jobs WHERE queueing_lock = :queueing_lock AND status = 'todo'")
        connection.execute(gone, {"queueing_lock": queueing_lock})


def _lock_of(issue_id: int) -> str:
    return f"{ISSUE}:{issue_id}"


def _expect(
    connection: Connection,
    name: str,
    queueing_lock: str,
    arguments: dict[str, int],
    after: timedelta,
    *,
    exactly: bool,
) -> None:
    if not are_kept(connection):
        return
    seconds = max(after.total_seconds(), 0.0)
    for _ in range(_TRIES):
        waiting = connection.execute(_WAITING, {"queueing_lock": queueing_lock}).first()
        if waiting is not None:
            before = max(float(waiting.in_seconds), 0.0)
            if seconds < before - 0.5 or (exactly and seconds > before + 0.5):
                connection.execute(_MOVE, {"id": waiting.id, "seconds": seconds})
            return
        try:
            with connection.begin_nested():
                connection.execute(
                    _DEFER,
                    {
                        "name": name,
                        "priority": PRIORITIES[name],
                        "queueing_lock": queueing_lock,
                        "arguments": json.dumps(arguments),
                        "seconds": seconds,
                    },
                )
            return
        except IntegrityError:  # somebody else deferred it between our look and our writing: look again
            continue
