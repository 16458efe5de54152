"""What a request of the form asks of and writes to the database, in as few statements as each database lets us.

Laws: the same statements for every address; whatever is asked before something is written is locked, or on SQLite
nobody else writes.
"""

# ruff: noqa: S608 -- statements are put together of our own words; every value is bound

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import Connection, bindparam, case, insert, literal_column, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from subscribers.consent import Event, Evidence
from subscribers.ready import Ready
from subscribers.store import EVERY_NEWSLETTER
from subscribers.subscription import CHANGES, SubscriptionState
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow

SOURCE: Final = "form"
_once_for_each_database: Final = lru_cache(maxsize=64)
_BEGUN: Final = cast("SubscriptionState", CHANGES[Event.REQUESTED][None])


@dataclass(frozen=True, slots=True)
class Person:
    """Whose rows are looked for and written."""

    address: str
    key: str
    hash: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How things stand before anything is written."""

    full_until: Mapping[str, int]  # of the allowances' buckets
    state: str | None  # of the person's subscription
    suppressed: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A request's rows, and where a mail about it goes."""

    subscription_id: int
    request_id: int  # of the consent event
    address: str
    language: str


def look(connection: Connection, scopes: Sequence[str], person: Person, newsletter: str) -> Seen:
    """The buckets of these scopes, locked until the transaction ends, and what is known of the person."""
    ordered = sorted(scopes)  # in one order, so that no two transactions wait in a ring
    values: dict[str, object] = {f"scope{index}": scope for index, scope in enumerate(ordered)}
    values |= {"key": person.key, "hash": person.hash, "newsletter": newsletter}
    rows = _look(connection.dialect, len(ordered)).execute(connection, values)
    _, _, state, suppressed = rows[0]
    return Seen({scope: full_until for scope, full_until, _, _ in rows}, state, bool(suppressed))


def fill(connection: Connection, full_until: Mapping[str, int]) -> None:
    """Write the buckets as they are afterwards."""
    values: dict[str, object] = {}
    for index, scope in enumerate(sorted(full_until)):
        values[f"scope{index}"] = scope
        values[f"until{index}"] = full_until[scope]
    _fill(connection.dialect, len(full_until)).execute(connection, values)


def write(
    connection: Connection, person: Person, *, newsletter: str, language: str, evidence: Evidence, now: datetime
) -> Written:
    """Person, subscription and consent event, new or as the table of changes makes of what there is."""
    values = {
        "address": person.address,
        "address_key": person.key,
        "address_hash": person.hash,
        "newsletter": newsletter,
        "language": language,
        "evidence": dict(evidence),
        "now": now,
    }
    if connection.dialect.name == "postgresql":
        (row,) = _write_at_once(connection.dialect).execute(connection, values)
        return Written(*row)
    subscriber, subscription, consent = _write_in_steps(connection.dialect)
    ((subscriber_id, address),) = subscriber.execute(connection, values)
    ((subscription_id, kept),) = subscription.execute(connection, values | {"subscriber_id": subscriber_id})
    ((request_id,),) = consent.execute(connection, values | {"subscription_id": subscription_id})
    return Written(subscription_id, request_id, address, kept)


@_once_for_each_database
def _look(dialect: Dialect, count: int) -> Ready:
    """A row for each bucket, with the subscription's state and whether the address is suppressed.

    The sum with "" keeps a planner that has seen the tables only while they were empty from going through all
    subscriptions of the newsletter, rather than through those of the person.
    """
    known = (
        "(SELECT state FROM subscription WHERE newsletter || '' = :newsletter AND subscriber_id ="
        " (SELECT id FROM subscriber WHERE address_key = :key)) AS state,"
        " EXISTS (SELECT 1 FROM suppression WHERE address_hash = :hash"
        f" AND newsletter IN ('{EVERY_NEWSLETTER}', :newsletter)) AS suppressed"
    )
    rows = ", ".join(f"(:scope{index}, 0)" for index in range(count))
    if dialect.name == "postgresql":
        words = (
            f"WITH locked AS (INSERT INTO bucket (scope, full_until) VALUES {rows} ON CONFLICT (scope)"
            f" DO UPDATE SET full_until = bucket.full_until RETURNING scope, full_until)"
            f" SELECT scope, full_until, {known} FROM locked"
        )
    else:
        words = (
            f"WITH wanted (scope, zero) AS (VALUES {rows})"
            f" SELECT wanted.scope, coalesce(bucket.full_until, 0) AS full_until, {known}"
            " FROM wanted LEFT JOIN bucket ON bucket.scope = wanted.scope"
        )
    return Ready(text(words), dialect, returns=True)


