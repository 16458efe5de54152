"""A person who is nobody, to press the unsubscribe button for: pending, at an address that cannot exist.

Law: a pending person is in no audience and gets no goodbye; everything about the stand-in is taken away again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, delete

from subscribers import store
from subscribers.address import parse_address
from subscribers.consent import Event
from subscribers.store import Standing
from subscribers.subscription import SubscriptionState
from subscribers.tables import ConsentRow, OutboxRow, SubscriberRow, SubscriptionRow
from subscribers.tokens import TokenKeys

DOMAIN: Final = "doctor.invalid"  # RFC 2606: never a real one


class NoStandIn(RuntimeError):
    """The person could not be made."""


@contextmanager
def stand_in(engine: Engine, keys: TokenKeys, newsletter: str, language: str, now: datetime) -> Iterator[int]:
    """The subscription's id, for as long as the block lasts. Raises NoStandIn, and what the database raises."""
    address = parse_address(f"check-{secrets.token_hex(8)}@{DOMAIN}", special_use=True)
    with engine.begin() as connection:
        made = store.add(
            connection,
            address,
            keys.address_hash(address.key),
            newsletter=newsletter,
            language=language,
            event=Event.REQUESTED,
            evidence={"by": "mailer doctor"},
            now=now,
            source="mailer doctor",
        )
    if not isinstance(made, Standing):
        raise NoStandIn(str(made))
    try:
        yield made.subscription_id
    finally:
        _take_away(engine, made.subscription_id, address.key)


def state_of(engine: Engine, subscription_id: int) -> SubscriptionState | None:
    with engine.connect() as connection:
        there = store.standing(connection, subscription_id)
    return there.state if there is not None else None


def _take_away(engine: Engine, subscription_id: int, address_key: str) -> None:
    with engine.begin() as connection:
        connection.execute(delete(ConsentRow).where(ConsentRow.subscription_id == subscription_id))
        connection.execute(delete(OutboxRow).where(OutboxRow.subscription_id == subscription_id))
        connection.execute(delete(SubscriptionRow).where(SubscriptionRow.id == subscription_id))
        connection.execute(delete(SubscriberRow).where(SubscriberRow.address_key == address_key))
