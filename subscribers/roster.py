"""Looking people up for a person to read: lists in pages, one person's whole history, rows for a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, case, select

from subscribers.consent import Event
from subscribers.store import suppressed_here
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow, SuppressionRow

PAGE: Final = 1000
SUPPRESSED: Final = "suppressed"
"""Shown in place of the state: whatever the state is, nothing is sent."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list: one person's subscription."""

    subscription_id: int
    address: str
    newsletter: str
    status: str  # a state, or "suppressed"
    language: str
    since: datetime
    source: str
    created_at: datetime
    waits: bool = False  # for issues in their own language


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of a history, with its evidence as it was written down."""

    event: str
    at: datetime
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why, and for which newsletter ("" for all), nothing is sent to an address."""

    newsletter: str
    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that is kept about an address."""

    address: str
    subscriptions: tuple[tuple[Listed, tuple[Happened, ...]], ...]
    suppressions: tuple[Suppressed, ...]
    created_at: datetime | None  # None: only a suppression is left of the person


@dataclass(frozen=True, slots=True)
class Exported:
    """A row of an export: what an import of it needs to give the same person back."""

    listed: Listed
    subscribed_at: str
    confirmed_at: str
    source: str
    ip: str
    state: str  # also of those who are suppressed
    paused_until: datetime | None
    waits: bool  # for issues in their own language
    history: tuple[Happened, ...]
    suppressions: tuple[Suppressed, ...]


def list_people(
    connection: Connection,
    *,
    newsletter: str | None = None,
    status: str | None = None,
    after: int = 0,
    limit: int = PAGE,
) -> list[Listed]:
    """A page of subscriptions in the order of their ids, those after ``after``. None means any."""
    query = _listing().where(SubscriptionRow.id > after).order_by(SubscriptionRow.id).limit(limit)
    if newsletter is not None:
        query = query.where(SubscriptionRow.newsletter == newsletter)
    if status == SUPPRESSED:
        query = query.where(suppressed_here())
    elif status is not None:
        query = query.where(SubscriptionRow.state == status, ~suppressed_here())
    return [Listed(*row) for row in connection.execute(query)]


def everybody(
    connection: Connection, *, newsletter: str | None = None, status: str | None = None
) -> Iterator[Listed]:
    """All pages, one after another; never more than one of them in memory."""
    after = 0
    while page := list_people(connection, newsletter=newsletter, status=status, after=after):
        yield from page
        after = page[-1].subscription_id


def person(connection: Connection, address_key: str, address_hash: str) -> Person | None:
    """The whole history of an address, None when nothing is known of it."""
    subscriber = connection.execute(
        select(SubscriberRow.id, SubscriberRow.address, SubscriberRow.created_at).where(
            SubscriberRow.address_key == address_key
        )
    ).first()
    suppressions = tuple(
        Suppressed(*row)
        for row in connection.execute(
            select(SuppressionRow.newsletter, SuppressionRow.reason, SuppressionRow.detail, SuppressionRow.at)
            .where(SuppressionRow.address_hash == address_hash)
            .order_by(SuppressionRow.id)
        )
    )
    if subscriber is None:
        return Person(address_key, (), suppressions, None) if suppressions else None
    listed = [
        Listed(*row)
        for row in connection.execute(
            _listing().where(SubscriberRow.id == subscriber.id).order_by(SubscriptionRow.newsletter)
        )
    ]
    histories = _histories(connection, [line.subscription_id for line in listed])
    return Person(
        subscriber.address,
        tuple((line, tuple(histories[line.subscription_id])) for line in listed),
        suppressions,
        subscriber.created_at,
    )


def export_people(connection: Connection, *, newsletter: str | None = None) -> Iterator[Exported]:
    """Every subscription with what its history says of how it came about."""
    after = 0
    while page := list_people(connection, newsletter=newsletter, after=after):
        ids = [line.subscription_id for line in page]
        histories = _histories(connection, ids)
        more = {
            row.id: row
            for row in connection.execute(
                select(
                    SubscriptionRow.id,
                    SubscriptionRow.state,
                    SubscriptionRow.paused_until,
                    SubscriptionRow.waits,
                    SubscriberRow.address_hash,
                )
                .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
                .where(SubscriptionRow.id.in_(ids))
            )
        }
        suppressions = _suppressions(connection, [more[line.subscription_id].address_hash for line in page])
        for line in page:
            row = more[line.subscription_id]
            yield _exported(
                line,
                histories[line.subscription_id],
                row.state,
                row.paused_until,
                row.waits,
                tuple(suppressions.get(row.address_hash, ())),
            )
        after = page[-1].subscription_id


def _suppressions(connection: Connection, hashes: list[str]) -> dict[str, list[Suppressed]]:
    found: dict[str, list[Suppressed]] = {}
    rows = connection.execute(
        select(
            SuppressionRow.address_hash,
            SuppressionRow.newsletter,
            SuppressionRow.reason,
            SuppressionRow.detail,
            SuppressionRow.at,
        )
        .where(SuppressionRow.address_hash.in_(hashes))
        .order_by(SuppressionRow.id)
    )
    for row in rows:
        found.setdefault(row.address_hash, []).append(Suppressed(row.newsletter, row.reason, row.detail, row.at))
    return found


def _exported(
    line: Listed,
    history: list[Happened],
    state: str,
    paused_until: datetime | None,
    waits: bool,
    suppressions: tuple[Suppressed, ...],
) -> Exported:
    told = next((one.evidence for one in history if one.event.startswith("imported")), {})
    confirmed = next((one.at.isoformat() for one in reversed(history) if one.event == Event.CONFIRMED), "")
    asked = next((one for one in history if one.event == Event.REQUESTED), None)
    return Exported(
        line,
        subscribed_at=str(told.get("subscribed_at") or (asked.at if asked else line.created_at).isoformat()),
        confirmed_at=confirmed or str(told.get("confirmed_at", "")),
        source=str(told.get("source") or line.source),
        ip=str(told.get("ip") or next((one.evidence["ip"] for one in history if one.evidence.get("ip")), "")),
        state=state,
        paused_until=paused_until,
        waits=waits,
        history=tuple(history),
        suppressions=suppressions,
    )


def _listing() -> Select[int, str, str, str, str, datetime, str, datetime, bool]:
    status = case((suppressed_here(), SUPPRESSED), else_=SubscriptionRow.state)
    return select(
        SubscriptionRow.id,
        SubscriberRow.address,
        SubscriptionRow.newsletter,
        status,
        SubscriptionRow.language,
        SubscriptionRow.since,
        SubscriptionRow.source,
        SubscriptionRow.created_at,
        SubscriptionRow.waits,
    ).join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)


def _histories(connection: Connection, subscription_ids: list[int]) -> dict[int, list[Happened]]:
    found: dict[int, list[Happened]] = {subscription_id: [] for subscription_id in subscription_ids}
    rows = connection.execute(
        select(ConsentRow.subscription_id, ConsentRow.event, ConsentRow.at, ConsentRow.evidence)
        .where(ConsentRow.subscription_id.in_(subscription_ids))
        .order_by(ConsentRow.at, ConsentRow.id)
    )
    for row in rows:
        found[row.subscription_id].append(Happened(row.event, row.at, row.evidence))
    return found
