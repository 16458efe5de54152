"""SQLAlchemy statements run many times a second: rendered once for a database, then given to its driver.

What SQLAlchemy does around each execution costs as much as ten updates; the statements stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from subscribers.tables import UtcTime


@dataclass(frozen=True, slots=True)
class _Rendered:
    statement: Update  # kept, so that its id stays its own
    sql: str
    fixed: Mapping[str, Any]  # the statement's own parameters; a row's come on top
    order: Sequence[str] | None  # for drivers that count parameters instead of naming them


class Driver:
    """Runs updates with named parameters on one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._rendered: dict[int, _Rendered] = {}
        as_stored = UtcTime().dialect_impl(dialect).bind_processor(dialect)
        self.time: Callable[[datetime], Any] = as_stored or (lambda moment: moment)

    def run(self, connection: Connection, statement: Update, rows: Sequence[dict[str, Any]]) -> int:
        """Run the update for each row, in the connection's transaction; returns how many rows it changed."""
        rendered = self._rendered.get(id(statement)) or self._render(statement)
        fixed, order = rendered.fixed, rendered.order
        whole = [{**fixed, **row} for row in rows]
        parameters = whole if order is None else [tuple([row[name] for name in order]) for row in whole]
        cursor = connection.connection.cursor()
        try:
            cursor.executemany(rendered.sql, parameters)
            return int(cursor.rowcount)
        except self._dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(rendered.sql, None, error, self._dialect.loaded_dbapi.Error) from error
        finally:
            cursor.close()

    def _render(self, statement: Update) -> _Rendered:
        compiled = statement.compile(dialect=self._dialect)
        rendered = _Rendered(statement, str(compiled), compiled.params, getattr(compiled, "positiontup", None))
        self._rendered[id(statement)] = rendered
        return rendered


@lru_cache(maxsize=8)
def driver_for(dialect: Dialect) -> Driver:
    """The driver for an engine's dialect."""
    return Driver(dialect)
