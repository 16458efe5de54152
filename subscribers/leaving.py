"""Unsubscribing by a link, and undoing it. Both count however often they are asked for.

Laws: leaving needs nothing but the link; who is suppressed stays so; an undo undoes the last goodbye only.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from subscribers import allowing, store
from subscribers.consent import Event, Evidence
from subscribers.enrol import is_suppressed
from subscribers.limits import Allowance, Bucket
from subscribers.outbox import Notice, post_notice
from subscribers.store import Standing
from subscribers.subscription import Refusal, SubscriptionState

GOODBYES: Final = Allowance(1, 86_400)  # however often somebody goes to and fro
_SECOND: Final = timedelta(seconds=1)  # tokens carry whole seconds


def leave(connection: Connection, subscription_id: int, evidence: Evidence, now: datetime) -> Standing | None:
    """The person is unsubscribed afterwards; None when there is no such subscription any more (erased, expired).

    Whoever was subscribed gets a goodbye with a link to undo it, for the case that it was somebody else.
    """
    there = store.standing(connection, subscription_id)
    if there is None or there.state is SubscriptionState.UNSUBSCRIBED:
        return there
    after = store.record(connection, there, Event.UNSUBSCRIBED, evidence, now)
    if isinstance(after, Refusal):
        return there
    bucket = Bucket(f"goodbye:{subscription_id}", GOODBYES)
    if (
        there.state is SubscriptionState.SUBSCRIBED
        and not is_suppressed(connection, there)
        and allowing.charge(connection, [bucket], now)
    ):
        post_notice(
            connection,
            Notice.GOODBYE,
            subscription_id=subscription_id,
            address=there.address,
            newsletter=there.newsletter,
            language=there.language,
            now=now,
        )
    return after


def undo(
    connection: Connection, subscription_id: int, made_at: datetime, evidence: Evidence, now: datetime
) -> Standing | None:
    """The person is subscribed again as if nothing had happened; None when this link cannot do that (any more)."""
    there = store.standing(connection, subscription_id)
    if there is None or is_suppressed(connection, there):
        return None
    if there.state is SubscriptionState.SUBSCRIBED:
        return there
    if there.state is not SubscriptionState.UNSUBSCRIBED or made_at < there.since - _SECOND:
        return None
    after = store.record(connection, there, Event.RESUBSCRIBED, evidence, now)
    return None if isinstance(after, Refusal) else after
