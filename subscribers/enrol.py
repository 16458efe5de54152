"""Subscribing: a request from the form, and the button behind the mailed link that proves it.

Laws: a request does the same database work whoever the address belongs to, so that neither answer nor time tells;
person, consent and notice are one transaction; nobody who is subscribed is set back; a confirmation counts once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, and_, exists, select

from subscribers import allowing, asking, store
from subscribers.address import Address
from subscribers.asking import Person, Seen
from subscribers.consent import Event, Evidence
from subscribers.limits import Bucket, pour
from subscribers.outbox import Notice, post_notice, sha256_of_sent
from subscribers.ready import speak
from subscribers.store import Standing
from subscribers.subscription import Refusal, SubscriptionState
from subscribers.tables import ConsentRow, SubscriberRow
from subscribers.tokens import Confirmation, TokenKeys


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


def request(
    connection: Connection, keys: TokenKeys, asked: Asked, buckets: list[Bucket], now: datetime
) -> Kind | None:
    """Take a request: person pending, consent event and notice, as far as it may be. For tests and counters it
    tells the kind of address, None when no mail was caused; the caller must tell nobody.

    A new person stays on record even when the allowances let no mail pass: they can ask again later.
    """
    invented = _invented(keys)
    real = invented if asked.address is None else _person(keys, asked.address)
    seen = asking.look(connection, [bucket.scope for bucket in buckets], real, asked.newsletter)
    passed, after = pour(buckets, seen.full_until, allowing.microseconds(now))
    asking.fill(connection, after)
    kind = Kind.UNUSABLE if asked.address is None else _kind(seen)
    notice = NOTICE_FOR.get(kind)
    keeps_person = notice is not None and (passed or kind is Kind.NEW)
    speak(connection, "SAVEPOINT person")
    written = asking.write(
        connection,
        real if keeps_person else invented,
        newsletter=asked.newsletter,
        language=asked.language,
        evidence=asked.evidence,
        now=now,
    )
    speak(connection, "SAVEPOINT notice")
    post_notice(
        connection,
        notice or Notice.CONFIRM,
        subscription_id=written.subscription_id,
        address=written.address,
        newsletter=asked.newsletter,
        language=written.language,
        payload={"request": written.request_id},
        now=now,
    )
    if not keeps_person:
        speak(connection, "ROLLBACK TO SAVEPOINT person")
    elif not passed:
        speak(connection, "ROLLBACK TO SAVEPOINT notice")
    else:
        speak(connection, "RELEASE SAVEPOINT notice")  # one statement more or less would tell
    return kind if keeps_person and passed else None


def _person(keys: TokenKeys, address: Address) -> Person:
    return Person(address.as_typed, address.key, keys.address_hash(address.key))


def _invented(keys: TokenKeys) -> Person:
    """Somebody who is nobody: as long as a real address, and never in the tables when the transaction ends."""
    key = f"{secrets.token_hex(6)}@{secrets.token_hex(6)}.invalid"
    return Person(key, key, keys.address_hash(key))


def _kind(seen: Seen) -> Kind:
    if seen.suppressed:
        return Kind.SUPPRESSED
    return Kind.NEW if seen.state is None else Kind(seen.state)


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
