"""The temporary tables of an import: rows wait in one, the other remembers whom a rehearsal has seen."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

from sqlalchemy import Column, Integer, MetaData, Select, Table, Text, and_, select

from subscribers.tables import SubscriberRow, SubscriptionRow


class Suppress(IntEnum):
    """What a staged row says of suppression."""

    NOT = 0
    HERE = 1  # for the row's own newsletter
    AS_TOLD = 2  # as our own export lists them


STAGE: Final = Table(
    "import_stage",
    MetaData(),
    Column("line", Integer, primary_key=True),
    Column("address", Text),
    Column("address_key", Text),
    Column("address_hash", Text),
    Column("newsletter", Text),
    Column("language", Text),
    Column("state", Text),
    Column("event", Text),
    Column("suppress", Integer),
    Column("since", Text),
    Column("source", Text),
    Column("evidence", Text),
    prefixes=["TEMPORARY"],
)
SEEN: Final = Table(  # of a rehearsal, which writes nobody down
    "import_seen",
    MetaData(),
    Column("address_key", Text, primary_key=True),
    Column("newsletter", Text, primary_key=True),
    prefixes=["TEMPORARY"],
)
columns: Final = STAGE.c


def written(*more: Any) -> Select[Any]:
    """(line, subscription id, …) of the staged rows whose subscriptions are written."""
    return (
        select(columns.line, SubscriptionRow.id, *more)
        .join(SubscriberRow, SubscriberRow.address_key == columns.address_key)
        .join(
            SubscriptionRow,
            and_(
                SubscriptionRow.subscriber_id == SubscriberRow.id, SubscriptionRow.newsletter == columns.newsletter
            ),
        )
        .order_by(columns.line)
    )
