"""SQLAlchemy statements run many times a second: rendered once for a database, then given to its driver.

What SQLAlchemy does around an execution costs as much as updating ten rows; the statements stay SQLAlchemy's.
Many rows are given as one parameter that a statement reads as a table (``given``): with a statement for each row,
SQLite gives the interpreter's lock up and takes it back at each, in the middle of the event loop's work.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

from subscribers.tables import UtcTime

T = TypeVar("T")
Own = ColumnElement[int] | InstrumentedAttribute[int]
Columns = Sequence[tuple[str, TypeEngine[Any]]]
MOST_RENDERED: Final = 256
"""Statements are made anew for each set of domains that is kept apart; so many are remembered."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    statement: Executable  # kept, so that its id stays its own
    sql: str
    fixed: Mapping[str, Any]  # the statement's own parameters; the caller's come on top
    order: Sequence[str] | None  # for drivers that count parameters instead of naming them


class Driver:
    """Runs statements with named parameters on one kind of database, in the connection's transaction."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._rendered: dict[int, _Rendered] = {}
        self._at_once = lru_cache(maxsize=MOST_RENDERED)(_at_once)
        time = UtcTime().dialect_impl(dialect)
        self.time: Callable[[datetime], Any] = time.bind_processor(dialect) or _as_it_is
        self.moment: Callable[[Any], datetime | None] = time.result_processor(dialect, None) or _as_it_is

    def run(self, connection: Connection, statement: Executable, parameters: Mapping[str, Any]) -> int:
        """Run an update; returns how many rows it changed."""
        return self._execute(connection, statement, parameters, lambda cursor: int(cursor.rowcount))

    def rows(
        self, connection: Connection, query: Select[*tuple[Any, ...]], parameters: Mapping[str, Any]
    ) -> Sequence[Sequence[Any]]:
        """The rows of a query as the driver gives them: times are for ``moment``.

        From SQLite they come as one JSON text: it gives the interpreter's lock up at each row that it returns.
        """
        if self._dialect.name == "postgresql":
            return self._execute(connection, query, parameters, lambda cursor: cursor.fetchall())
        ((text,),) = self._execute(connection, self._at_once(query), parameters, lambda cursor: cursor.fetchall())
        found: Sequence[Sequence[Any]] = json.loads(text)
        return found

    def _execute(
        self,
        connection: Connection,
        statement: Executable,
        parameters: Mapping[str, Any],
        read: Callable[[DBAPICursor], T],
    ) -> T:
        rendered = self._rendered.get(id(statement)) or self._render(statement)
        order, given = rendered.order, {**rendered.fixed, **parameters}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(rendered.sql, given if order is None else [given[name] for name in order])
            return read(cursor)
        except self._dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(rendered.sql, None, error, self._dialect.loaded_dbapi.Error) from error
        finally:
            cursor.close()

    def _render(self, statement: Executable) -> _Rendered:
        if len(self._rendered) >= MOST_RENDERED:
            self._rendered.clear()
        assert isinstance(statement, ClauseElement)  # noqa: S101 -- every statement is
        compiled = statement.compile(dialect=self._dialect)
        rendered = _Rendered(statement, str(compiled), compiled.params, getattr(compiled, "positiontup", None))
        self._rendered[id(statement)] = rendered
        return rendered


def _as_it_is(value: Any) -> Any:
    return value


def _at_once(query: Select[*tuple[Any, ...]]) -> Select[tuple[str]]:
    rows = query.subquery()
    return select(func.json_group_array(func.json_array(*rows.c), type_=Text()))


def given(dialect: Dialect, columns: Columns, name: str = "given") -> FromClause:
    """A table of the rows that ``as_given`` makes the parameters of."""
    return _from_arrays(columns, name) if dialect.name == "postgresql" else _from_json(columns, name)


@contextmanager
def in_one_statement(connection: Connection) -> Iterator[None]:
    """The one statement that follows is a transaction by itself: one question to the server instead of three."""
    raw: Any = connection.connection.dbapi_connection
    raw.autocommit = True
    try:
        yield
    finally:
        if not raw.closed:
            raw.autocommit = False


@contextmanager
def bare_transaction(connection: Connection) -> Iterator[None]:
    """A writing transaction on SQLite for the statements of a ``Driver`` alone: SQLAlchemy takes as long to begin
    and end one as two updates take."""
    raw: Any = connection.connection.dbapi_connection
    error_of: Any = connection.dialect.loaded_dbapi.Error
    try:
        raw.execute("BEGIN IMMEDIATE")
        try:
            yield
            raw.commit()
        except BaseException:
            raw.rollback()
            raise
    except error_of as error:
        raise DBAPIError.instance("COMMIT", None, error, error_of) from error


@contextmanager
def own_connection(engine: Engine) -> Iterator[Connection]:
    """A connection outside the pool (after a failure nobody gets it) for the same few statements again and again:
    PostgreSQL would plan each of them anew, because arrays differ in length, and that is half of its work."""
    with engine.connect() as connection:
        connection.detach()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
            connection.commit()
        yield connection


def is_given(dialect: Dialect, own: Own, these: FromClause, name: str = "given") -> ColumnElement[bool]:
    """Joins a table to the given rows by ``id``. To PostgreSQL it says so twice: it expects a hundred rows of a
    function and would read the whole table for them, but ten of an array, and takes the index."""
    joined = own == these.c.id
    return and_(joined, among(dialect, own, f"{name}_id")) if dialect.name == "postgresql" else joined


def as_given(
    dialect: Dialect, columns: Columns, rows: Sequence[Sequence[Any]], name: str = "given"
) -> dict[str, Any]:
    """The parameters of ``given``: on SQLite one JSON text, on PostgreSQL an array for each column."""
    if dialect.name != "postgresql":
        return {name: json.dumps(rows)}
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return {f"{name}_{column}": [*each] for (column, _), each in zip(columns, values, strict=True)}


def among(dialect: Dialect, own: Own, name: str = "ids") -> ColumnElement[bool]:
    """Whether a number is one of those that ``as_ids`` makes the parameter of."""
    if dialect.name == "postgresql":
        return own == any_(bindparam(name, type_=ARRAY(BigInteger())))
    return own.in_(select(func.json_each(bindparam(name, type_=Text())).table_valued("value").c.value))


def as_ids(dialect: Dialect, ids: Sequence[int], name: str = "ids") -> dict[str, Any]:
    """The parameter of ``among``."""
    return {name: ids if dialect.name == "postgresql" else json.dumps(ids)}


def word_for(own: Own, name: str = "words") -> ColumnElement[str]:
    """On SQLite, what a JSON object that is given as ``name`` has for a number: cheaper than a table."""
    return func.json_extract(bindparam(name, type_=Text()), literal("$.").concat(own), type_=Text())


def _from_json(columns: Columns, table: str) -> FromClause:
    each = func.json_each(bindparam(table, type_=Text())).table_valued("value", name="each")
    return (
        select(
            *(
                func.json_extract(each.c.value, f"$[{place}]", type_=type_).label(name)
                for place, (name, type_) in enumerate(columns)
            )
        )
        .select_from(each)
        .subquery(table)
    )


def _from_arrays(columns: Columns, table: str) -> FromClause:
    arrays = [bindparam(f"{table}_{name}", type_=ARRAY(type_)) for name, type_ in columns]
    names = [column(name, type_) for name, type_ in columns]
    return func.unnest(*arrays).table_valued(*names, name=table).render_derived()
