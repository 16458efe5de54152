"""Recording what happens: intents and results of a group of deliveries, one statement for each kind of change.

Law: a group is written by as many statements as it has kinds of change, however large it is. With a statement for
each row SQLite gives the interpreter's lock up and takes it back at each, in the middle of the event loop's work:
with thirty connections that cost more than all of SMTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    DateTime,
    FromClause,
    Integer,
    Text,
    Update,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from mailer.store.driver import Driver
from mailer.store.states import CHANGES, DeliveryState
from mailer.store.tables import DeliveryRow
from subscribers.tables import SubscriberRow, SubscriptionRow, SuppressionRow

S = DeliveryState
REPLY_LENGTH: Final = 500
"""A server's words are kept this far: enough for every sentence seen, too little to fill a disk."""
_HELD: Final = frozenset({S.LEASED, S.SENDING, S.UNKNOWN})
"""States in which a worker may still have something to say about a row that carries its lease."""
TARGETS: Final = (S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN, S.QUEUED, S.SKIPPED)
"""What a result may say."""
COLUMNS: Final[tuple[tuple[str, TypeEngine[Any]], ...]] = (
    ("id", BigInteger()),
    ("counted", Integer()),
    ("due", DateTime(timezone=True)),
    ("code", Integer()),
    ("enhanced", Text()),
    ("words", Text()),
)
"""What a result's row brings, in this order."""


@dataclass(frozen=True, slots=True)
class Result:
    """What happened to a row: its next state and why. ``attempt`` says whether it counts as an attempt."""

    delivery_id: int
    state: DeliveryState
    code: int | None = None
    enhanced_code: str = ""
    reply: str = ""
    next_attempt_at: datetime | None = None
    attempt: bool = True
    address_fault: bool = False  # the address is dead: suppress it


def may_become(target: DeliveryState, *, among: frozenset[DeliveryState] = frozenset(S)) -> list[str]:
    """The states from which a row may enter ``target``, as the WHERE clauses of the ledger want them."""
    return sorted(state.value for state in among if target in CHANGES[state])


def record(
    connection: Connection, worker_id: int, intents: Sequence[int], results: Sequence[Result], now: datetime
) -> set[int]:
    """Write a group of intents and results; returns the ids whose intent holds.

    An id that is missing from the answer is not this worker's any more (cancelled, or taken over): its body
    must not be handed over. The caller commits; nothing is promised before that.
    """
    recorder = _recorder_for(connection.dialect)
    held = set(intents)
    if intents and recorder.intend(connection, worker_id, intents, now) != len(intents):
        mine = select(DeliveryRow.id).where(
            DeliveryRow.id.in_(intents), DeliveryRow.state == S.SENDING.value, DeliveryRow.lease == worker_id
        )
        held = set(connection.execute(mine).scalars())
    by_state: dict[DeliveryState, list[Result]] = {}
    for result in results:
        by_state.setdefault(result.state, []).append(result)
    for target, alike in by_state.items():
        recorder.write(connection, worker_id, target, alike, now)
    for result in results:
        if result.address_fault:
            suppress_address_of(connection, result.delivery_id, result.reply, now)
    return held


def suppress_address_of(connection: Connection, delivery_id: int, detail: str, now: datetime) -> None:
    """Never mail the address of this delivery's subscriber again, from any newsletter."""
    person = (
        select(
            SubscriberRow.address_hash,
            literal(""),
            literal("hard-bounce"),
            literal(detail[:REPLY_LENGTH]),
            bindparam("suppressed_at", now, type_=SuppressionRow.at.type),
        )
        .join_from(DeliveryRow, SubscriptionRow, SubscriptionRow.id == DeliveryRow.subscription_id)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .where(DeliveryRow.id == delivery_id)
    )
    make: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    columns = ["address_hash", "newsletter", "reason", "detail", "at"]
    connection.execute(make(SuppressionRow.__table__).from_select(columns, person).on_conflict_do_nothing())


