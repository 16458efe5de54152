"""Asking the people of a cold list, once in their lives and not all at the same time, whether they want mail.

Laws: nobody is asked twice for one newsletter, whatever is imported again, also after their unanswered rows were
removed: a keyed hash remembers. The question is written in the transaction that makes the person pending.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, insert, select, update

from subscribers.bulk_stage import columns as _s
from subscribers.bulk_stage import written
from subscribers.consent import Event
from subscribers.outbox import NEVER, Notice
from subscribers.store import insert_or_leave
from subscribers.subscription import SubscriptionState
from subscribers.tables import AskedRow, ConsentRow, OutboxRow, SubscriptionRow


@dataclass(slots=True)
class Asking:
    """When the next person may be asked."""

    next_at: datetime
    step: timedelta

    def take(self, people: int) -> datetime | None:
        """Let time pass for so many; when the last of them is asked, None for nobody."""
        self.next_at += people * self.step
        return self.next_at - self.step if people else None


@dataclass(frozen=True, slots=True)
class Reconfirm:
    """How many people are asked in an hour."""

    per_hour: float

    def begin(self, connection: Connection, now: datetime) -> Asking:
        """Questions of an earlier import that still wait go first: the pace holds for all of them together."""
        step = timedelta(hours=1) / self.per_hour
        last = connection.scalar(
            select(func.max(OutboxRow.next_attempt_at)).where(
                OutboxRow.kind == Notice.CONFIRM.value,
                OutboxRow.sent_at.is_(None),
                OutboxRow.next_attempt_at > now,
                OutboxRow.next_attempt_at < NEVER,
            )
        )
        return Asking(now if last is None else last + step, step)


def asked_before() -> ColumnElement[bool]:
    """Whether the person of a staged row was asked by an earlier import."""
    return exists().where(AskedRow.address_hash == _s.address_hash, AskedRow.newsletter == _s.newsletter)


def ask_staged(connection: Connection, asking: Asking, now: datetime) -> datetime | None:
    """Put a question in the outbox for each pending person of the stage; when the last one goes, None for none.

    They count as pending since they are asked, so that everybody has the same time to answer.
    """
    people = connection.execute(
        written(_s.address, _s.newsletter, _s.language, _s.address_hash, func.max(ConsentRow.id))
        .join(ConsentRow, ConsentRow.subscription_id == SubscriptionRow.id)
        .where(_s.state == SubscriptionState.PENDING.value, ConsentRow.event == Event.IMPORTED_PENDING.value)
        .group_by(_s.line, SubscriptionRow.id, _s.address, _s.newsletter, _s.language, _s.address_hash)
    ).all()
    if not people:
        return None
    questions: list[dict[str, Any]] = []
    for _, subscription_id, address, newsletter, language, _, request in people:
        questions.append(
            {
                "kind": Notice.CONFIRM.value,
                "subscription_id": subscription_id,
                "address": address,
                "newsletter": newsletter,
                "language": language,
                "payload": {"request": request},
                "created_at": asking.next_at,  # the time from which the patience with a server counts
                "next_attempt_at": asking.next_at,
                "attempts": 0,
                "error": "",
            }
        )
        asking.next_at += asking.step
    connection.execute(insert(OutboxRow), questions)
    connection.execute(
        insert_or_leave(connection, AskedRow),
        [{"address_hash": row.address_hash, "newsletter": row.newsletter, "at": now} for row in people],
    )
    connection.execute(
        update(SubscriptionRow.__table__)  # type: ignore[arg-type]  # a Table; the ORM would want primary keys
        .where(SubscriptionRow.id == bindparam("whose"))
        .values(since=bindparam("asked_at")),
        [{"whose": one["subscription_id"], "asked_at": one["next_attempt_at"]} for one in questions],
    )
    return asking.next_at - asking.step
