"""What ledger and bounces keep of a person who was erased: that something was sent, and how it ended.

Law: no row is removed from the ledger, so that its counts add up for ever.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, or_, select, update

from mailer.store.states import DeliveryState
from mailer.store.tables import BounceRow, DeliveryRow, ReturnedRow

GONE = "[erased]"
_WAITING = (DeliveryState.QUEUED.value, DeliveryState.DEFERRED.value, DeliveryState.LEASED.value)


def forget_person(connection: Connection, subscription_ids: Sequence[int], addresses: Sequence[str]) -> int:
    """Take a person out of deliveries and bounces; how many rows were changed.

    ``addresses`` are those of the person, also in lower case; they find rows of a subscription that is gone. What
    was still to be sent is skipped; a row that is on its way at this moment keeps its state.
    """
    theirs = or_(
        DeliveryRow.subscription_id.in_(subscription_ids),
        DeliveryRow.address.in_(addresses),
        func.lower(DeliveryRow.address).in_(addresses),
    )
    rows = connection.execute(select(DeliveryRow.id, DeliveryRow.address).where(theirs)).all()
    ids = [row.id for row in rows]
    named = {*addresses, *(row.address.lower() for row in rows if row.address)}
    bounced = or_(
        BounceRow.subscription_id.in_(subscription_ids),
        BounceRow.delivery_id.in_(ids),
        func.lower(BounceRow.recipient).in_(named),
    )
    raw = select(BounceRow.returned_id).where(bounced, BounceRow.returned_id.is_not(None))
    connection.execute(delete(ReturnedRow).where(ReturnedRow.id.in_(raw)))
    bounces = connection.execute(update(BounceRow).where(bounced).values(recipient=GONE, diagnostic="")).rowcount
    if ids:
        mine = DeliveryRow.id.in_(ids)
        connection.execute(
            update(DeliveryRow)
            .where(mine, DeliveryRow.state.in_(_WAITING))
            .values(state=DeliveryState.SKIPPED.value, lease=None, next_attempt_at=None)
        )
        # a server's words may name the person in any way: the codes beside them say what is needed
        connection.execute(update(DeliveryRow).where(mine).values(address=GONE, reply=""))
    return len(ids) + bounces
