"""What the ledger keeps of a person who was erased: that something was sent, not to whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, update

from mailer.store import bounces
from mailer.store.states import DeliveryState
from mailer.store.tables import DeliveryRow

ERASED: Final = "[erased]"
_WAITING: Final = (DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value)


def forget_addresses(connection: Connection, subscription_ids: Sequence[int]) -> None:
    """Take the addresses out of these subscriptions' deliveries and bounces; what was still to be sent is skipped.

    The caller's transaction removes the person: a report then names the rows without saying whose they were.
    """
    theirs = DeliveryRow.subscription_id.in_(subscription_ids)
    connection.execute(
        update(DeliveryRow)
        .where(theirs, DeliveryRow.state.in_(_WAITING))
        .values(state=DeliveryState.SKIPPED.value, next_attempt_at=None, reply="the person was erased")
    )
    connection.execute(
        update(DeliveryRow)
        .where(theirs)
        .values(reply=func.replace(DeliveryRow.reply, DeliveryRow.address, ERASED), address="")
    )
    bounces.forget_people(connection, subscription_ids)
