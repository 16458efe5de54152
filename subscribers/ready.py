"""Statements that are put into the database's words once, and given to its driver as they are from then on.

For the few that every request of the form executes: what SQLAlchemy does anew for each execution took longer there
than the database did. The transaction and the pool are SQLAlchemy's as always, and so are the errors.

Law: results are not converted, so such a statement may give back numbers and text, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NoReturn

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler


class Ready:
    """One statement in the words of one dialect."""

    __slots__ = ("_converted", "_fixed", "_order", "_returns", "_words")

    def __init__(self, statement: ClauseElement, dialect: Dialect, *, returns: bool = False) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- every statement's is; mypy does not know
        self._words = str(compiled)
        self._returns = returns
        self._order: Collection[str] | None = compiled.positiontup
        self._fixed = dict(compiled.construct_params(_check=False))
        self._converted: dict[str, Callable[[Any], Any]] = {}
        for name in self._fixed:
            kind = compiled.binds[name].type
            convert = kind.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._converted[name] = convert
                if self._fixed[name] is not None:
                    self._fixed[name] = convert(self._fixed[name])

    def execute(self, connection: Connection, values: Mapping[str, object]) -> list[Any]:
        """Its rows as plain tuples, [] when it returns none. ``values`` has one for each of its names."""
        told: dict[str, Any] = {**self._fixed, **values}
        for name, convert in self._converted.items():
            if name in values:
                told[name] = convert(values[name])
        given: Any = told if self._order is None else [told[name] for name in self._order]
        return speak(connection, self._words, given, returns=self._returns)


def speak(connection: Connection, words: str, given: Any = (), *, returns: bool = False) -> list[Any]:
    """Give ``words`` to the driver within the connection's transaction. Raises SQLAlchemy's DBAPIError."""
    driver = connection.connection
    cursor = driver.cursor()
    try:
        cursor.execute(words, given)
        return list(cursor.fetchall()) if returns else []
    except Exception as error:  # a foreign driver's: asked below whether it is one of the database
        _raise(connection, words, error)
    finally:
        cursor.close()


def _raise(connection: Connection, words: str, error: Exception) -> NoReturn:
    """As SQLAlchemy would: connections to a database that went away are not used again."""
    dialect = connection.dialect
    errors = dialect.loaded_dbapi.Error
    if not isinstance(error, errors):
        raise error
    is_away = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_away:
        connection.invalidate(error)
        connection.engine.dispose()
    raise DBAPIError.instance(
        words, None, error, errors, hide_parameters=True, connection_invalidated=is_away, dialect=dialect
    ) from error
