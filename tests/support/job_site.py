"""A site on PostgreSQL whose work is handed out by jobs, and workers for it in threads of the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, text

from mailer import wiring
from mailer.flows.distributing import run_worker
from mailer.store import jobs, schedule
from mailer.store.database import writing
from tests.builders.spring import a_spring_issue
from tests.support.people_site import Clock, Site
from tests.support.waiting import PATIENCE_SECONDS


@dataclass
class RealClock(Clock):
    """The clock of this machine, as the database's."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


@contextmanager
def a_worker(site: Site, *, said: list[str] | None = None) -> Iterator[Callable[[], None]]:
    """A worker as ``mailer worker`` runs it; what is given stops it and waits for its end."""
    stop = threading.Event()
    tell: Callable[[str], None] = said.append if said is not None else (lambda _sentence: None)
    shop = wiring.workshop(site.settings, site.engine, tell=tell)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            run_worker(shop, stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work, name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "the worker did not stop"
        assert not failures, failures

    try:
        yield end
    finally:
        end()


def with_rate(site: Site, *rates: Any) -> Site:
    """The same site under a sending limit."""
    return replace(site, settings=replace(site.settings, smtp=replace(site.settings.smtp, rate=rates)))


def planned(site: Site, people: int, *, slug: str = "spring", start_at: datetime | None = None) -> int:
    """A frozen issue with its ledger for so many new people, and its job, in one transaction as by ``send``."""
    now = site.clock()
    with writing(site.engine) as connection:
        issue_id = a_spring_issue(connection, people, now, slug=slug)
        if start_at is not None:
            schedule.put_off(connection, issue_id, start_at)
        jobs.expect_issue(connection, issue_id, (start_at or now) - now)
    return issue_id


def waiting_jobs(engine: Engine) -> list[tuple[str, float]]:
    """(name, seconds until its moment) of each job that waits, housekeeping left out."""
    with engine.connect() as connection:
        return [
            (name, float(seconds))
            for name, seconds in connection.execute(
                text(
                    "SELECT task_name, COALESCE(EXTRACT(EPOCH FROM scheduled_at - now()), 0)"
                    " FROM procrastinate_jobs WHERE status = 'todo' AND queue_name <> 'house' ORDER BY id"
                )
            )
        ]


def defer_twice(connection: Connection, issue_id: int, times: int = 2) -> None:
    """Jobs for one issue without the lock that keeps them from piling up."""
    one = "ROW('issue', 'issue', 0, NULL, NULL, jsonb_build_object('issue_id', :issue), NULL)"
    many = ", ".join([f"{one}::procrastinate_job_to_defer_v1"] * times)
    connection.execute(text(f"SELECT procrastinate_defer_jobs_v1(ARRAY[{many}])"), {"issue": issue_id})


def states(engine: Engine) -> dict[str, int]:
    """How many deliveries stand in each state."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT state, count(*) FROM delivery GROUP BY state"))
        return {str(row[0]): int(row[1]) for row in rows}
