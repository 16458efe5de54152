"""Statements that are put into the database's words once, and given to its driver as they are from then on.

For the few that every request of the form executes: what SQLAlchemy does anew for each execution took longer there
than the database did. Its errors, transactions and pool are in force as always.

Law: results are not converted, so such a statement may give back numbers and text, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class Ready:
    """One statement in the words of one dialect."""

    __slots__ = ("_converted", "_fixed", "_order", "_words")

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- every statement's is; mypy does not know
        self._words = str(compiled)
        self._order: Collection[str] | None = compiled.positiontup
        self._fixed = dict(compiled.construct_params(_check=False))
        self._converted: dict[str, Callable[[Any], Any]] = {}
        for name, bound in compiled.binds.items():
            convert = bound.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._converted[name] = convert
                if self._fixed.get(name) is not None:
                    self._fixed[name] = convert(self._fixed[name])

    def execute(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """The rows that it gives back, if any. ``values`` has one for each of its names."""
        told: dict[str, Any] = {**self._fixed, **values}
        for name, convert in self._converted.items():
            if name in values:
                told[name] = convert(values[name])
        given: Any = told if self._order is None else tuple([told[name] for name in self._order])
        result = connection.exec_driver_sql(self._words, given)
        return result.all() if result.returns_rows else []
