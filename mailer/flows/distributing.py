"""The worker on PostgreSQL: Procrastinate hands out jobs, to as many processes on as many machines as there are.

Laws: a job only says where to look. What is to be done is read from the ledger and the outbox, so a job that runs
twice, late or for nothing does no harm, and what a lost one was about is found again by the next look. While an
issue is being sent, a job for it waits for one more worker to join; the waiting one comes back as long as there is
something to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate import exceptions
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from mailer.delivery.model import Ending, Outcome
from mailer.errors import MailerError
from mailer.flows import dispatch
from mailer.flows.scheduling import begin
from mailer.flows.working import ISSUES_SECONDS, Work, Worker, Workshop
from mailer.store import jobs, schedule
from mailer.store.database import reading, writing

ISSUES_AT_ONCE: Final = 8
"""A process sends so many issues at the same time; more of them wait for another worker, or for their turn."""
OTHER_JOBS: Final = 4
"""Room beside the issues, so that notices and housekeeping never wait for one to be sent."""
JOIN: Final = timedelta(seconds=1)
"""So long after one worker has begun with an issue, the next one may join it."""
BUSY: Final = timedelta(seconds=3)
"""Who fetches a job for an issue that it is sending already leaves it to others for so long."""
POLL_SECONDS: Final = 1.0
"""New jobs are announced; those whose time has come are found by looking."""
LOOK: Final = "* * * * * */10"  # cron with seconds: every ten of them
HOURLY: Final = "7 * * * *"
KEEP_FAILED_HOURS: Final = 7 * 24
AGAIN_SECONDS: Final = 5.0
REMEMBERED: Final = 100

log = logging.getLogger(__name__)
for _name in ("procrastinate", "psycopg.pool"):  # their log is for programmers; people are told what matters
    logging.getLogger(_name).addHandler(logging.NullHandler())


def run_worker(shop: Workshop, stop: threading.Event) -> Work:
    """Work until ``stop`` is set; messages in flight are finished. For a prepared PostgreSQL database."""
    return asyncio.run(_JobWorker(shop, stop).run(once=False))


def app_for(engine: Engine) -> procrastinate.App:
    """Procrastinate on the same database, with connections of its own (at most four and one that listens)."""
    _, options = engine.dialect.create_connect_args(engine.url)
    conninfo = make_conninfo(**{name: value for name, value in options.items() if name != "context"})
    connector = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4)
    return procrastinate.App(connector=connector)


class _JobWorker(Worker):
    """A worker that waits for jobs instead of looking by itself."""

    def __init__(self, shop: Workshop, stop: threading.Event) -> None:
        super().__init__(shop, stop)
        self._app = app_for(shop.engine)
        self._mine: set[int] = set()  # issues that this process is sending
        self._draining = self._again = False
        self._add_tasks()

    def _add_tasks(self) -> None:
        app = self._app

        @app.task(name=jobs.ISSUE, queue=jobs.ISSUE)
        async def issue(issue_id: int) -> None:
            await self._told(self._look_at_issue(issue_id))

        @app.task(name=jobs.NOTICES, queue=jobs.NOTICES)
        async def notices() -> None:
            await self._told(self._drain())

        @app.periodic(cron=LOOK)
        @app.task(name="look", queue=jobs.HOUSE, queueing_lock="look", priority=jobs.PRIORITIES[jobs.HOUSE])
        async def look(timestamp: int) -> None:
            await self._told(self._look_around())

        @app.periodic(cron=HOURLY)
        @app.task(name="house", queue=jobs.HOUSE, queueing_lock="house", priority=jobs.PRIORITIES[jobs.HOUSE])
        async def house(timestamp: int) -> None:
            await self._told(self._tidy())

    # --- the life of the process

    async def _rounds(self) -> None:
        """Serve jobs until the end; a database that is away is waited for."""
        while not self._stop.is_set():
            try:
                await self._serve()
            except (exceptions.ProcrastinateException, psycopg.Error, DBAPIError) as error:
                self._tell(f"The database does not answer ({_cause(error)}); trying again.")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), AGAIN_SECONDS)

    async def _serve(self) -> None:
        async with self._app.open_async():
            await self._told(self._look_around())
            serving = asyncio.create_task(
                self._app.run_worker_async(
                    queues=[jobs.NOTICES, jobs.HOUSE, jobs.ISSUE],
                    name=f"{socket.gethostname()}:{os.getpid()}",
                    concurrency=ISSUES_AT_ONCE + OTHER_JOBS,
                    fetch_job_polling_interval=POLL_SECONDS,
                    stalled_worker_timeout=jobs.STALLED_SECONDS,
                    delete_jobs="successful",
                    install_signal_handlers=False,
                )
            )
            stopped = asyncio.create_task(self._stopped.wait())
            await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if self._stop.is_set():
                serving.cancel()  # it takes no more jobs, and waits for those that run
                with contextlib.suppress(asyncio.CancelledError):
                    await serving
            else:
                await serving
                self._tell("The connection to the database broke off; trying again.")

    async def _told(self, step: Coroutine[Any, Any, None]) -> None:
        """Do it; say what goes wrong. What is not the operator's to mend fails the job, and is kept with it."""
        try:
            await step
        except MailerError as error:
            self._tell(str(error))
        except (exceptions.ConnectorException, psycopg.Error, DBAPIError) as error:
            self._tell(f"The database does not answer ({_cause(error)}); trying again.")
            raise
        except Exception as error:
            log.debug("a job failed", exc_info=True)  # its words may hold an address: not for everybody's log
            self._tell(f"A job failed unexpectedly ({type(error).__name__}); it is tried again.")
            raise

    # --- what the jobs do

    async def _look_at_issue(self, issue_id: int) -> None:
        """Send what is due of an issue, beside the others that do, until nothing is left that could go now."""
        engine, now = self._shop.engine, self._shop.notices.now()
        not_before = self._quiet_until.get(issue_id, now)
        if issue_id in self._mine or len(self._mine) >= ISSUES_AT_ONCE:
            not_before = max(not_before, now + BUSY)
        if not_before > now:
            await asyncio.to_thread(self._leave, issue_id, not_before - now)
            return
        self._mine.add(issue_id)
        try:
            one = await asyncio.to_thread(self._take_part, issue_id)
            outcome = await self._send_issue(one) if one is not None and not self._stop.is_set() else None
        finally:
            self._mine.discard(issue_id)
            for said in (self._work.issues, self._work.left):
                del said[:-REMEMBERED]
        now = self._shop.notices.now()
        not_before = self._quiet_until.get(issue_id, now)
        if one is not None and _was_in_vain(outcome):
            not_before = max(not_before, now + timedelta(seconds=ISSUES_SECONDS))
        await asyncio.to_thread(dispatch.expect, engine, issue_id, now, not_before=not_before)

    def _leave(self, issue_id: int, after: timedelta) -> None:
        with writing(self._shop.engine) as connection:
            jobs.expect_issue(connection, issue_id, after)

    def _take_part(self, issue_id: int) -> schedule.Due | None:
        """What is due of the issue now; another worker may join then."""
        engine, newsletters, now = self._shop.engine, self._shop.newsletters, self._shop.notices.now()
        with reading(engine) as connection:
            starting = dict(schedule.starting(connection, now))
        if starting.get(issue_id) in newsletters:
            begin(engine, issue_id, newsletters[starting[issue_id]], now)
        with writing(engine) as connection:
            for one in schedule.due(connection, now):
                if one.issue_id == issue_id and one.newsletter in newsletters:
                    jobs.expect_issue(connection, issue_id, JOIN)
                    return one
        return None

    async def _drain(self) -> None:
        """Empty the outbox. A job that comes meanwhile has it looked at once more."""
        if self._draining:
            self._again = True
            return
        self._draining = self._again = True
        try:
            while self._again and not self._stop.is_set():
                self._again = False
                await asyncio.to_thread(self._take_notices)
                await self._send_notices()
        finally:
            self._draining = False
        await asyncio.to_thread(dispatch.expect_notices, self._shop.engine, self._shop.notices.now())

    def _take_notices(self) -> None:
        with writing(self._shop.engine) as connection:
            jobs.take_notices(connection)

    async def _look_around(self) -> None:
        """Take the jobs of dead workers, and find what no job waits for."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=jobs.STALLED_SECONDS):
            try:
                await manager.retry_job(job)
            except exceptions.UniqueViolation:
                if job.id is not None:
                    await asyncio.to_thread(self._drop, job.id)
            except exceptions.ConnectorException:  # somebody else was faster
                continue
        now = self._shop.notices.now()
        await asyncio.to_thread(dispatch.look, self._shop.engine, self._shop.newsletters, now)

    def _drop(self, job_id: int) -> None:
        with writing(self._shop.engine) as connection:
            jobs.drop_stalled(connection, job_id)

    async def _tidy(self) -> None:
        await self._keep_house()
        await self._app.job_manager.delete_old_jobs(
            nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )


def _cause(error: Exception) -> str:
    """The driver's name for what happened."""
    return type(getattr(error, "orig", None) or error.__cause__ or error).__name__


def _was_in_vain(outcome: Outcome | None) -> bool:
    return outcome is None or (not outcome.sent and outcome.ending is not Ending.INTERRUPTED)
