"""What is asked of and written to the tables about people. Every change of a subscription goes through ``record``.

Laws: a change and its consent event are one transaction, the caller's; times come from the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from subscribers.address import Address
from subscribers.consent import Event, Evidence
from subscribers.subscription import Refusal, SubscriptionState, apply
from subscribers.tables import Base, ConsentRow, SubscriberRow, SubscriptionRow, SuppressionRow

EVERY_NEWSLETTER: Final = ""
"""In a suppression: the address is written to by none of them."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's relation to one newsletter as it is now."""

    subscription_id: int
    subscriber_id: int
    address: str
    newsletter: str
    state: SubscriptionState
    language: str
    since: datetime
    paused_until: datetime | None
    waits: bool = False  # rather a late issue in their language than one in another


def audience_select(newsletter: str, now: datetime) -> Select[int, str, str]:
    """(subscription_id, address, language) of everybody who gets ``newsletter`` now: subscribed, not paused, not
    suppressed for it or for all.
    """
    return (
        select(SubscriptionRow.id.label("subscription_id"), SubscriberRow.address, SubscriptionRow.language)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(
            SubscriptionRow.newsletter == newsletter,
            SubscriptionRow.state == SubscriptionState.SUBSCRIBED.value,
            or_(SubscriptionRow.paused_until.is_(None), SubscriptionRow.paused_until <= now),
            ~suppressed_here(),
        )
    )


def suppressed_here() -> ColumnElement[bool]:
    """Whether the joined subscriber is suppressed for the joined subscription's newsletter, or for all."""
    return exists().where(
        SuppressionRow.address_hash == SubscriberRow.address_hash,
        SuppressionRow.newsletter.in_([EVERY_NEWSLETTER, SubscriptionRow.newsletter]),
    )


def find(connection: Connection, address_key: str, newsletter: str) -> Standing | None:
    """Where the person with this address stands with ``newsletter``."""
    return _standing(
        connection, SubscriberRow.address_key == address_key, SubscriptionRow.newsletter == newsletter
    )


def standing(connection: Connection, subscription_id: int) -> Standing | None:
    """The subscription that a token names."""
    return _standing(connection, SubscriptionRow.id == subscription_id)


def _standing(connection: Connection, *conditions: ColumnElement[bool]) -> Standing | None:
    row = connection.execute(
        select(
            SubscriptionRow.id,
            SubscriptionRow.subscriber_id,
            SubscriberRow.address,
            SubscriptionRow.newsletter,
            SubscriptionRow.state,
            SubscriptionRow.language,
            SubscriptionRow.since,
            SubscriptionRow.paused_until,
            SubscriptionRow.waits,
        )
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(*conditions)
        .with_for_update(of=SubscriptionRow)  # SQLite has the write lock already and leaves this out
    ).first()
    return row and Standing(*row[:4], SubscriptionState(row.state), *row[5:])


def add(
    connection: Connection,
    address: Address,
    address_hash: str,
    *,
    newsletter: str,
    language: str,
    event: Event,
    evidence: Evidence,
    now: datetime,
    source: str = "",
) -> Standing | Refusal:
    """Let ``event`` (requested, added, imported) happen to this person, who need not exist yet.

    Suppressed people are refused; the caller must not tell a stranger so.
    """
    if is_suppressed(connection, address_hash, newsletter):
        return Refusal("is suppressed; nothing is ever sent to this address")
    there = find(connection, address.key, newsletter)
    if there is not None:
        return record(connection, there, event, evidence, now)
    begun = apply(None, event)
    if begun is None or isinstance(begun, Refusal):
        return begun or Refusal("has no subscription")
    written = connection.scalar(
        insert_or_leave(connection, SubscriptionRow)
        .values(
            subscriber_id=_subscriber(connection, address, address_hash, now),
            newsletter=newsletter,
            state=begun.value,
            language=language,
            since=now,
            source=source,
            created_at=now,
        )
        .returning(SubscriptionRow.id)
    )
    there = cast("Standing", find(connection, address.key, newsletter))
    if written is None:  # PostgreSQL: somebody else added the person between our look and our writing
        return record(connection, there, event, evidence, now)
    _note(connection, there.subscription_id, event, evidence, now)
    return there


