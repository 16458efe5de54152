"""Writing many people at once: rows go to a temporary table, and a few statements move them to where they belong.

Laws: people who are there, who left or who are suppressed stay as they are; each chunk is one short transaction,
so that a sending or the web goes on meanwhile, and an import that was broken off is simply started again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Connection,
    Engine,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
)
from sqlalchemy import (
    cast as sql_cast,
)

from subscribers.bulk_stage import SEEN as _SEEN
from subscribers.bulk_stage import STAGE as _STAGE
from subscribers.bulk_stage import Suppress
from subscribers.bulk_stage import columns as _s
from subscribers.consent import Event
from subscribers.importing import ImportFile, Rejected, Row
from subscribers.reconfirming import Asking, Reconfirm, ask_staged, asked_before
from subscribers.restoring import bring_back, suppress_as_told
from subscribers.store import EVERY_NEWSLETTER, insert_or_leave
from subscribers.subscription import SubscriptionState, apply
from subscribers.tables import ConsentRow, SubscriberRow, SubscriptionRow, SuppressionRow, UtcTime
from subscribers.tokens import TokenKeys

CHUNK: Final = 10_000
"""Rows a transaction: the write lock is held for a few tenths of a second."""
ROWS_A_STATEMENT: Final = 500  # 12 values each; SQLite takes 32,766
CACHE_KIB: Final = 64 * 1024
LOG_PAGES: Final = 32 * 1024
SQLITE_CACHE_KIB: Final = 2000  # SQLite's own values, set back when the connection returns to the pool
SQLITE_LOG_PAGES: Final = 1000

_quoted: Final = json.encoder.encode_basestring_ascii  # a whole json.dumps for a row is four times as slow


@dataclass(slots=True)
class ImportResult:
    """What became of the rows; the counts add up to ``rows``."""

    rows: int = 0
    imported: Counter[SubscriptionState] = field(default_factory=Counter)
    there: int = 0  # had a subscription already
    twice: int = 0  # stood in the file before
    left: int = 0  # unsubscribed earlier, and stays so
    suppressed: int = 0  # is never written to, and stays so
    asked: int = 0  # was asked by an earlier import, and did not answer
    rejected: int = 0
    last_asked_at: datetime | None = None  # when the last of those who are asked gets the mail

    @property
    def total_imported(self) -> int:
        return self.imported.total()


def import_people(
    engine: Engine,
    keys: TokenKeys,
    file: ImportFile,
    rows: Iterable[Row | Rejected],
    *,
    command: str,
    now: datetime,
    rehearse: bool = False,
    reconfirm: Reconfirm | None = None,
    on_rejected: Callable[[Rejected], None] = lambda _: None,
    on_progress: Callable[[int], None] = lambda _: None,
) -> ImportResult:
    """Take over the rows of an examined file; ``rehearse`` finds out what would happen and writes nothing.

    ``command`` goes into each person's history. ``on_progress`` gets the number of the line that was reached.
    With ``reconfirm`` nobody is subscribed: each person is pending, and is asked once in their life.
    """
    result = ImportResult()
    told = _Told(keys, file, command, now, asks=reconfirm is not None)
    with engine.connect() as connection:
        _set_room(connection, CACHE_KIB, LOG_PAGES)
        for table in (_STAGE, _SEEN):
            table.create(connection)
        newest = connection.scalar(select(func.max(SubscriptionRow.id))) or 0
        asking = None if reconfirm is None else reconfirm.begin(connection, now)
        connection.commit()
        try:
            # The database works on a chunk while the next one is read: its driver lets Python go on meanwhile.
            with ThreadPoolExecutor(1) as mover:
                moving: Future[int] | None = None
                for chunk in _chunks(rows, result, on_rejected):
                    staged = told.stage(chunk)
                    if moving is not None:
                        on_progress(moving.result())
                    moving = mover.submit(_move, connection, chunk, staged, newest, result, now, rehearse, asking)
                if moving is not None:
                    on_progress(moving.result())
        finally:
            connection.rollback()
            for table in (_STAGE, _SEEN):
                table.drop(connection)
            connection.commit()
            _set_room(connection, SQLITE_CACHE_KIB, SQLITE_LOG_PAGES)
    return result


class _Told:
    """Makes staged rows, with the JSON of their evidence put together from parts that are the same for all."""

    def __init__(self, keys: TokenKeys, file: ImportFile, command: str, now: datetime, *, asks: bool) -> None:
        whose = {"system": file.system.name} if file.system.name else {}
        same = json.dumps({"by": command, **whose, "file": file.name, "file_sha256": file.sha256})
        self._events = {event: event for event in _BEGINNING}
        if asks:
            self._events[Event.IMPORTED] = Event.IMPORTED_PENDING
        self._evidence = same[:-1] + ', "line": '
        self._source = f"import of {file.name}"
        self._hash = keys.address_hash
        self._now, self._now_text = now, _as_text(now.astimezone(UTC))

    def stage(self, rows: list[Row]) -> list[tuple[object, ...]]:
        """The rows as ``_STAGE`` holds them; of two for one person the first, or the one that suppresses."""
        chosen: dict[tuple[str, str], Row] = {}
        for row in rows:
            who = (row.key, row.newsletter)
            if who not in chosen or row.suppress:
                chosen[who] = row
        staged: list[tuple[object, ...]] = []
        for row in chosen.values():
            evidence = f"{self._evidence}{row.line}"
            for name, told in row.evidence.items():
                evidence += f', "{name}": {_quoted(told)}'
            event = self._events[row.event]
            suppress = int(row.suppress)
            if row.restored is not None and row.restored.suppressions:
                suppress = Suppress.AS_TOLD.value
            since = self._now_text if row.since is None or row.since > self._now else _as_text(row.since)
            source = row.evidence.get("source", self._source) if row.evidence else self._source
            staged.append(
                (
                    row.line,
                    row.address,
                    row.key,
                    self._hash(row.key),
                    row.newsletter,
                    row.language,
                    _BEGINNING[event],
                    event.value,
                    suppress,
                    since,
                    source,
                    evidence + "}",
                )
            )
        return staged


def _beginning(event: Event) -> str:
    state = apply(None, event)
    if not isinstance(state, SubscriptionState):
        raise ValueError(f"{event} begins nothing")
    return state.value


_BEGINNING: Final = {
    event: _beginning(event) for event in (Event.IMPORTED, Event.IMPORTED_PENDING, Event.IMPORTED_UNSUBSCRIBED)
}


def _chunks(
    rows: Iterable[Row | Rejected], result: ImportResult, on_rejected: Callable[[Rejected], None]
) -> Iterator[list[Row]]:
    """Rows in chunks; rejected ones are told of and counted on the way."""
    chunk: list[Row] = []
    for row in rows:
        result.rows += 1
        if isinstance(row, Rejected):
            result.rejected += 1
            on_rejected(row)
            continue
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _as_text(time: datetime) -> str:
    """A UTC time as SQLite keeps it and PostgreSQL reads it."""
    return time.replace(tzinfo=None).isoformat(" ", "microseconds")


def _move(
    connection: Connection,
    chunk: list[Row],
    staged: list[tuple[object, ...]],
    newest: int,
    result: ImportResult,
    now: datetime,
    rehearse: bool,
    asking: Asking | None,
) -> int:
    """One chunk through the temporary table to where it belongs, in one transaction; the line that was reached.

    Of ``result`` it touches what the reading of the next chunk leaves alone.
    """
    result.twice += len(chunk) - len(staged)
    if connection.dialect.name == "postgresql" and not rehearse:
        # SQLite has one writer anyway; here nobody may slip in between our look and our writing.
        connection.execute(text("LOCK TABLE subscriber, subscription IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(delete(_STAGE))
    _fill(connection, staged)
    restored = {row.line: row for row in chunk if row.restored is not None}
    if not rehearse:
        _suppress(connection, now)
        suppress_as_told(connection, restored)
    _leave_out(connection, newest, result, asks=asking is not None)
    for state, count in connection.execute(select(_s.state, func.count()).group_by(_s.state)):
        result.imported[SubscriptionState(state)] += count
    if rehearse:
        connection.execute(insert(_SEEN).from_select(["address_key", "newsletter"], _who()))
        if asking is not None:
            pending = select(func.count()).where(_s.state == SubscriptionState.PENDING.value)
            result.last_asked_at = asking.take(connection.scalar(pending) or 0) or result.last_asked_at
    else:
        _write(connection, restored, now)
        if asking is not None:
            result.last_asked_at = ask_staged(connection, asking, now) or result.last_asked_at
    connection.commit()
    return chunk[-1].line


def _who() -> Any:
    return select(_s.address_key, _s.newsletter)


def _fill(connection: Connection, staged: list[tuple[object, ...]]) -> None:
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {_STAGE.name} FROM STDIN") as copy:
            for row in staged:
                copy.write_row(row)
        cursor.close()
        return
    # Many rows a statement: the driver hands Python's lock over at each step, and taking it back from the thread
    # that reads the next chunk costs more than the row.
    mark = f"({', '.join('?' * len(_STAGE.columns))})"
    for start in range(0, len(staged), ROWS_A_STATEMENT):
        rows = staged[start : start + ROWS_A_STATEMENT]
        marks = ", ".join([mark] * len(rows))
        values = tuple(chain.from_iterable(rows))
        connection.exec_driver_sql(f"INSERT INTO {_STAGE.name} VALUES {marks}", values)  # noqa: S608 -- our name


def _suppress(connection: Connection, now: datetime) -> None:
    """Rows that say so are suppressed, whoever is there already: an opt-out is always heard."""
    wanted = select(_s.address_hash, _s.newsletter, literal("imported"), literal(""), literal(now, UtcTime()))
    connection.execute(
        insert_or_leave(connection, SuppressionRow).from_select(
            ["address_hash", "newsletter", "reason", "detail", "at"], wanted.where(_s.suppress == Suppress.HERE)
        )
    )


def _leave_out(connection: Connection, newest: int, result: ImportResult, *, asks: bool) -> None:
    """Count and take out of the stage whoever stays as they are."""
    subscription_id, state = SubscriptionRow.id, SubscriptionRow.state
    suppressed = exists().where(
        SuppressionRow.address_hash == _s.address_hash,
        SuppressionRow.newsletter.in_([EVERY_NEWSLETTER, _s.newsletter]),
    )
    seen = exists().where(_SEEN.c.address_key == _s.address_key, _SEEN.c.newsletter == _s.newsletter)
    fate = case(
        (or_(subscription_id > newest, seen), "twice"),
        (and_(suppressed, _s.suppress == Suppress.NOT), "suppressed"),
        (state == SubscriptionState.UNSUBSCRIBED.value, "left"),
        (subscription_id.is_not(None), "there"),
        *([(asked_before(), "asked")] if asks else []),
        else_="",
    ).label("fate")
    fates = (
        select(_s.line, fate)
        .outerjoin(SubscriberRow, SubscriberRow.address_key == _s.address_key)
        .outerjoin(
            SubscriptionRow,
            and_(SubscriptionRow.subscriber_id == SubscriberRow.id, SubscriptionRow.newsletter == _s.newsletter),
        )
        .subquery()
    )
    staying = connection.execute(select(fates.c.line, fates.c.fate).where(fates.c.fate != "")).all()
    for _, name in staying:
        setattr(result, name, getattr(result, name) + 1)
    if staying:
        connection.execute(delete(_STAGE).where(_s.line == bindparam("at")), [{"at": line} for line, _ in staying])


def _write(connection: Connection, restored: Mapping[int, Row], now: datetime) -> None:
    """The staged rows become subscribers, subscriptions and the first line of their histories."""
    at = literal(now, UtcTime())
    person = select(_s.address, _s.address_key, _s.address_hash, at).where(true()).order_by(_s.line)
    connection.execute(
        insert_or_leave(connection, SubscriberRow).from_select(
            ["address", "address_key", "address_hash", "created_at"], person
        )
    )
    since = _s.since if connection.dialect.name == "sqlite" else sql_cast(_s.since + "+00", UtcTime())
    evidence = _s.evidence if connection.dialect.name == "sqlite" else sql_cast(_s.evidence, JSON)
    subscription = (
        select(SubscriberRow.id, _s.newsletter, _s.state, _s.language, since, _s.source, at)
        .join(SubscriberRow, SubscriberRow.address_key == _s.address_key)
        .where(true())
        .order_by(_s.line)
    )
    connection.execute(
        insert_or_leave(connection, SubscriptionRow).from_select(
            ["subscriber_id", "newsletter", "state", "language", "since", "source", "created_at"], subscription
        )
    )
    bring_back(connection, restored)  # older than the line that tells of this import, so it is written first
    history = (
        select(SubscriptionRow.id, _s.event, at, evidence)
        .join(SubscriberRow, SubscriberRow.address_key == _s.address_key)
        .join(
            SubscriptionRow,
            and_(SubscriptionRow.subscriber_id == SubscriberRow.id, SubscriptionRow.newsletter == _s.newsletter),
        )
        .order_by(_s.line)
    )
    connection.execute(insert(ConsentRow).from_select(["subscription_id", "event", "at", "evidence"], history))


def _set_room(connection: Connection, cache_kib: int, log_pages: int) -> None:
    """Let SQLite keep the pages that random keys hit, and copy them out of its log less often than each chunk."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{cache_kib}")
        connection.exec_driver_sql(f"PRAGMA temp.cache_size = -{cache_kib // 4}")  # a whole chunk stays in memory
        connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {log_pages}")
