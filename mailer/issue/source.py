"""The text of an issue file: bytes become lines that every later step can point into.

Never raises for content: bytes that are no UTF-8 are read as Windows-1252, one by one, and each run is a problem.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailer.issue.problem import Place, Problem, Severity

UTF8_BOM: Final = b"\xef\xbb\xbf"
UTF16_BOMS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
MAX_PROBLEMS: Final = 20  # of one kind: the first say enough

_STRAY_BYTES = re.compile("[\udc80-\udcff]+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text with line ends "\\n", without BOM and control characters, and what was wrong with it."""

    path: str
    text: str
    lines: tuple[str, ...]
    problems: tuple[Problem, ...] = ()

    def place(self, line: int, column: int = 1) -> Place:
        return Place(self.path, line, column)

    def find(self, needle: str, first_line: int, last_line: int, start_column: int = 1) -> Place | None:
        """Where ``needle`` first stands between two lines (from 1, both included), if it does."""
        for number in range(max(first_line, 1), min(last_line, len(self.lines)) + 1):
            column = self.lines[number - 1].find(needle, start_column - 1 if number == first_line else 0)
            if column >= 0:
                return Place(self.path, number, column + 1)
        return None


def place_at(path: str, text: str, offset: int) -> Place:
    """The place of a character offset in a text."""
    before = text.rfind("\n", 0, offset)
    return Place(path, text.count("\n", 0, offset) + 1, offset - before)


def printable(text: str) -> str:
    """Text without the characters that no XML and no header may hold; escapes and entities can bring them back."""
    return _UNPRINTABLE.sub("", text)


def decode(raw: bytes, path: str) -> SourceText:
    """Read bytes as UTF-8 (or UTF-16 with its mark), line by line, naming whatever had to be mended."""
    problems: list[Problem] = []
    text = _text(raw, path, problems)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _without_controls(text, path, problems)
    return SourceText(path, text, tuple(text.split("\n")), tuple(problems))


def _text(raw: bytes, path: str, problems: list[Problem]) -> str:
    utf16 = UTF16_BOMS.get(raw[:2])
    if utf16 is not None:
        problems.append(
            Problem(Place(path), "encoding", Severity.WARNING, "the file is UTF-16", "Save it as UTF-8.")
        )
        return raw[2:].decode(utf16, errors="replace")
    raw = raw.removeprefix(UTF8_BOM)
    text = raw.decode("utf-8", errors="surrogateescape")
    for count, stray in enumerate(_STRAY_BYTES.finditer(text)):
        if count >= MAX_PROBLEMS:
            break
        shown = " ".join(f"{ord(letter) - 0xDC00:02X}" for letter in stray.group()[:8])
        line_text = text[: stray.start()].replace("\r\n", "\n").replace("\r", "\n")
        problems.append(
            Problem(
                place_at(path, line_text, len(line_text)),
                "encoding",
                Severity.ERROR,
                f"bytes {shown} are not UTF-8",
                "Save the file as UTF-8.",
            )
        )
    return _STRAY_BYTES.sub(_as_windows_1252, text)


def _as_windows_1252(stray: re.Match[str]) -> str:
    raw = stray.group().encode("utf-8", errors="surrogateescape")
    return raw.decode("cp1252", errors="replace")


def _without_controls(text: str, path: str, problems: list[Problem]) -> str:
    for count, control in enumerate(_CONTROLS.finditer(text)):
        if count >= MAX_PROBLEMS:
            break
        problems.append(
            Problem(
                place_at(path, text, control.start()),
                "control-character",
                Severity.WARNING,
                f"control character U+{ord(control.group()[0]):04X} is left out",
                "Delete it.",
            )
        )
    return _CONTROLS.sub("", text)