@_once_for_each_database
def _fill(dialect: Dialect, count: int) -> Ready:
    rows = ", ".join(f"(:scope{index}, :until{index})" for index in range(count))
    return Ready(
        text(
            f"INSERT INTO bucket (scope, full_until) VALUES {rows}"
            " ON CONFLICT (scope) DO UPDATE SET full_until = excluded.full_until"
        ),
        dialect,
    )


@_once_for_each_database
def _write_in_steps(dialect: Dialect) -> tuple[Ready, Ready, Ready]:
    """Subscriber, subscription, consent: for SQLite, whose statements cannot write to more than one table."""
    consent = insert(_CONSENT).values(_consent(bindparam("subscription_id"))).returning(_CONSENT.c.id)
    return (
        Ready(_subscriber(dialect), dialect, returns=True),
        Ready(_subscription(dialect, bindparam("subscriber_id")), dialect, returns=True),
        Ready(consent, dialect, returns=True),
    )


@_once_for_each_database
def _write_at_once(dialect: Dialect) -> Ready:
    """The same three as one statement."""
    subscriber = _subscriber(dialect).cte("person")
    subscription = _subscription(dialect, select(subscriber.c.id).scalar_subquery()).cte("relation")
    consent = (
        insert(_CONSENT)
        .values(_consent(select(subscription.c.id).scalar_subquery()))
        .returning(_CONSENT.c.id)
        .cte("asked")
    )
    one = literal_column("1") == literal_column("1")  # each of them gives back one row
    return Ready(
        select(
            subscription.c.id.label("subscription_id"),
            consent.c.id.label("request_id"),
            subscriber.c.address,
            subscription.c.language,
        ).select_from(subscriber.join(subscription, one).join(consent, one)),
        dialect,
        returns=True,
    )


_PERSON: Final[Any] = SubscriberRow.__table__
_SUBSCRIPTION: Final[Any] = SubscriptionRow.__table__
_CONSENT: Final[Any] = ConsentRow.__table__


def _subscriber(dialect: Dialect) -> Any:
    """A person written, or found."""
    made = _insert(dialect)(_PERSON).values(
        address=bindparam("address"),
        address_key=bindparam("address_key"),
        address_hash=bindparam("address_hash"),
        created_at=bindparam("now", type_=_PERSON.c.created_at.type),
    )
    return made.on_conflict_do_update(
        index_elements=["address_key"], set_={"address_key": made.excluded.address_key}
    ).returning(_PERSON.c.id, _PERSON.c.address)


def _subscription(dialect: Dialect, subscriber_id: Any) -> Any:
    """A subscription written, or found, or for those who left begun anew: as the table of all changes says."""
    now = bindparam("now", type_=_SUBSCRIPTION.c.since.type)
    made = _insert(dialect)(_SUBSCRIPTION).values(
        subscriber_id=subscriber_id,
        newsletter=bindparam("newsletter"),
        state=_BEGUN.value,
        language=bindparam("language"),
        since=now,
        source=SOURCE,
        created_at=now,
        waits=False,
    )
    changed = {
        state.value: outcome.value
        for state, outcome in CHANGES[Event.REQUESTED].items()
        if state is not None and isinstance(outcome, SubscriptionState) and outcome is not state
    }
    there = _SUBSCRIPTION.c
    moves = or_(*(there.state == state for state in changed))
    stays_subscribed = there.state == SubscriptionState.SUBSCRIBED.value
    return made.on_conflict_do_update(
        index_elements=["subscriber_id", "newsletter"],
        set_={
            "state": case(changed, value=there.state, else_=there.state),
            "since": case((moves, made.excluded.since), else_=there.since),
            "language": case((stays_subscribed, there.language), else_=made.excluded.language),
        },
    ).returning(there.id, there.language)


def _consent(subscription_id: Any) -> dict[str, Any]:
    return {
        "subscription_id": subscription_id,
        "event": Event.REQUESTED.value,
        "at": bindparam("now", type_=_CONSENT.c.at.type),
        "evidence": bindparam("evidence", type_=_CONSENT.c.evidence.type),
    }


def _insert(dialect: Dialect) -> Any:
    return {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[dialect.name]
