"""Where the steps of reading put their problems, and how they find the place of what they speak about.

Tokens know lines only; a column is found by looking for the written words in those lines, going forward.
"""

from __future__ import annotations

from mailer.issue.problem import Place, Problem, Severity
from mailer.issue.source import SourceText


class Findings:
    """Problems of one file, and a cursor that moves through its source with the tokens."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Problem] = list(source.problems)
        self._first = 1
        self._last = max(len(source.lines), 1)
        self._cursor = (1, 1)
        self._elsewhere: dict[str, Place | None] = {}

    def enter(self, lines: list[int] | None) -> None:
        """What follows stands in these lines (``Token.map``: from 0, the end excluded)."""
        first = lines[0] + 1 if lines else 1
        last = max(lines[1], first) if lines else len(self.source.lines)
        if (first, last) != (self._first, self._last):
            self._first, self._last = first, last
            self._cursor = (first, 1)

    def here(self) -> Place:
        return self.source.place(self._first)

    def locate(self, written: str) -> Place:
        """The place of the next ``written`` in the lines entered; their first line where it is not found."""
        needle = written.split("\n", 1)[0].strip()
        if not needle:
            return self.here()
        found = self.source.find(needle, self._cursor[0], self._last, self._cursor[1])
        found = found or self.source.find(needle, self._first, self._last)
        if found is None:
            return self.here()
        self._cursor = (found.line, found.column + len(needle))
        return found

    def first_of(self, *written: str) -> Place:
        """Where one of these spellings stands next; else (a reference link) where the file has it first."""
        for needle in written:
            found = self.locate(needle)
            if needle and self.source.lines[found.line - 1].startswith(needle, found.column - 1):
                return found
        for needle in written:
            if needle not in self._elsewhere:
                self._elsewhere[needle] = self.source.find(needle, 1, len(self.source.lines)) if needle else None
            elsewhere = self._elsewhere[needle]
            if elsewhere is not None:
                return elsewhere
        return self.here()

    def error(self, place: Place, rule: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, rule, Severity.ERROR, message, hint))

    def warning(self, place: Place, rule: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, rule, Severity.WARNING, message, hint))
