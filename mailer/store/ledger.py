"""The ledger: one row for each person of an issue's audience, and every change that a row may make.

Law: a change is written only from a state that ``states.CHANGES`` allows (the WHERE clauses are made from it),
and only by the worker whose lease the row carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from mailer.newsletter import OnUnknown
from mailer.store.choosing import Hold, edition_for, waits_for
from mailer.store.leasing import Leased as Leased
from mailer.store.leasing import lease as lease
from mailer.store.leasing import wants_mail
from mailer.store.states import CHANGES, OPEN, DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, IssueRow
from subscribers.tables import SubscriberRow, SubscriptionRow

S = DeliveryState
UNKNOWN_ATTEMPTS: Final = 5
"""After so many attempts a row that ends unknown again is held for a person, whatever the policy."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What dead workers left: rows put back, and rows whose message may or may not have arrived."""

    requeued: int
    unknown: int


def plan(
    connection: Connection,
    issue_id: int,
    newsletter: str,
    editions: Mapping[str, int],
    fallback_language: str,
    now: datetime,
    *,
    hold: Hold | None = None,
) -> int:
    """Write a queued row for everybody in the audience who has none yet; returns how many rows are new.

    ``editions`` maps a language to an edition's id. A person gets the edition of their language, else of the
    language that theirs is a kind of ("de" for "de-at"), else the fallback. With ``hold``, whoever chose to wait
    for a language whose edition is still to come is held (``mailer.store.holding``).
    """
    language = waits_for(editions, hold) if hold else literal("")
    until = bindparam("held_until", hold.until if hold else None, type_=DeliveryRow.next_attempt_at.type)
    people = (
        select(
            literal(issue_id),
            SubscriptionRow.id,
            edition_for(editions, fallback_language),
            SubscriberRow.address,
            literal(S.QUEUED.value),
            literal(0),
            literal(""),
            literal(""),
            bindparam("planned_at", now, type_=DeliveryRow.at.type),
            language,
            case((language != "", until), else_=null()),
        )
        .join_from(SubscriptionRow, SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(SubscriptionRow.newsletter == newsletter, *wants_mail(now))
        .order_by(SubscriptionRow.id)
    )
    columns = [
        "issue_id",
        "subscription_id",
        "edition_id",
        "address",
        "state",
        "attempts",
        "enhanced_code",
        "reply",
        "at",
        "waits_for",
        "next_attempt_at",
    ]
    table = DeliveryRow.__table__
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}.get(connection.dialect.name, insert)
    statement = make(table).from_select(columns, people)
    statement = statement.on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    planned = connection.execute(statement).rowcount
    audience = select(func.count()).where(DeliveryRow.issue_id == issue_id).scalar_subquery()
    connection.execute(update(IssueRow).where(IssueRow.id == issue_id).values(audience=audience))
    return int(planned)


def recover(
    connection: Connection, issue_id: int, dead: Sequence[int], on_unknown: OnUnknown, now: datetime
) -> Recovered:
    """Take over what dead workers held: leased rows are queued, rows left ``sending`` become unknown.

    With ``resend`` theirs are queued again, and all other unknown rows of the issue, but for those on which the
    server was silent too often.
    """
    theirs = or_(DeliveryRow.lease.in_(dead), DeliveryRow.lease.is_(None))
    requeued = _move(connection, issue_id, S.LEASED, S.QUEUED, theirs, now)
    unknown = _move(
        connection,
        issue_id,
        S.SENDING,
        S.UNKNOWN,
        theirs,
        now,
        attempts=DeliveryRow.attempts + 1,
        reply="the sender stopped before the server's answer was recorded",
    )
    if on_unknown is OnUnknown.RESEND:
        again = or_(DeliveryRow.lease.in_(dead), DeliveryRow.attempts < UNKNOWN_ATTEMPTS)
        requeued += _move(connection, issue_id, S.UNKNOWN, S.QUEUED, again, now, next_attempt_at=now)
    return Recovered(requeued, unknown)


def resend_unknown(connection: Connection, issue_id: int, now: datetime, *, due_only: bool = False) -> int:
    """Queue rows whose answer was lost, but for those that ended so too often; returns how many."""
    which = DeliveryRow.attempts < UNKNOWN_ATTEMPTS
    if due_only:
        which = and_(which, DeliveryRow.next_attempt_at <= now)
    return _move(connection, issue_id, S.UNKNOWN, S.QUEUED, which, now, next_attempt_at=now)


def _move(
    connection: Connection,
    issue_id: int,
    source: DeliveryState,
    target: DeliveryState,
    which: ColumnElement[bool],
    now: datetime,
    **values: Any,
) -> int:
    if target not in CHANGES[source]:
        raise ValueError(f"a delivery never goes from {source} to {target}")
    values = {"next_attempt_at": None, "at": now, **values}
    if target is not S.UNKNOWN:
        values["lease"] = None
    moved = connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == source.value, which)
        .values(state=target.value, **values)
    )
    return int(moved.rowcount)


