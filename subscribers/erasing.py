"""Erasing a person: what is kept afterwards is a keyed hash, so that nothing is ever sent there again.

Law: everything goes in the caller's one transaction; other rooms' tables forget through ``Forget``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, or_, select

from subscribers import store
from subscribers.tables import OutboxRow, SubscriberRow, SubscriptionRow

REASON = "erased"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed; ``was_known`` is False when there was nothing."""

    was_known: bool
    subscriptions: int


Forget = Callable[[Connection, Sequence[int], Sequence[str]], int]
"""Makes other tables forget subscriptions and addresses (as typed and in lower case); how many rows it changed."""


def erase(connection: Connection, address_key: str, address_hash: str, forget: Forget, now: datetime) -> Erased:
    """Remove the person with this address from every newsletter, with history and notices."""
    person = connection.execute(
        select(SubscriberRow.id, SubscriberRow.address).where(SubscriberRow.address_key == address_key)
    ).first()
    typed = [address_key, *([person.address] if person else [])]
    addresses = {*typed, *map(str.lower, typed)}
    mine: list[int] = []
    if person is not None:
        mine = list(
            connection.scalars(select(SubscriptionRow.id).where(SubscriptionRow.subscriber_id == person.id))
        )
    forgotten = forget(connection, mine, sorted(addresses))
    theirs = connection.execute(
        delete(OutboxRow).where(
            or_(
                OutboxRow.subscription_id.in_(mine),
                func.lower(OutboxRow.address).in_(addresses),
                OutboxRow.address.in_(typed),
            )
        )
    ).rowcount
    if person is not None:
        connection.execute(delete(SubscriberRow).where(SubscriberRow.id == person.id))  # the rest cascades
    store.suppress(connection, address_hash, reason=REASON, now=now)
    return Erased(bool(person is not None or forgotten or theirs), len(mine))
