"""On which line of a TOML file each key stands. The standard library's reader does not tell.

The text is known to be valid TOML, so that strings, comments and brackets are all that has to be understood.
"""

from __future__ import annotations

from typing import Final

_QUOTES: Final = ('"""', "'''", '"', "'")


def key_places(text: str) -> dict[tuple[str, ...], int]:
    """The line, from 1, of every table header and key; keys inside an inline table stand where it starts."""
    return _Scanner(text).scan()


class _Scanner:
    """Walks once over the text, statement by statement."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._places: dict[tuple[str, ...], int] = {}

    def scan(self) -> dict[tuple[str, ...], int]:
        table: tuple[str, ...] = ()
        while self._skip_blank():
            line = self._text.count("\n", 0, self._at) + 1
            if self._text[self._at] == "[":
                table = self._header()
                self._note(table, line)
            else:
                self._note(table + self._key("="), line)
                self._skip_value()
        return self._places

    def _note(self, path: tuple[str, ...], line: int) -> None:
        for length in range(1, len(path) + 1):  # a.b.c = 1 also shows where a and a.b are
            self._places.setdefault(path[:length], line)

    def _skip_blank(self) -> bool:
        """Move to the next statement; False at the end."""
        while self._at < len(self._text):
            if self._text[self._at] == "#":
                self._skip_line()
            elif self._text[self._at].isspace() or self._text[self._at] == "\ufeff":
                self._at += 1
            else:
                return True
        return False

    def _skip_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _header(self) -> tuple[str, ...]:
        while self._text[self._at] == "[":
            self._at += 1
        key = self._key("]")
        self._skip_line()
        return key

    def _key(self, end: str) -> tuple[str, ...]:
        """The dotted key that ends before ``end``, quotes taken off; the position is after ``end``."""
        parts, bare = [], ""
        while self._at < len(self._text) and (char := self._text[self._at]) != end:
            if char in "\"'":
                start = self._at
                self._skip_string()
                bare += self._text[start + 1 : self._at - 1]
                continue
            if char == ".":
                parts.append(bare)
                bare = ""
            elif not char.isspace():
                bare += char
            self._at += 1
        self._at += 1
        return (*parts, bare)

    def _skip_string(self) -> None:
        quote = next(mark for mark in _QUOTES if self._text.startswith(mark, self._at))
        self._at += len(quote)
        while self._at < len(self._text) and not self._text.startswith(quote, self._at):
            self._at += 2 if quote.startswith('"') and self._text[self._at] == "\\" else 1
        self._at += len(quote)
        while len(quote) == 3 and self._text[self._at : self._at + 1] == quote[0]:
            self._at += 1  # up to two quotes may stand before the closing three

    def _skip_value(self) -> None:
        depth = 0
        while self._at < len(self._text):
            char = self._text[self._at]
            if char in "\"'":
                self._skip_string()
                continue
            if char == "#":
                self._skip_line()
                continue
            if char == "\n" and depth == 0:
                return
            depth += (char in "[{") - (char in "]}")
            self._at += 1