def requeue(
    connection: Connection, issue_id: int, only: Sequence[DeliveryState] | DeliveryState, now: datetime
) -> int:
    """By hand: put deferred, refused or unknown rows back at the start, as if never tried; returns how many."""
    sources = [only] if isinstance(only, DeliveryState) else list(only)
    everything = DeliveryRow.id > 0
    moved = sum(
        _move(connection, issue_id, source, S.QUEUED, everything, now, first_attempt_at=None, attempts=0)
        for source in sources
    )
    if moved:
        connection.execute(
            update(IssueRow)
            .where(IssueRow.id == issue_id, IssueRow.state == SendingState.FINISHED.value)
            .values(state=SendingState.SENDING.value, finished_at=None)
        )
    return moved


def put_back(connection: Connection, issue_id: int, deliveries: Sequence[int], now: datetime) -> int:
    """Queue deferred rows again that were never at fault: the sender was, and mended it. Returns how many."""
    return _move(connection, issue_id, S.DEFERRED, S.QUEUED, DeliveryRow.id.in_(deliveries), now)


def skip_open(connection: Connection, issue_id: int, reason: str, now: datetime) -> int:
    """Give up every row that is not on its way (for a cancelled sending); returns how many.

    A row that a worker has leased is skipped as well: its intent will not hold, so it is never handed over.
    """
    everything = DeliveryRow.id > 0
    return sum(
        _move(connection, issue_id, source, S.SKIPPED, everything, now, reply=reason)
        for source in (S.QUEUED, S.LEASED, S.DEFERRED)
    )


def counts(connection: Connection, issue_id: int) -> dict[DeliveryState, int]:
    """How many rows stand in each state; every state is a key, and the sum is the audience."""
    rows = connection.execute(
        select(DeliveryRow.state, func.count()).where(DeliveryRow.issue_id == issue_id).group_by(DeliveryRow.state)
    )
    found = {S(state): int(count) for state, count in rows}
    return {state: found.get(state, 0) for state in S}


def may_go(now: datetime) -> ColumnElement[bool]:
    """Whether a row could be leased now, or will be put back in the queue when somebody looks."""
    is_due = DeliveryRow.next_attempt_at <= now
    return or_(
        and_(DeliveryRow.state == S.QUEUED.value, or_(DeliveryRow.next_attempt_at.is_(None), is_due)),
        and_(DeliveryRow.state.in_([S.DEFERRED.value, S.UNKNOWN.value]), is_due),
    )


def has_work(connection: Connection, issue_id: int, now: datetime) -> bool:
    """Whether a row could be leased now."""
    return bool(connection.execute(select(exists().where(DeliveryRow.issue_id == issue_id, may_go(now)))).scalar())


def next_due(connection: Connection, issue_id: int) -> datetime | None:
    """When the next row may go that has to wait (deferred, held, or unknown and sent again); None without any."""
    return connection.execute(
        select(func.min(DeliveryRow.next_attempt_at)).where(
            DeliveryRow.issue_id == issue_id,
            DeliveryRow.state.in_([S.DEFERRED.value, S.QUEUED.value, S.UNKNOWN.value]),
            DeliveryRow.next_attempt_at.is_not(None),
        )
    ).scalar()


def somebody_accepted(connection: Connection, issue_id: int) -> bool:
    """Whether a server took this issue for anybody yet."""
    taken = exists().where(DeliveryRow.issue_id == issue_id, DeliveryRow.state == S.ACCEPTED.value)
    return bool(connection.execute(select(taken)).scalar())


def sending_state(connection: Connection, issue_id: int) -> tuple[SendingState, str]:
    """Where the sending of the issue stands, and why."""
    row = connection.execute(select(IssueRow.state, IssueRow.reason).where(IssueRow.id == issue_id)).one()
    return SendingState(row.state), row.reason


def pause(connection: Connection, issue_id: int, reason: str) -> bool:
    """Pause a sending; workers notice within two seconds. False when it was not running or waiting."""
    running = [SendingState.SENDING.value, SendingState.SCHEDULED.value]
    paused = connection.execute(
        update(IssueRow)
        .where(IssueRow.id == issue_id, IssueRow.state.in_(running))
        .values(state=SendingState.PAUSED.value, reason=reason)
    )
    return bool(paused.rowcount)


def finish(connection: Connection, issue_id: int, now: datetime) -> bool:
    """Mark the sending finished when nothing is left that the engine would still do; False when there is."""
    left = exists().where(
        DeliveryRow.issue_id == issue_id,
        or_(
            DeliveryRow.state.in_(sorted(state.value for state in OPEN)),
            and_(DeliveryRow.state == S.UNKNOWN.value, DeliveryRow.next_attempt_at.is_not(None)),
        ),
    )
    running = [SendingState.SENDING.value, SendingState.SCHEDULED.value]
    finished = connection.execute(
        update(IssueRow)
        .where(IssueRow.id == issue_id, IssueRow.state.in_(running), ~left)
        .values(state=SendingState.FINISHED.value, finished_at=now, reason="")
    )
    return bool(finished.rowcount)
