"""Counts over the whole database, for whoever watches an installation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from mailer.store import jobs
from mailer.store.states import SendingState
from mailer.store.tables import DeliveryRow, IssueRow
from subscribers.outbox import NEVER
from subscribers.tables import OutboxRow, SubscriptionRow


@dataclass(frozen=True, slots=True)
class Counted:
    """How many there are of what; the keys of the mappings are in the order of their names."""

    subscriptions: Mapping[tuple[str, str], int]  # newsletter, state
    issues: Mapping[tuple[str, str], int]  # newsletter, state
    deliveries: Mapping[tuple[str, str, str], int]  # newsletter, slug, state; issues under way only
    outbox_waiting: int
    outbox_oldest_seconds: float
    jobs: Mapping[tuple[str, str], int]  # queue; "due", "later", "running" or "failed"; empty on SQLite
    workers: int | None  # alive on PostgreSQL; None on SQLite, where at most one is


def count_all(connection: Connection, now: datetime | None = None) -> Counted:
    """Count everything; finished issues' ledgers, which only grow, are left out."""
    people = connection.execute(
        select(SubscriptionRow.newsletter, SubscriptionRow.state, func.count()).group_by(
            SubscriptionRow.newsletter, SubscriptionRow.state
        )
    )
    issues = connection.execute(
        select(IssueRow.newsletter, IssueRow.state, func.count()).group_by(IssueRow.newsletter, IssueRow.state)
    )
    over = (SendingState.FINISHED.value, SendingState.CANCELLED.value)
    deliveries = connection.execute(
        select(IssueRow.newsletter, IssueRow.slug, DeliveryRow.state, func.count())
        .join(DeliveryRow, DeliveryRow.issue_id == IssueRow.id)
        .where(IssueRow.state.not_in(over))
        .group_by(IssueRow.newsletter, IssueRow.slug, DeliveryRow.state)
    )
    waiting, oldest = connection.execute(
        select(func.count(), func.min(OutboxRow.created_at)).where(
            OutboxRow.sent_at.is_(None), OutboxRow.next_attempt_at < NEVER
        )
    ).one()
    age = ((now or datetime.now(UTC)) - oldest).total_seconds() if oldest is not None else 0.0
    return Counted(
        {(newsletter, state): count for newsletter, state, count in people},
        {(newsletter, state): count for newsletter, state, count in issues},
        {(newsletter, slug, state): count for newsletter, slug, state, count in deliveries},
        waiting,
        max(0.0, age),
        jobs.count(connection),
        jobs.count_workers(connection),
    )
