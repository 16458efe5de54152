"""Subscribing: a request from the form, and the button behind the mailed link that proves it.

Laws: a request does the same database work whoever the address belongs to, so that neither answer nor time tells;
person, consent and notice are one transaction; nobody who is subscribed is set back; a confirmation counts once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, and_, bindparam, case, exists, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from subscribers import allowing, store
from subscribers.address import Address
from subscribers.consent import Event, Evidence
from subscribers.limits import Bucket
from subscribers.outbox import Notice, post_notice, sha256_of_sent
from subscribers.store import EVERY_NEWSLETTER, Standing
from subscribers.subscription import CHANGES, Refusal, SubscriptionState
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow, SuppressionRow
from subscribers.tokens import Confirmation, TokenKeys

SOURCE: Final = "form"


class Kind(StrEnum):
    """Who an address belongs to, as far as a request is concerned."""

    NEW = "new"
    PENDING = "pending"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    UNUSABLE = "unusable"  # well-formed, but nothing is ever sent there


NOTICE_FOR: Final = {
    Kind.NEW: Notice.CONFIRM,
    Kind.PENDING: Notice.CONFIRM,
    Kind.UNSUBSCRIBED: Notice.CONFIRM,
    Kind.SUBSCRIBED: Notice.PREFERENCES,
}
"""The others are never written to: for them everything is done for an invented address, and undone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. ``address`` is None when the text was well-formed but nothing can be sent to it."""

    newsletter: str
    language: str
    address: Address | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Person:
    """Whose rows are written: the real address, or an invented one whose rows are taken back."""

    address: str
    key: str
    hash: str


def request(
    connection: Connection, keys: TokenKeys, asked: Asked, buckets: list[Bucket], now: datetime
) -> Kind | None:
    """Take a request: person pending, consent event and notice, as far as it may be. For tests and counters it
    tells the kind of address, None when no mail was caused; the caller must tell nobody.

    A new person stays on record even when the allowances let no mail pass: they can ask again later.
    """
    passed = allowing.charge(connection, buckets, now)
    invented = _invented(keys)
    real = invented if asked.address is None else _person(keys, asked.address)
    kind = _kind(connection, real, asked.newsletter)
    if asked.address is None:
        kind = Kind.UNUSABLE
    notice = NOTICE_FOR.get(kind)
    keeps_person = notice is not None and (passed or kind is Kind.NEW)
    person = real if keeps_person else invented
    connection.exec_driver_sql("SAVEPOINT person")
    subscription_id, request_id, address, language = _write(connection, person, asked, now)
    connection.exec_driver_sql("SAVEPOINT notice")
    post_notice(
        connection,
        notice or Notice.CONFIRM,
        subscription_id=subscription_id,
        address=address,
        newsletter=asked.newsletter,
        language=language,
        payload={"request": request_id},
        now=now,
    )
    if not keeps_person:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT person")
    elif not passed:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT notice")
    connection.exec_driver_sql("RELEASE SAVEPOINT person")
    return kind if keeps_person and passed else None


def _person(keys: TokenKeys, address: Address) -> _Person:
    return _Person(address.as_typed, address.key, keys.address_hash(address.key))


def _invented(keys: TokenKeys) -> _Person:
    """Somebody who is nobody: as long as a real address, and never in the tables when the transaction ends."""
    key = f"{secrets.token_hex(6)}@{secrets.token_hex(6)}.invalid"
    return _Person(key, key, keys.address_hash(key))


@cache
def _look() -> Any:
    """One row whatever there is: the subscription's state, and whether the address is suppressed."""
    suppressed = exists().where(
        SuppressionRow.address_hash == bindparam("hash"),
        SuppressionRow.newsletter.in_([EVERY_NEWSLETTER, bindparam("newsletter")]),
    )
    one = select(literal(1).label("one")).subquery()
    return select(SubscriptionRow.state, suppressed.label("suppressed")).select_from(
        one.outerjoin(SubscriberRow, SubscriberRow.address_key == bindparam("key")).outerjoin(
            SubscriptionRow,
            and_(
                SubscriptionRow.subscriber_id == SubscriberRow.id,
                SubscriptionRow.newsletter == bindparam("newsletter"),
            ),
        )
    )


def _kind(connection: Connection, person: _Person, newsletter: str) -> Kind:
    row = connection.execute(_look(), {"hash": person.hash, "key": person.key, "newsletter": newsletter}).one()
    if row.suppressed:
        return Kind.SUPPRESSED
    return Kind.NEW if row.state is None else Kind(row.state)