class _Recorder:
    """The statements for one kind of database, and how a group becomes their parameters."""

    def __init__(self, dialect: Dialect) -> None:
        self._driver = Driver(dialect)
        table, self._given = _GIVEN[dialect.name]
        self._intend = _intend_statement(table)
        self._write = {target: _result_statement(table, target) for target in TARGETS}

    def intend(self, connection: Connection, worker_id: int, intents: Sequence[int], now: datetime) -> int:
        """Say that the bodies of these are about to go; returns of how many it is true."""
        given = self._given([[delivery_id] for delivery_id in intents], 1)
        return self._driver.run(
            connection, self._intend, {**given, "worker": worker_id, "now": self._driver.time(now)}
        )

    def write(
        self,
        connection: Connection,
        worker_id: int,
        target: DeliveryState,
        results: Iterable[Result],
        now: datetime,
    ) -> None:
        """Write results that all say ``target``; those whose row is not this worker's any more have no effect."""
        time = self._driver.time
        rows = [
            [
                result.delivery_id,
                int(result.attempt),
                time(result.next_attempt_at) if result.next_attempt_at else None,
                result.code,
                result.enhanced_code,
                result.reply[:REPLY_LENGTH],
            ]
            for result in results
        ]
        given = self._given(rows, len(COLUMNS))
        self._driver.run(connection, self._write[target], {**given, "worker": worker_id, "now": time(now)})


def _intend_statement(table: Callable[[int], FromClause]) -> Update:
    given = table(1)
    return (
        update(DeliveryRow)
        .where(
            DeliveryRow.id == given.c.id,
            DeliveryRow.lease == bindparam("worker"),
            or_(*(DeliveryRow.state == state for state in may_become(S.SENDING, among=_HELD))),
        )
        .values(
            state=S.SENDING.value,
            at=bindparam("now"),
            first_attempt_at=func.coalesce(DeliveryRow.first_attempt_at, bindparam("now")),
        )
    )


def _result_statement(table: Callable[[int], FromClause], target: DeliveryState) -> Update:
    keeps_lease = target is S.UNKNOWN  # its worker may still learn the answer
    given = table(len(COLUMNS))
    return (
        update(DeliveryRow)
        .where(
            DeliveryRow.id == given.c.id,
            DeliveryRow.lease == bindparam("worker"),
            or_(*(DeliveryRow.state == state for state in may_become(target, among=_HELD))),
        )
        .values(
            state=target.value,
            attempts=DeliveryRow.attempts + given.c.counted,
            next_attempt_at=given.c.due,
            code=given.c.code,
            enhanced_code=given.c.enhanced,
            reply=given.c.words,
            at=bindparam("now"),
            **({} if keeps_lease else {"lease": None}),
        )
    )


# --- a group as a table: SQLite takes it as one JSON text, PostgreSQL as an array for each column


def _from_json(width: int) -> FromClause:
    each = func.json_each(bindparam("given", type_=Text())).table_valued("value", name="each")
    return (
        select(
            *(
                func.json_extract(each.c.value, f"$[{place}]", type_=type_).label(name)
                for place, (name, type_) in enumerate(COLUMNS[:width])
            )
        )
        .select_from(each)
        .subquery("given")
    )


def _as_json(rows: Sequence[Sequence[Any]], width: int) -> Mapping[str, Any]:
    return {"given": json.dumps(rows)}


def _from_arrays(width: int) -> FromClause:
    arrays = [bindparam(f"given_{name}", type_=ARRAY(type_)) for name, type_ in COLUMNS[:width]]
    names = [column(name, type_) for name, type_ in COLUMNS[:width]]
    return func.unnest(*arrays).table_valued(*names, name="given").render_derived()


def _as_arrays(rows: Sequence[Sequence[Any]], width: int) -> Mapping[str, Any]:
    names = [f"given_{name}" for name, _ in COLUMNS[:width]]
    return dict(zip(names, ([*values] for values in zip(*rows, strict=True)), strict=True))


_GIVEN: Final = {"sqlite": (_from_json, _as_json), "postgresql": (_from_arrays, _as_arrays)}


@lru_cache(maxsize=8)
def _recorder_for(dialect: Dialect) -> _Recorder:
    return _Recorder(dialect)
