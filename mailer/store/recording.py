"""Recording what happens: intents and results of a group of deliveries, one statement for each kind of change.

Law: a change is written only from a state that ``states.CHANGES`` allows (the WHERE clauses are made from it),
and only by the worker whose lease the row carries.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
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

from mailer.store.driver import (
    Columns,
    Driver,
    among,
    as_given,
    as_ids,
    bare_transaction,
    given,
    in_one_statement,
    is_given,
    word_for,
)
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
_RESULT: Final[Columns] = (
    ("id", BigInteger()),
    ("counted", Integer()),
    ("due", DateTime(timezone=True)),
    ("code", Integer()),
    ("enhanced", Text()),
    ("words", Text()),
)


@dataclass(slots=True)
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
    if intents and recorder.intend(connection, worker_id, intents, recorder.time(now)) != len(intents):
        held = _held(connection, worker_id, intents)
    by_state: dict[DeliveryState, list[Result]] = {}
    for result in results:
        by_state.setdefault(result.state, []).append(result)
    for target, alike in by_state.items():
        recorder.write(connection, worker_id, target, alike, recorder.time(now))
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
    """``record`` as a transaction of its own, by a shorter way when all is well, as mostly."""
    if not _all_accepted_alike(results):
        with connection.begin():
            return record(connection, worker_id, intents, results, now)
    if _recorder_for(connection.dialect).go_on(connection, worker_id, intents, results, now) == len(intents):
        return set(intents)
    with connection.begin():
        return _held(connection, worker_id, intents)


def _all_accepted_alike(results: Sequence[Result]) -> bool:
    return all(
        result.state is S.ACCEPTED
        and result.attempt
        and result.code == results[0].code
        and result.enhanced_code == results[0].enhanced_code
        for result in results
    )


def _held(connection: Connection, worker_id: int, intents: Sequence[int]) -> set[int]:
    mine = select(DeliveryRow.id).where(
        DeliveryRow.id.in_(intents), DeliveryRow.state == S.SENDING.value, DeliveryRow.lease == worker_id
    )
    return set(connection.execute(mine).scalars())


class _Recorder(ABC):
    """The statements for one kind of database. Times are as its driver wants them."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._driver = Driver(dialect)
        self.time = self._driver.time
        self._intend = _intend_statement(dialect)
        self._write = {target: _result_statement(dialect, target) for target in TARGETS}

    def intend(self, connection: Connection, worker_id: int, intents: Sequence[int], at: Any) -> int:
        """Say that the bodies of these are about to go; returns of how many it is true."""
        parameters = {**as_ids(self._dialect, intents), "worker": worker_id, "now": at}
        return self._driver.run(connection, self._intend, parameters)

    def write(
        self, connection: Connection, worker_id: int, target: DeliveryState, results: Sequence[Result], at: Any
    ) -> None:
        """Write results that all say ``target``; one whose row is not this worker's any more has no effect."""
        parameters = {**self._given(results), "worker": worker_id, "now": at}
        self._driver.run(connection, self._write[target], parameters)

    @abstractmethod
    def go_on(
        self,
        connection: Connection,
        worker_id: int,
        intents: Sequence[int],
        results: Sequence[Result],
        now: datetime,
    ) -> int:
        """Both as one transaction, where all results are ACCEPTED with the same codes; returns how many intents
        hold. Either may be empty."""

    def _given(self, results: Sequence[Result]) -> dict[str, Any]:
        rows = [
            [
                result.delivery_id,
                int(result.attempt),
                self.time(result.next_attempt_at) if result.next_attempt_at else None,
                result.code,
                result.enhanced_code,
                result.reply[:REPLY_LENGTH],
            ]
            for result in results
        ]
        return as_given(self._dialect, _RESULT, rows)


class _OnPostgresql(_Recorder):
    """Asks the server once."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        intended = self._intend.returning(DeliveryRow.id).cte("intended")
        accepted = self._write[S.ACCEPTED].returning(DeliveryRow.id).cte("accepted")
        self._go_on = select(func.count()).select_from(intended).add_cte(accepted)

    def go_on(
        self,
        connection: Connection,
        worker_id: int,
        intents: Sequence[int],
        results: Sequence[Result],
        now: datetime,
    ) -> int:
        parameters = {
            **as_ids(self._dialect, intents),
            **self._given(results),
            "worker": worker_id,
            "now": self.time(now),
        }
        with in_one_statement(connection):
            return int(self._driver.rows(connection, self._go_on, parameters)[0][0])


class _OnSqlite(_Recorder):
    """Asks for nothing that the results share more than once."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._accept = (
            update(DeliveryRow)
            .where(among(dialect, DeliveryRow.id), *_still_ours(S.ACCEPTED))
            .values(
                state=S.ACCEPTED.value,
                attempts=DeliveryRow.attempts + 1,
                next_attempt_at=None,
                code=bindparam("code"),
                enhanced_code=bindparam("enhanced"),
                reply=word_for(DeliveryRow.id),
                at=bindparam("now"),
                lease=None,
            )
        )

    def go_on(
        self,
        connection: Connection,
        worker_id: int,
        intents: Sequence[int],
        results: Sequence[Result],
        now: datetime,
    ) -> int:
        at, intended = self.time(now), 0
        with bare_transaction(connection):
            if intents:
                intended = self.intend(connection, worker_id, intents, at)
            if results:
                parameters = {
                    **as_ids(self._dialect, [result.delivery_id for result in results]),
                    "words": json.dumps({result.delivery_id: result.reply[:REPLY_LENGTH] for result in results}),
                    "code": results[0].code,
                    "enhanced": results[0].enhanced_code,
                    "worker": worker_id,
                    "now": at,
                }
                self._driver.run(connection, self._accept, parameters)
        return intended


def _intend_statement(dialect: Dialect) -> Update:
    return (
        update(DeliveryRow)
        .where(among(dialect, DeliveryRow.id), *_still_ours(S.SENDING))
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
        .where(is_given(dialect, DeliveryRow.id, these), *_still_ours(target))
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


def _still_ours(target: DeliveryState) -> list[ColumnElement[bool]]:
    """The row carries the worker's lease, and may become ``target`` from where it is."""
    states = may_become(target, among=_HELD)
    return [DeliveryRow.lease == bindparam("worker"), or_(*(DeliveryRow.state == state for state in states))]


@lru_cache(maxsize=8)
def _recorder_for(dialect: Dialect) -> _Recorder:
    return _OnPostgresql(dialect) if dialect.name == "postgresql" else _OnSqlite(dialect)
