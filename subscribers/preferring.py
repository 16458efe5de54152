"""What somebody with the preferences link may do: language, pause, another address, their data, erasure.

Laws: each change is a line in the person's history; another address counts only when its own mailbox says so;
after an erasure a keyed hash is left and nothing else.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, select, update

from subscribers import allowing, erasing, roster, store
from subscribers.address import Address, parse_address
from subscribers.allowing import Hash
from subscribers.consent import Event, Evidence
from subscribers.enrol import is_suppressed
from subscribers.erasing import Forget
from subscribers.limits import Allowance, Bucket
from subscribers.outbox import Notice, post_notice
from subscribers.store import Standing
from subscribers.subscription import Refusal, SubscriptionState
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow
from subscribers.tokens import AddressChange

CHANGES_A_DAY: Final = Allowance(4, 86_400)  # address changes asked for with one link


def change_language(
    connection: Connection, there: Standing, language: str, evidence: Evidence, now: datetime
) -> None:
    """From the next issue on."""
    if language != there.language:
        _change(connection, there, {"language": language})
        told: Evidence = {**evidence, "before": there.language, "after": language}
        store.record(connection, there, Event.LANGUAGE_CHANGED, told, now)


def choose_waiting(
    connection: Connection, there: Standing, waits: bool, evidence: Evidence, now: datetime
) -> None:
    """Whether a late issue in their language is better than one in another language; from the next issue on.

    Who does not want to wait any more is let go from issues that hold them when the worker next keeps house, or
    somebody sends the issue.
    """
    if waits != there.waits:
        _change(connection, there, {"waits": waits})
        told: Evidence = {**evidence, "after": "waits" if waits else "does not wait"}
        store.record(connection, there, Event.WAITING_CHOSEN, told, now)


def pause(
    connection: Connection, there: Standing, until: datetime | None, evidence: Evidence, now: datetime
) -> None:
    """No issue before ``until``; None ends a pause."""
    if until != there.paused_until:
        _change(connection, there, {"paused_until": until})
        told: Evidence = {**evidence, "after": until.isoformat()} if until else evidence
        store.record(connection, there, Event.PAUSED if until else Event.RESUMED, told, now)


def ask_for_address(
    connection: Connection,
    there: Standing,
    address: Address,
    hashed: Hash,
    per_address: Allowance,
    now: datetime,
) -> bool:
    """Write to the new address for its consent. False when too many changes were asked for with this link.

    Nothing tells whether the new address is known, suppressed or was written to today already.
    """
    if not allowing.charge(connection, [Bucket(f"change:{there.subscription_id}", CHANGES_A_DAY)], now):
        return False
    suppressed = store.is_suppressed(connection, hashed(address.key), there.newsletter)
    free = allowing.charge(connection, [Bucket(f"address:{hashed(address.key)}", per_address)], now)
    if free and not suppressed:
        post_notice(
            connection,
            Notice.ADDRESS_CHANGE,
            subscription_id=there.subscription_id,
            address=address.as_typed,
            newsletter=there.newsletter,
            language=there.language,
            now=now,
        )
    return True


def change_address(
    connection: Connection, change: AddressChange, hashed: Hash, evidence: Evidence, now: datetime
) -> Standing | None:
    """The subscription belongs to the new address; None when that cannot be (erased, left, suppressed).

    Where the new address has a subscription of its own, that one stays and the old one ends.
    """
    there = store.standing(connection, change.subscription_id)
    address = parse_address(change.new_address, special_use=True)
    address_hash = hashed(address.key)
    if there is None or store.is_suppressed(connection, address_hash, there.newsletter):
        return None
    if there.state is SubscriptionState.SUBSCRIBED and _key_of(connection, there) == address.key:
        return there
    if there.state is not SubscriptionState.SUBSCRIBED:
        return _moved_before(connection, there, address)
    if is_suppressed(connection, there):
        return None
    told: Evidence = {**evidence, "before": there.address, "after": address.as_typed}
    other = store.find(connection, address.key, there.newsletter)
    if other is not None:
        return _join(connection, there, other, told, now)
    old = there.subscriber_id
    new = _subscriber(connection, address, address_hash, now)
    _change(connection, there, {"subscriber_id": new})
    connection.execute(delete(SubscriberRow).where(SubscriberRow.id == old, ~_has_subscription()))
    store.record(connection, there, Event.ADDRESS_CHANGED, told, now)
    return store.standing(connection, there.subscription_id)


def _moved_before(connection: Connection, there: Standing, address: Address) -> Standing | None:
    """A link that was followed before, when the new address had a subscription of its own, still shows success."""
    other = store.find(connection, address.key, there.newsletter)
    joined = exists().where(
        ConsentRow.subscription_id == there.subscription_id, ConsentRow.event == Event.ADDRESS_CHANGED.value
    )
    if other is None or other.state is not SubscriptionState.SUBSCRIBED or not connection.scalar(select(joined)):
        return None
    return other


def _join(
    connection: Connection, there: Standing, other: Standing, told: Evidence, now: datetime
) -> Standing | None:
    event = Event.CONFIRMED if other.state is SubscriptionState.PENDING else Event.RESUBSCRIBED
    after = store.record(connection, other, event, told, now)
    store.record(connection, there, Event.ADDRESS_CHANGED, told, now)
    store.record(connection, there, Event.UNSUBSCRIBED, {**told, "reason": "moved to another address"}, now)
    return None if isinstance(after, Refusal) else after


def data_of(connection: Connection, there: Standing) -> dict[str, Any]:
    """Everything that is kept about the person, as JSON would have it."""
    row = connection.execute(
        select(SubscriberRow.address_key, SubscriberRow.address_hash).where(
            SubscriberRow.id == there.subscriber_id
        )
    ).one()
    person = roster.person(connection, row.address_key, row.address_hash)
    if person is None:
        return {}
    return {
        "address": person.address,
        "known_since": _words(person.created_at),
        "subscriptions": [
            {
                **{key: _words(value) for key, value in asdict(listed).items()},
                "history": [
                    {"event": one.event, "at": _words(one.at), "evidence": one.evidence} for one in history
                ],
            }
            for listed, history in person.subscriptions
        ],
        "suppressions": [
            {key: _words(value) for key, value in asdict(one).items()} for one in person.suppressions
        ],
    }


def history_of(connection: Connection, subscription_id: int) -> tuple[roster.Happened, ...]:
    """Everything that happened to one subscription, in order."""
    rows = connection.execute(
        select(ConsentRow.event, ConsentRow.at, ConsentRow.evidence)
        .where(ConsentRow.subscription_id == subscription_id)
        .order_by(ConsentRow.at, ConsentRow.id)
    )
    return tuple(roster.Happened(row.event, row.at, row.evidence) for row in rows)


def note_data_given(connection: Connection, there: Standing, evidence: Evidence, now: datetime) -> None:
    """Write down that the person took a copy."""
    store.record(connection, there, Event.DATA_GIVEN, evidence, now)


def erase(connection: Connection, there: Standing, forget: Forget, now: datetime) -> None:
    """Remove the person from every newsletter; a keyed hash stays, so that nothing is ever sent there again."""
    row = connection.execute(
        select(SubscriberRow.address_key, SubscriberRow.address_hash).where(
            SubscriberRow.id == there.subscriber_id
        )
    ).first()
    if row is not None:
        erasing.erase(connection, row.address_key, row.address_hash, forget, now)


def _change(connection: Connection, there: Standing, values: dict[str, object]) -> None:
    connection.execute(update(SubscriptionRow).where(SubscriptionRow.id == there.subscription_id).values(values))


def _subscriber(connection: Connection, address: Address, address_hash: str, now: datetime) -> int:
    """The row of the new address, which may have other newsletters already."""
    row = {"address": address.as_typed, "address_key": address.key, "address_hash": address_hash}
    connection.execute(store.insert_or_leave(connection, SubscriberRow).values(**row, created_at=now))
    found = select(SubscriberRow.id).where(SubscriberRow.address_key == address.key)
    return int(connection.execute(found).scalar_one())


def _key_of(connection: Connection, there: Standing) -> str | None:
    return connection.scalar(select(SubscriberRow.address_key).where(SubscriberRow.id == there.subscriber_id))


def _has_subscription() -> Any:
    return exists().where(SubscriptionRow.subscriber_id == SubscriberRow.id)


def _words(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
