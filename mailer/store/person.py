"""What issues and ledger know of one person, for the person's own record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from mailer.store.tables import DeliveryRow, IssueRow


@dataclass(frozen=True, slots=True)
class Sent:
    """An issue's delivery to the person: ``state`` is a ``DeliveryState``, ``at`` when it was entered."""

    newsletter: str
    issue: str
    address: str
    state: str
    at: datetime | None


def deliveries_of(connection: Connection, subscription_ids: Sequence[int]) -> list[Sent]:
    """Every issue that was planned for these subscriptions, in order."""
    rows = connection.execute(
        select(IssueRow.newsletter, IssueRow.slug, DeliveryRow.address, DeliveryRow.state, DeliveryRow.at)
        .join(IssueRow, IssueRow.id == DeliveryRow.issue_id)
        .where(DeliveryRow.subscription_id.in_(subscription_ids))
        .order_by(DeliveryRow.id)
    )
    return [Sent(*row) for row in rows]