def record(
    connection: Connection, there: Standing, event: Event, evidence: Evidence, now: datetime
) -> Standing | Refusal:
    """Let ``event`` happen to a subscription: its standing afterwards and a line in its history, or a refusal."""
    outcome = apply(there.state, event)
    if outcome is None or isinstance(outcome, Refusal):
        return outcome or Refusal("is to be removed, not changed")
    _note(connection, there.subscription_id, event, evidence, now)
    if outcome is there.state:
        return there
    connection.execute(
        update(SubscriptionRow)
        .where(SubscriptionRow.id == there.subscription_id)
        .values(state=outcome.value, since=now)
    )
    return replace(there, state=outcome, since=now)


def _note(connection: Connection, subscription_id: int, event: Event, evidence: Evidence, now: datetime) -> None:
    connection.execute(
        insert(ConsentRow).values(
            subscription_id=subscription_id, event=event.value, at=now, evidence=dict(evidence)
        )
    )


def unsubscribe(
    connection: Connection, address_key: str, newsletter: str, evidence: Evidence, now: datetime
) -> bool:
    """Whether the person had a subscription to leave; it is left now, and was perhaps left before."""
    there = find(connection, address_key, newsletter)
    if there is None:
        return False
    if there.state is not SubscriptionState.UNSUBSCRIBED:
        record(connection, there, Event.UNSUBSCRIBED, evidence, now)
    return True


def suppress(
    connection: Connection,
    address_hash: str,
    *,
    reason: str,
    now: datetime,
    newsletter: str = EVERY_NEWSLETTER,
    detail: str = "",
) -> bool:
    """Never write to this address again. False when that was settled before; the older reason stays."""
    written = connection.scalar(
        insert_or_leave(connection, SuppressionRow)
        .values(address_hash=address_hash, newsletter=newsletter, reason=reason, detail=detail, at=now)
        .returning(SuppressionRow.id)
    )
    return written is not None


def unsuppress(connection: Connection, address_hash: str, newsletter: str = EVERY_NEWSLETTER) -> bool:
    """Whether there was a suppression to lift. For operators only."""
    result = connection.execute(
        delete(SuppressionRow).where(
            SuppressionRow.address_hash == address_hash, SuppressionRow.newsletter == newsletter
        )
    )
    return result.rowcount > 0


def free(
    connection: Connection,
    address_key: str,
    address_hash: str,
    *,
    reason: str,
    now: datetime,
    newsletter: str = EVERY_NEWSLETTER,
) -> bool:
    """Lift a suppression by hand, and keep the reason in the person's history. False when there was none."""
    if not unsuppress(connection, address_hash, newsletter):
        return False
    theirs = (
        select(SubscriptionRow.id)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(SubscriberRow.address_key == address_key)
    )
    if newsletter != EVERY_NEWSLETTER:
        theirs = theirs.where(SubscriptionRow.newsletter == newsletter)
    for subscription_id in connection.execute(theirs).scalars().all():
        _note(connection, subscription_id, Event.UNSUPPRESSED, {"by": "operator", "reason": reason}, now)
    return True


def is_suppressed(connection: Connection, address_hash: str, newsletter: str) -> bool:
    """Whether nothing may be sent to this address in the name of ``newsletter``."""
    return connection.scalar(
        select(func.count()).where(
            and_(
                SuppressionRow.address_hash == address_hash,
                SuppressionRow.newsletter.in_([EVERY_NEWSLETTER, newsletter]),
            )
        )
    ) not in (None, 0)


def insert_or_leave(connection: Connection, row: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves a row alone that is there already."""
    table: Any = row.__table__
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def _subscriber(connection: Connection, address: Address, address_hash: str, now: datetime) -> int:
    values: Mapping[str, object] = {
        "address": address.as_typed,
        "address_key": address.key,
        "address_hash": address_hash,
        "created_at": now,
    }
    connection.execute(insert_or_leave(connection, SubscriberRow).values(**values))
    found = connection.scalar(select(SubscriberRow.id).where(SubscriberRow.address_key == address.key))
    return cast("int", found)
