"""SQLAlchemy statements run many times a second: rendered once for a database, then given to its driver.

What SQLAlchemy does around an execution costs as much as updating ten rows; the statements stay SQLAlchemy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

from subscribers.tables import UtcTime


@dataclass(frozen=True, slots=True)
class _Rendered:
    statement: Update  # kept, so that its id stays its own
    sql: str
    fixed: Mapping[str, Any]  # the statement's own parameters; the caller's come on top
    order: Sequence[str] | None  # for drivers that count parameters instead of naming them


class Driver:
    """Runs updates with named parameters on one kind of database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._rendered: dict[int, _Rendered] = {}
        as_stored = UtcTime().dialect_impl(dialect).bind_processor(dialect)
        self.time: Callable[[datetime], Any] = as_stored or (lambda moment: moment)

    def run(self, connection: Connection, statement: Update, parameters: Mapping[str, Any]) -> int:
        """Run the update in the connection's transaction; returns how many rows it changed."""
        rendered = self._rendered.get(id(statement)) or self._render(statement)
        order, given = rendered.order, {**rendered.fixed, **parameters}
        cursor = connection.connection.cursor()
        try:
            cursor.execute(rendered.sql, given if order is None else [given[name] for name in order])
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
