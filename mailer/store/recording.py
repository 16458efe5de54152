"""Recording what happens: intents and results of a group of deliveries, one statement for each kind of change.

Law: a change is written only from a state that ``states.CHANGES`` allows (the WHERE clauses are made from it),
and only by the worker whose lease the row carries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Integer,
    Text,
    Update,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

from mailer.store.driver import Columns, Driver, as_given, given, in_one_statement, is_given
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
IDS: Final[Columns] = (("id", BigInteger()),)
_RESULT: Final[Columns] = (
    *IDS,
    ("counted", Integer()),
    ("due", DateTime(timezone=True)),
    ("code", Integer()),
    ("enhanced", Text()),
    ("words", Text()),
)


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
        held = _held(connection, worker_id, intents)
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


def commit(
    connection: Connection, worker_id: int, intents: Sequence[int], results: Sequence[Result], now: datetime
) -> set[int]:
    """``record`` as a transaction of its own; on PostgreSQL as one statement when all is well, as mostly."""
    recorder = _recorder_for(connection.dialect)
    smooth = intents and results and all(result.state is S.ACCEPTED for result in results)
    if connection.dialect.name != "postgresql" or not smooth:
        with connection.begin():
            return record(connection, worker_id, intents, results, now)
    with in_one_statement(connection):
        intended = recorder.go_on(connection, worker_id, intents, results, now)
    if intended == len(intents):
        return set(intents)
    with connection.begin():
        return _held(connection, worker_id, intents)


def _held(connection: Connection, worker_id: int, intents: Sequence[int]) -> set[int]:
    mine = select(DeliveryRow.id).where(
        DeliveryRow.id.in_(intents), DeliveryRow.state == S.SENDING.value, DeliveryRow.lease == worker_id
    )
    return set(connection.execute(mine).scalars())


class _Recorder:
    """The statements for one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._driver = Driver(dialect)
        self._intend = _intend_statement(dialect)
        self._write = {target: _result_statement(dialect, target) for target in TARGETS}
        intended = _intend_statement(dialect, "next").returning(DeliveryRow.id).cte("intended")
        accepted = self._write[S.ACCEPTED].returning(DeliveryRow.id).cte("accepted")
        self._go_on = select(func.count()).select_from(intended).add_cte(accepted)

    def intend(self, connection: Connection, worker_id: int, intents: Sequence[int], now: datetime) -> int:
        """Say that the bodies of these are about to go; returns of how many it is true."""
        rows = as_given(self._dialect, IDS, [[delivery_id] for delivery_id in intents])
        return self._driver.run(
            connection, self._intend, {**rows, "worker": worker_id, "now": self._driver.time(now)}
        )

    def write(
        self,
        connection: Connection,
        worker_id: int,
        target: DeliveryState,
        results: Sequence[Result],
        now: datetime,
    ) -> None:
        """Write results that all say ``target``; one whose row is not this worker's any more has no effect."""
        parameters = as_given(self._dialect, _RESULT, self._rows(results))
        at = self._driver.time(now)
        self._driver.run(connection, self._write[target], {**parameters, "worker": worker_id, "now": at})

    def go_on(
        self,
        connection: Connection,
        worker_id: int,
        intents: Sequence[int],
        results: Sequence[Result],
        now: datetime,
    ) -> int:
        """Both at once, where all results are ACCEPTED; returns how many intents hold."""
        parameters = {
            **as_given(self._dialect, IDS, [[delivery_id] for delivery_id in intents], "next"),
            **as_given(self._dialect, _RESULT, self._rows(results)),
            "worker": worker_id,
            "now": self._driver.time(now),
        }
        return int(self._driver.rows(connection, self._go_on, parameters)[0][0])

    def _rows(self, results: Sequence[Result]) -> list[list[Any]]:
        time = self._driver.time
        return [
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


def _intend_statement(dialect: Dialect, name: str = "given") -> Update:
    these = given(dialect, IDS, name)
    return (
        update(DeliveryRow)
        .where(
            is_given(dialect, DeliveryRow.id, these, name),
            DeliveryRow.lease == bindparam("worker"),
            or_(*(DeliveryRow.state == state for state in may_become(S.SENDING, among=_HELD))),
        )
        .values(
            state=S.SENDING.value,
            at=bindparam("now"),
            first_attempt_at=func.coalesce(DeliveryRow.first_attempt_at, bindparam("now")),
        )
    )


def _result_statement(dialect: Dialect, target: DeliveryState) -> Update:
    keeps_lease = target is S.UNKNOWN  # its worker may still learn the answer
    these = given(dialect, _RESULT)
    return (
        update(DeliveryRow)
        .where(
            is_given(dialect, DeliveryRow.id, these),
            DeliveryRow.lease == bindparam("worker"),
            or_(*(DeliveryRow.state == state for state in may_become(target, among=_HELD))),
        )
        .values(
            state=target.value,
            attempts=DeliveryRow.attempts + these.c.counted,
            next_attempt_at=these.c.due,
            code=these.c.code,
            enhanced_code=these.c.enhanced,
            reply=these.c.words,
            at=bindparam("now"),
            **({} if keeps_lease else {"lease": None}),
        )
    )


@lru_cache(maxsize=8)
def _recorder_for(dialect: Dialect) -> _Recorder:
    return _Recorder(dialect)
