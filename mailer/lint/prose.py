"""What of an issue's source is prose: code, comments, shortcodes, link targets and tags are blanked out.

Law: every text made here has the same length as the source, so an offset found in it is an offset in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

THING: Final = "\ue000"  # stands where something is that is no prose: code, a shortcode, a bare address

_TOKEN = re.compile(r"\\.|`+|<!--|\{\{[<%]|\{%|\n")
_FENCE = re.compile(r"(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*(`{3,}|~{3,})([^\n]*)")
_CLOSERS: Final = {"<!--": "-->", "{{<": ">}}", "{{%": "%}}", "{%": "%}"}
_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


class Kind(Enum):
    """What a region of the source is, when it is not Markdown text."""

    CODE = auto()
    FENCE = auto()
    COMMENT = auto()
    SHORTCODE = auto()


@dataclass(frozen=True, slots=True)
class Region:
    """Half-open span of the source, in characters."""

    kind: Kind
    start: int
    end: int


def regions(source: str, start: int = 0) -> Iterator[Region]:
    """Code, comments and shortcodes from ``start`` on, in order, never overlapping."""
    position = start
    at_line_start = True
    never_closed: set[str] = set()
    while position < len(source):
        if at_line_start:
            at_line_start = False
            fence = _FENCE.match(source, position)
            if fence and not (fence[1][0] == "`" and "`" in fence[2]):
                end = _fence_end(source, fence)
                yield Region(Kind.FENCE, position, end)
                position, at_line_start = end, True
                continue
        token = _TOKEN.search(source, position)
        if token is None:
            return
        position = token.end()
        mark = token[0]
        if mark == "\n":
            at_line_start = True
        elif mark[0] == "`":
            end = _span_end(source, token)
            if end > position:
                yield Region(Kind.CODE, token.start(), end)
                position = end
        elif mark in _CLOSERS:
            closer = _CLOSERS[mark]
            found = -1 if closer in never_closed else source.find(closer, position)
            if found < 0 and mark != "<!--":
                never_closed.add(closer)
                continue
            end = len(source) if found < 0 else found + len(closer)
            yield Region(Kind.COMMENT if mark == "<!--" else Kind.SHORTCODE, token.start(), end)
            position = end


def _fence_end(source: str, fence: re.Match[str]) -> int:
    mark = fence[1]
    closing = re.compile(rf"\n[ \t>]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*(?=\n|$)")
    found = closing.search(source, fence.end())
    return found.end() if found else len(source)


def _span_end(source: str, opening: re.Match[str]) -> int:
    """The end of the code span that ``opening`` starts, or its own end when it starts none (CommonMark 6.1)."""
    stop = _PARAGRAPH_END.search(source, opening.end())
    limit = stop.start() if stop else len(source)
    for run in re.compile(r"`+").finditer(source, opening.end(), limit):
        if len(run[0]) == len(opening[0]):
            return run.end()
    return opening.end()


def blank(source: str, spans: Iterable[tuple[int, int]], fill: str = " ") -> str:
    """The source with ``spans`` overwritten; line ends stay, so that lines keep their numbers."""
    pieces: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        pieces.append(source[position:start])
        pieces.extend("\n" if character == "\n" else fill for character in source[start:end])
        position = end
    pieces.append(source[position:])
    return "".join(pieces)
