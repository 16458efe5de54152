"""When a worker has to look at an issue next, and that a job waits for that moment.

Law: what is due is read from the ledger, in the transaction that defers the job; so a job may be lost, come twice
or too early, and the next look puts it right. On SQLite a worker looks by itself, and nothing is deferred.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, select

from mailer.flows.working import only_worker
from mailer.store import jobs, ledger, schedule
from mailer.store.database import reading, writing
from mailer.store.states import SendingState
from mailer.store.tables import IssueRow
from subscribers.outbox import NEVER
from subscribers.tables import OutboxRow

AT_WORK: Final = (SendingState.SENDING.value, SendingState.SCHEDULED.value)


def next_moment(connection: Connection, issue_id: int, now: datetime) -> datetime | None:
    """When there is something to do for an issue: ``now``, later, or None as long as nothing changes."""
    issue = connection.execute(select(IssueRow.state, IssueRow.start_at).where(IssueRow.id == issue_id)).first()
    if issue is None or issue.state not in AT_WORK:
        return None
    if issue.state == SendingState.SCHEDULED.value:
        return max(issue.start_at or now, now)
    if any(one.issue_id == issue_id for one in schedule.due(connection, now)):
        return now
    due_at = ledger.next_due(connection, issue_id)
    return None if due_at is None else max(due_at, now)


def expect(engine: Engine, issue_id: int, now: datetime, *, not_before: datetime | None = None) -> None:
    """Let the job of an issue wait for exactly the moment at which there is something to do for it."""
    if engine.dialect.name == "postgresql":
        with writing(engine) as connection:
            _expect(connection, issue_id, now, not_before or now)


def _expect(connection: Connection, issue_id: int, now: datetime, not_before: datetime) -> None:
    moment = next_moment(connection, issue_id, now)
    if moment is None:
        jobs.forget_issue(connection, issue_id)
    else:
        jobs.expect_issue(connection, issue_id, max(moment, not_before) - now, exactly=True)


def look(engine: Engine, newsletters: Collection[str], now: datetime) -> None:
    """Find what nobody waits for, because a job or a worker was lost or a clock was set: defer jobs for it."""
    with writing(engine) as connection:
        issues = connection.execute(
            select(IssueRow.id).where(IssueRow.state.in_(AT_WORK), IssueRow.newsletter.in_(sorted(newsletters)))
        ).scalars()
        for issue_id in list(issues):
            if (moment := next_moment(connection, issue_id, now)) is not None:
                jobs.expect_issue(connection, issue_id, moment - now)
    expect_notices(engine, now)


def somebody_works(engine: Engine) -> bool:
    """Whether a worker is there to do what is left to it."""
    if engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            return bool(jobs.count_workers(connection))
    with only_worker(engine) as nobody_else:
        return not nobody_else


def expect_notices(engine: Engine, now: datetime) -> None:
    """Let a job wait for exactly the moment at which the next notice in the outbox may go, if there is one."""
    with writing(engine) as connection:
        due_at = connection.scalar(
            select(OutboxRow.next_attempt_at)
            .where(OutboxRow.sent_at.is_(None), OutboxRow.next_attempt_at < NEVER)
            .order_by(OutboxRow.next_attempt_at)
            .limit(1)
        )
        jobs.expect_notices(connection, None if due_at is None else max(due_at - now, timedelta(0)))
