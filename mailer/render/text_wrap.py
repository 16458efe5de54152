"""Lines of plain text: how wide they are on a screen, where they break. A width is counted in columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

WIDTH: Final = 72  # leaves room to be quoted twice in 78

# what a line of Chinese or Japanese does not begin with, and does not end with
_NOT_FIRST: Final = frozenset(
    "、。，．・：；？！）］｝〉》」』】〕〗〙〟’”ー々ゝゞぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ…‥"
)
_NOT_LAST: Final = frozenset("（［｛〈《「『【〔〖〘〝‘“")
GLUE: Final = "\x1f"  # a blank at which no line breaks; a control character, so that no clean text holds it
# where a character may be two columns wide: only there is a word looked at character by character
_MAYBE_WIDE: Final = re.compile(
    "[\u1100-\u115f\u2300-\u2bff\u2e80-\ua97f\uac00-\ud7ff\uf900-\uffff\U00010000-\U0010ffff]"
)
_BLANKS: Final = re.compile(r"[ \t\n\r\f\v]+")  # not the no-break space


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def width(text: str) -> int:
    """How many columns the text takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def wrap(text: str, columns: int = WIDTH, first: str = "", rest: str = "") -> str:
    """The words in lines of at most ``columns``, with a lead before the first line and before the others.

    Line breaks in the text stay; a word that is wider than a line (an address) is never cut, unless its script
    breaks between any two characters.
    """
    lines: list[str] = []
    for written in text.split("\n"):
        lead = first if not lines else rest
        lines.extend(_wrapped(written, columns, lead, rest))
    return "\n".join(line.rstrip() for line in lines).replace(GLUE, " ")


def _wrapped(text: str, columns: int, first: str, rest: str) -> Iterator[str]:
    line, used, blank = first, width(first), False
    empty = True
    for word in (word for word in _BLANKS.split(text) if word):
        for position, piece in enumerate(_pieces(word)):
            size = width(piece)
            gap = 1 if position == 0 and not empty else 0
            if not empty and used + gap + size > columns:
                yield line
                line, used, gap = rest, width(rest), 0
            line += " " * gap + piece
            used += gap + size
            empty = False
        blank = True
    if blank or not text.strip():
        yield line


def _pieces(word: str) -> list[str]:
    """A word cut where its script allows a break: nowhere in Latin, between most characters in Chinese."""
    if word.isascii() or not _MAYBE_WIDE.search(word):
        return [word]
    pieces: list[str] = []
    for character in word:
        before = pieces[-1][-1] if pieces else ""
        may_break = (
            before
            and (_columns(character) == 2 or _columns(before) == 2)
            and character not in _NOT_FIRST
            and before not in _NOT_LAST
            and not (unicodedata.category(character).startswith("P") and _columns(character) != 2)
        )
        if may_break or not pieces:
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces


def underline(text: str, character: str = "=") -> str:
    """A heading: wrapped, with a line of its width below."""
    wrapped = wrap(text)
    return f"{wrapped}\n{character * max(width(line) for line in wrapped.split(chr(10)))}"


def indent(text: str, first: str, rest: str) -> str:
    """A lead before the first line and before the others; empty lines get none of its blanks."""
    lines = text.split("\n")
    return "\n".join(
        (lead + line).rstrip() for lead, line in zip([first] + [rest] * len(lines), lines, strict=False)
    )
