"""Leasing: a worker takes rows of the ledger in hand; nobody else has them until it is done or dead.

Law: who has unsubscribed, paused or was suppressed since the planning is skipped here and never handed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Update,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from mailer.store.driver import Driver, among, as_ids
from mailer.store.recording import may_become
from mailer.store.states import DeliveryState
from mailer.store.tables import DeliveryRow
from subscribers.tables import SubscriberRow, SubscriptionRow, SuppressionRow, UtcTime

S = DeliveryState


@dataclass(slots=True)
class Leased:
    """A row that a worker has in hand."""

    delivery_id: int
    subscription_id: int
    edition_id: int
    address: str
    attempts: int
    first_attempt_at: datetime | None = None


class _Kind(Enum):
    """The rows that may be leased, in the order in which they are."""

    DUE = auto()  # deferred, and its time has come
    QUEUED = auto()
    AGAIN = auto()  # queued again after its answer was lost, or held for a translation: its time has come


def wants_mail(now: Any) -> list[ColumnElement[bool]]:
    """The audience: subscribed, not on holiday, not suppressed here or everywhere."""
    suppressed = exists().where(
        SuppressionRow.address_hash == SubscriberRow.address_hash,
        SuppressionRow.newsletter.in_(["", SubscriptionRow.newsletter]),
    )
    return [
        SubscriptionRow.state == "subscribed",
        or_(SubscriptionRow.paused_until.is_(None), SubscriptionRow.paused_until <= now),
        ~suppressed,
    ]


def lease(
    connection: Connection,
    issue_id: int,
    worker_id: int,
    limit: int,
    now: datetime,
    *,
    after_id: int = 0,
    only: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
) -> list[Leased]:
    """Take up to ``limit`` rows: deferred ones that are due, then queued ones beyond ``after_id``, in order, and
    last those whose answer was lost: when senders are killed again and again, it is not always the same few
    people who get it twice.

    The list may be shorter than the work that is left, where people do not want the mail any more; an empty list
    with rows that could go is never returned when ``after_id`` is 0. Rows that are held for a translation go last,
    when their time has come. ``only`` or ``without`` some domains.
    """
    leaser = _leaser_for(connection.dialect)
    taken: list[Leased] = []
    for kind in _Kind:
        while len(taken) < limit:
            query = leaser.query(kind, only, without)
            leased, seen = leaser.take(
                connection, query, worker_id, issue_id, limit - len(taken), now, after_id=after_id
            )
            taken.extend(leased)
            if not seen:
                break
    return taken


class _Leaser:
    """The statements for one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._driver = Driver(dialect)
        self._wanted = _wanted(dialect)
        self._lease = _change(dialect, S.LEASED, lease=bindparam("worker"))
        self._skip = _change(dialect, S.SKIPPED, lease=None)
        self.query = lru_cache(maxsize=64)(self._query)

    def take(
        self,
        connection: Connection,
        query: Select[*tuple[Any, ...]],
        worker_id: int,
        issue_id: int,
        limit: int,
        now: datetime,
        *,
        after_id: int,
    ) -> tuple[list[Leased], int]:
        """Lease what the query finds and skip who does not want it; returns how many rows it looked at as well."""
        at = self._driver.time(now)
        parameters = {"issue": issue_id, "limit": limit, "after": after_id, "now": at}
        found = self._driver.rows(connection, query, parameters)
        if not found:
            return [], 0
        those = as_ids(self._dialect, [row[1] or 0 for row in found])
        wanted = {row[0] for row in self._driver.rows(connection, self._wanted, {**those, "now": at})}
        moment = self._driver.moment
        rows = [
            Leased(delivery_id, subscription_id, edition_id, address, attempts, first and moment(first))
            for delivery_id, subscription_id, edition_id, address, attempts, first in found
            if subscription_id in wanted
        ]
        self._write(connection, self._skip, [row[0] for row in found if row[1] not in wanted], {"now": at})
        self._write(connection, self._lease, [row.delivery_id for row in rows], {"now": at, "worker": worker_id})
        return sorted(rows, key=lambda row: row.delivery_id), len(found)

    def _write(
        self, connection: Connection, statement: Update, ids: Sequence[int], parameters: dict[str, Any]
    ) -> None:
        if ids:
            changed = self._driver.run(connection, statement, {**parameters, **as_ids(self._dialect, ids)})
            if changed != len(ids):  # they were locked, or the whole database was
                raise RuntimeError(f"{len(ids)} rows were about to be taken and {changed} were.")

    def _query(self, kind: _Kind, only: frozenset[str], without: frozenset[str]) -> Select[*tuple[Any, ...]]:
        now = bindparam("now", type_=UtcTime())
        is_due = DeliveryRow.next_attempt_at <= now
        rows = {
            _Kind.DUE: and_(DeliveryRow.state == S.DEFERRED.value, is_due),
            _Kind.QUEUED: and_(
                DeliveryRow.state == S.QUEUED.value,
                DeliveryRow.next_attempt_at.is_(None),
                DeliveryRow.id > bindparam("after", type_=Integer()),
            ),
            _Kind.AGAIN: and_(DeliveryRow.state == S.QUEUED.value, is_due),
        }[kind]
        query: Select[*tuple[Any, ...]] = (
            select(
                DeliveryRow.id,
                DeliveryRow.subscription_id,
                DeliveryRow.edition_id,
                DeliveryRow.address,
                DeliveryRow.attempts,
                DeliveryRow.first_attempt_at,
            )
            .where(DeliveryRow.issue_id == bindparam("issue"), rows, *self._of_domains(only, without))
            .order_by(DeliveryRow.next_attempt_at, DeliveryRow.id)  # as the index has them
            .limit(bindparam("limit", type_=Integer()))
        )
        if self._dialect.name == "postgresql":
            query = query.with_for_update(skip_locked=True, of=DeliveryRow)
        return query

    def _of_domains(self, only: frozenset[str], without: frozenset[str]) -> list[ColumnElement[bool]]:
        domain = domain_of(self._dialect)
        if only:
            return [or_(*(domain == name for name in sorted(only)))]
        return [domain != name for name in sorted(without)]


def domain_of(dialect: Dialect) -> ColumnElement[str]:
    """The domain of a row's address, in lower case."""
    address = DeliveryRow.address
    if dialect.name == "postgresql":
        return func.lower(func.split_part(address, "@", 2))
    return func.lower(func.substr(address, func.instr(address, "@") + 1))


def _wanted(dialect: Dialect) -> Select[*tuple[Any, ...]]:
    """Those of the given subscriptions that want the mail: within the query that finds the rows, PostgreSQL would
    look at all people for each batch."""
    return (
        select(SubscriptionRow.id)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(among(dialect, SubscriptionRow.id), *wants_mail(bindparam("now", type_=UtcTime())))
    )


def _change(dialect: Dialect, target: DeliveryState, **values: Any) -> Update:
    return (
        update(DeliveryRow)
        .where(
            among(dialect, DeliveryRow.id),
            or_(*(DeliveryRow.state == state for state in _takeable(target))),
        )
        .values(state=target.value, next_attempt_at=None, waits_for="", at=bindparam("now"), **values)
    )


def _takeable(target: DeliveryState) -> list[str]:
    return [state for state in may_become(target) if state in _OPEN]


_OPEN: Final = frozenset({S.QUEUED.value, S.DEFERRED.value})


@lru_cache(maxsize=8)
def _leaser_for(dialect: Dialect) -> _Leaser:
    return _Leaser(dialect)
