"""Which issues a worker has to do something about now: scheduled ones whose time has come, and work that is due.

Law: a scheduled issue has its editions and its ledger; people who came since are added when it begins, and who
left since is skipped when their row is leased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update

from mailer.store import ledger, workers
from mailer.store.choosing import Hold
from mailer.store.states import OPEN, SendingState
from mailer.store.tables import DeliveryRow, EditionRow, IssueRow, PaceRow, WorkerRow


@dataclass(frozen=True, slots=True)
class Due:
    """An issue that somebody should send now."""

    issue_id: int
    newsletter: str
    slug: str
    sent_elsewhere: bool  # a living worker, not of this process, has it in hand


def put_off(connection: Connection, issue_id: int, start_at: datetime) -> None:
    """Let an issue wait until ``start_at``. It must have its ledger, in the same transaction or before."""
    connection.execute(
        update(IssueRow)
        .where(
            IssueRow.id == issue_id,
            IssueRow.state.in_([SendingState.SENDING.value, SendingState.SCHEDULED.value]),
        )
        .values(state=SendingState.SCHEDULED.value, start_at=start_at, started_at=None)
    )


def keep_limits(connection: Connection, issue_id: int, rates: str, connections: int | None) -> None:
    """Let the issue be sent at these rates ("600/minute, 2000/day") and connections, whoever sends it; "" and None
    leave it to the settings.
    """
    connection.execute(
        update(IssueRow).where(IssueRow.id == issue_id).values(rates=rates, connections=connections)
    )


def limits_of(connection: Connection, issue_id: int) -> tuple[str, int | None]:
    """What ``keep_limits`` was told last."""
    row = connection.execute(select(IssueRow.rates, IssueRow.connections).where(IssueRow.id == issue_id)).one()
    return row.rates, row.connections


def start_of(connection: Connection, issue_id: int) -> datetime | None:
    """When a scheduled issue is to go; None when it is not scheduled."""
    return connection.scalar(
        select(IssueRow.start_at).where(IssueRow.id == issue_id, IssueRow.state == SendingState.SCHEDULED.value)
    )


def begin(
    connection: Connection, issue_id: int, fallback_language: str, now: datetime, *, hold: Hold | None = None
) -> None:
    """Let a scheduled issue go: whoever has subscribed since it was planned gets it too."""
    issue = connection.execute(
        select(IssueRow.newsletter).where(IssueRow.id == issue_id, IssueRow.state == SendingState.SCHEDULED.value)
    ).first()
    if issue is None:
        return
    connection.execute(
        update(IssueRow).where(IssueRow.id == issue_id).values(state=SendingState.SENDING.value, started_at=now)
    )
    rows = connection.execute(
        select(EditionRow.language, EditionRow.id).where(EditionRow.issue_id == issue_id).order_by(EditionRow.id)
    )
    editions: dict[str, int] = {row.language: row.id for row in rows}
    fallback = fallback_language if fallback_language in editions else next(iter(editions))
    ledger.plan(connection, issue_id, issue.newsletter, editions, fallback, now, hold=hold)


def starting(connection: Connection, now: datetime) -> list[tuple[int, str]]:
    """(issue, newsletter) of scheduled issues whose time has come."""
    rows = connection.execute(
        select(IssueRow.id, IssueRow.newsletter)
        .where(IssueRow.state == SendingState.SCHEDULED.value, IssueRow.start_at <= now)
        .order_by(IssueRow.start_at)
    )
    return [(row.id, row.newsletter) for row in rows]


def due(connection: Connection, now: datetime, mine: frozenset[int] = frozenset()) -> list[Due]:
    """Issues in the state "sending" with rows that could go now, with rows of dead workers, or with nothing left
    but the mark that they are finished. ``mine`` are issues that this process sends already: they are left out.
    """
    open_rows = exists().where(
        DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state.in_(sorted(state.value for state in OPEN))
    )
    rows = connection.execute(
        select(IssueRow.id, IssueRow.newsletter, IssueRow.slug, open_rows.label("open")).where(
            IssueRow.state == SendingState.SENDING.value, IssueRow.id.not_in(mine)
        )
    ).all()
    found = []
    for row in rows:
        there = set(
            connection.scalars(
                select(WorkerRow.id).where(WorkerRow.issue_id == row.id, WorkerRow.ended_at.is_(None))
            )
        )
        dead = set(workers.dead_workers(connection, now, row.id)) if there else set()
        if dead or not row.open or ledger.has_work(connection, row.id, now):
            found.append(Due(row.id, row.newsletter, row.slug, bool(there - dead)))
    return found


def forget_paces(connection: Connection, before: datetime) -> int:
    """Remove what sending limits remember from before that moment; how many rows. Windows are a day at most."""
    before_us = int(before.timestamp() * 1_000_000)
    return int(
        connection.execute(delete(PaceRow).where(PaceRow.window_seconds > 0, PaceRow.slot < before_us)).rowcount
    )
