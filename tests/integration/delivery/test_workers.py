"""Which workers are dead: this machine's at once, others' by their heartbeat."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, update

from mailer.store import workers
from mailer.store.tables import WorkerRow
from tests.builders.delivery import NOON
from tests.support.processes import started


def test_a_worker_of_this_process_lives_until_it_ends(database: Engine) -> None:
    with database.begin() as connection:
        worker = workers.register(connection, NOON)
        assert workers.dead_workers(connection, NOON + timedelta(days=1)) == []
        workers.end(connection, [worker], NOON)
        assert workers.dead_workers(connection, NOON) == []


def test_a_worker_that_this_process_gave_up_is_dead_though_the_process_lives(database: Engine) -> None:
    with database.begin() as connection:
        worker = workers.register(connection, NOON)
        workers.forget(worker)
        assert workers.dead_workers(connection, NOON) == [worker]


def test_a_killed_process_is_dead_at_once_also_before_its_parent_takes_note(
    database: Engine, tmp_path: Path
) -> None:
    waiting = [sys.executable, "-c", "input()"]
    with started(waiting, cwd=tmp_path, stdin=subprocess.PIPE) as child, database.begin() as connection:
        worker = workers.register(connection, NOON)
        connection.execute(update(WorkerRow).values(pid=child.pid, pid_started=workers._start_time(child.pid)))
        assert workers.dead_workers(connection, NOON + timedelta(hours=1)) == []
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie now
        assert workers.dead_workers(connection, NOON) == [worker]


def test_another_process_that_got_the_same_pid_is_not_mistaken_for_the_worker(database: Engine) -> None:
    with database.begin() as connection:
        worker = workers.register(connection, NOON)
        connection.execute(update(WorkerRow).values(pid=os.getpid(), pid_started="1"))
        assert workers.dead_workers(connection, NOON) == [worker]


def test_a_worker_on_another_machine_is_dead_when_its_heartbeat_is_old(database: Engine) -> None:
    with database.begin() as connection:
        worker = workers.register(connection, NOON)
        connection.execute(update(WorkerRow).values(host="elsewhere", boot="another"))
        soon = NOON + timedelta(seconds=workers.LEASE_SECONDS - 1)
        assert workers.dead_workers(connection, soon) == []
        assert workers.dead_workers(connection, soon + timedelta(seconds=2)) == [worker]
        workers.beat(connection, worker, soon)
        assert workers.dead_workers(connection, soon + timedelta(seconds=2)) == []


def test_a_worker_that_was_taken_for_dead_and_wakes_up_is_watched_again(database: Engine) -> None:
    with database.begin() as connection:
        worker = workers.register(connection, NOON)
        connection.execute(update(WorkerRow).values(host="elsewhere", boot="another"))
        late = NOON + timedelta(hours=1)
        workers.end(connection, workers.dead_workers(connection, late), late)
        assert workers.dead_workers(connection, late) == []
        workers.beat(connection, worker, late)
        assert workers.dead_workers(connection, late + timedelta(hours=1)) == [worker]
