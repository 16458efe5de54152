"""Taking settings out of a table, one by one; what is wrong is collected, what was never asked for is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from mailer.configuration.mistakes import Mistake, nearest

Value = TypeVar("Value")

SECRET_KEYS: Final = frozenset({"url", "database", "imap", "secret", "secrets"})
"""Settings whose value may hold a password: never repeated in a message."""


@dataclass(slots=True)
class Ledger:
    """Where each key stands, every mistake so far, and every key that would have been right."""

    file: str
    places: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    known: set[str] = field(default_factory=set)  # dotted
    unknown: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)  # path, siblings

    def where(self, path: tuple[str, ...]) -> str:
        """File and line of the key, or of the nearest table around it."""
        while path and path not in self.places:
            path = path[:-1]
        return f"{self.file}:{self.places[path]}" if path else self.file

    def add(self, path: tuple[str, ...], what: str, hint: str = "") -> None:
        self.mistakes.append(Mistake(self.where(path), what, hint))

    def close(self) -> list[Mistake]:
        """Every mistake, those about unknown keys included, in the order of the file."""
        for path, siblings in self.unknown:
            self.add(path, f"{'.'.join(path)} is no setting.", self._guess(path, siblings))
        return sorted(self.mistakes, key=lambda mistake: self._line(mistake.where))

    def _guess(self, path: tuple[str, ...], siblings: tuple[str, ...]) -> str:
        table, name = path[:-1], path[-1]
        if near := nearest(name, siblings):
            return f"Did you mean {'.'.join((*table, near))}?"
        elsewhere = sorted(known for known in self.known if known.rpartition(".")[2] == name)
        return f"Did you mean {elsewhere[0]}?" if elsewhere else ""

    @staticmethod
    def _line(where: str) -> int:
        digits = where.rpartition(":")[2]
        return int(digits) if digits.isdigit() else 0


class Table:
    """One table of the file. ``take`` reads a key; ``close`` reports the keys that nobody took."""

    def __init__(self, ledger: Ledger, path: tuple[str, ...], values: Mapping[str, object]) -> None:
        self.ledger = ledger
        self.path = path
        self.values = values
        self._taken: list[str] = []

    def take(self, key: str, read: Callable[[object], Value], default: Value) -> Value:
        """The value of ``key`` as ``read`` gives it; ``default`` when it is absent or wrong."""
        self._knows(key)
        if key not in self.values:
            return default
        try:
            return read(self.values[key])
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def require(self, key: str, read: Callable[[object], str]) -> str:
        """As ``take``; an absent key is a mistake."""
        if key not in self.values:
            self._knows(key)
            self.ledger.add(self.path, f"{self.name(key)} is missing.")
        return self.take(key, read, "")

    def table(self, key: str) -> Table | None:
        """The table under ``key``; None when there is none."""
        self._knows(key)
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.ledger.add((*self.path, key), f"{self.name(key)} must be a table.", f"Write [{self.name(key)}].")
            return None
        return Table(self.ledger, (*self.path, key), value)

    def tables(self) -> list[tuple[str, Table]]:
        """Every table in this one, whatever its name."""
        found = [(key, self.table(key)) for key in self.values]
        return [(key, table) for key, table in found if table is not None]

    def wrong(self, key: str, what: str, hint: str = "") -> None:
        """Note that ``key`` has an impossible value, and show it where it can hold no secret."""
        value = self.values.get(key)
        shown = ""
        showable = key not in SECRET_KEYS and isinstance(value, str | int | float) and len(str(value)) <= 80
        if what.startswith("must") and showable:
            shown = f", not {value!r}"
        self.ledger.add((*self.path, key), f"{self.name(key)} {what}{shown}.", hint)

    def name(self, key: str) -> str:
        return ".".join((*self.path, key))

    def close(self) -> None:
        for key in self.values:
            if key not in self._taken:
                self.ledger.unknown.append(((*self.path, key), tuple(self._taken)))

    def _knows(self, key: str) -> None:
        self._taken.append(key)
        self.ledger.known.add(self.name(key))
