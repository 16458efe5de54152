"""Removing people who never confirmed, on schedule. Law: nobody goes whose question still waits to be sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, select

from subscribers.consent import Event
from subscribers.outbox import NEVER
from subscribers.subscription import CHANGES, SubscriptionState
from subscribers.tables import ConsentRow, OutboxRow, SubscriberRow, SubscriptionRow

CHUNK: Final = 500
"""How many in one transaction: on SQLite every other writer waits for it."""


def expire(connection: Connection, keep: timedelta, now: datetime) -> int:
    """Remove up to ``CHUNK`` subscriptions that have been pending for longer than ``keep``; how many."""
    if CHANGES[Event.EXPIRED][SubscriptionState.PENDING] is not None:
        raise AssertionError("the table of changes keeps those who never confirmed")
    asked_lately = exists().where(ConsentRow.subscription_id == SubscriptionRow.id, ConsentRow.at > now - keep)
    question_waits = exists().where(
        OutboxRow.subscription_id == SubscriptionRow.id,
        OutboxRow.sent_at.is_(None),
        OutboxRow.next_attempt_at < NEVER,
    )
    rows = connection.execute(
        select(SubscriptionRow.id, SubscriptionRow.subscriber_id)
        .where(
            SubscriptionRow.state == SubscriptionState.PENDING.value,
            SubscriptionRow.since <= now - keep,
            ~asked_lately,
            ~question_waits,
        )
        .limit(CHUNK)
    ).all()
    if rows:
        connection.execute(delete(SubscriptionRow).where(SubscriptionRow.id.in_([row.id for row in rows])))
        others = exists().where(SubscriptionRow.subscriber_id == SubscriberRow.id)
        people = [row.subscriber_id for row in rows]
        connection.execute(delete(SubscriberRow).where(SubscriberRow.id.in_(people), ~others))
    return len(rows)