@cache
def _upserts(dialect: str) -> tuple[Any, Any]:
    """Subscriber and subscription: written, or found, or for those who left begun anew, by one statement each.

    What a request makes of a state comes from the table of all changes.
    """
    make: Any = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[dialect]
    person: Any = SubscriberRow.__table__
    subscriber = make(person)
    subscriber = subscriber.on_conflict_do_update(
        index_elements=["address_key"], set_={"address_key": subscriber.excluded.address_key}
    ).returning(person.c.id, person.c.address)
    table: Any = SubscriptionRow.__table__
    outcomes = CHANGES[Event.REQUESTED]
    changed = {
        state.value: outcome.value
        for state, outcome in outcomes.items()
        if state is not None and isinstance(outcome, SubscriptionState) and outcome is not state
    }
    moves = table.c.state.in_(changed)
    stays_subscribed = table.c.state == SubscriptionState.SUBSCRIBED.value
    subscription = make(table)
    subscription = subscription.on_conflict_do_update(
        index_elements=["subscriber_id", "newsletter"],
        set_={
            "state": case(changed, value=table.c.state, else_=table.c.state),
            "since": case((moves, subscription.excluded.since), else_=table.c.since),
            "language": case((stays_subscribed, table.c.language), else_=subscription.excluded.language),
        },
    ).returning(table.c.id, table.c.language)
    return subscriber, subscription


def _write(connection: Connection, person: _Person, asked: Asked, now: datetime) -> tuple[int, int, str, str]:
    """Person, subscription and consent event: ids of the last two, and address and language for mail."""
    subscriber, subscription = _upserts(connection.dialect.name)
    subscriber_id, address = connection.execute(
        subscriber,
        {"address": person.address, "address_key": person.key, "address_hash": person.hash, "created_at": now},
    ).one()
    begun = cast("SubscriptionState", CHANGES[Event.REQUESTED][None])
    subscription_id, language = connection.execute(
        subscription,
        {
            "subscriber_id": subscriber_id,
            "newsletter": asked.newsletter,
            "state": begun.value,
            "language": asked.language,
            "since": now,
            "source": SOURCE,
            "created_at": now,
        },
    ).one()
    request_id = connection.execute(
        insert(ConsentRow).returning(ConsentRow.id),
        {
            "subscription_id": subscription_id,
            "event": Event.REQUESTED.value,
            "at": now,
            "evidence": dict(asked.evidence),
        },
    ).scalar_one()
    return int(subscription_id), int(request_id), str(address), str(language)


class Stale(StrEnum):
    """Why a confirm link changes nothing."""

    USED = "used"  # by somebody who has left since, or asked again
    GONE = "gone"  # the person was erased, or never confirmed in time
    SUPPRESSED = "suppressed"


def look_at_confirmation(connection: Connection, confirmation: Confirmation) -> Standing | Stale:
    """What pressing the button would do: a standing that is subscribed already, or pending; or why nothing."""
    there = store.standing(connection, confirmation.subscription_id)
    if there is None:
        return Stale.GONE
    if is_suppressed(connection, there):
        return Stale.SUPPRESSED
    if there.state is SubscriptionState.SUBSCRIBED:
        return there
    if there.state is SubscriptionState.UNSUBSCRIBED or not _unanswered(connection, confirmation):
        return Stale.USED
    return there


def confirm(
    connection: Connection, confirmation: Confirmation, evidence: Evidence, now: datetime
) -> Standing | Stale:
    """Press the button: subscribed, with a welcome in the outbox; pressed again, it still shows success."""
    there = look_at_confirmation(connection, confirmation)
    if isinstance(there, Stale) or there.state is SubscriptionState.SUBSCRIBED:
        return there
    told: Evidence = {**evidence, "request": confirmation.request_id}
    if sha256 := sha256_of_sent(connection, there.subscription_id, Notice.CONFIRM):
        told["notice_sha256"] = sha256
    after = store.record(connection, there, Event.CONFIRMED, told, now)
    if isinstance(after, Refusal):
        return Stale.USED
    post_notice(
        connection,
        Notice.WELCOME,
        subscription_id=after.subscription_id,
        address=after.address,
        newsletter=after.newsletter,
        language=after.language,
        now=now,
    )
    return after


def is_suppressed(connection: Connection, there: Standing) -> bool:
    """Whether nothing may be sent to the person."""
    address_hash = connection.scalar(
        select(SubscriberRow.address_hash).where(SubscriberRow.id == there.subscriber_id)
    )
    return address_hash is None or store.is_suppressed(connection, address_hash, there.newsletter)


def _unanswered(connection: Connection, confirmation: Confirmation) -> bool:
    """Whether the request is one of this subscription's, and nothing was settled after it."""
    mine = ConsentRow.subscription_id == confirmation.subscription_id
    asked = exists().where(
        mine,
        ConsentRow.id == confirmation.request_id,
        ConsentRow.event.in_([Event.REQUESTED.value, Event.IMPORTED_PENDING.value]),
    )
    settled = exists().where(
        mine,
        ConsentRow.id > confirmation.request_id,
        ConsentRow.event.in_([Event.CONFIRMED.value, Event.UNSUBSCRIBED.value]),
    )
    return bool(connection.scalar(select(and_(asked, ~settled))))
