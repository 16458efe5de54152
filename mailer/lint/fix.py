"""Mending what can be mended without asking: mojibake, and white space in links.

Law: only what cannot change the meaning; a source that has nothing of it comes back as the same string.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from mailer.lint.links import Form, links
from mailer.lint.mojibake import broken_pieces
from mailer.lint.prose import THING, Kind, blank, regions


@dataclass(frozen=True, slots=True)
class Fix:
    """One thing that was mended; line and column count from 1, in the text before mending."""

    line: int
    column: int
    rule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    rule: str
    after: str


def fix(source: str) -> tuple[str, list[Fix]]:
    """The mended source, and what was mended in it, in order. Mending twice changes nothing more."""
    fixes: list[Fix] = []
    for changes in (_mojibake, _white_space):  # links are looked for in mended text
        source, done = _apply(source, sorted(changes(source), key=lambda change: change.start))
        fixes.extend(done)
    return source, fixes


def diff(before: str, after: str, path: str) -> str:
    """A unified diff as ``patch`` takes it; "" when nothing changed."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _apply(source: str, changes: list[_Change]) -> tuple[str, list[Fix]]:
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    pieces: list[str] = []
    fixes: list[Fix] = []
    position = 0
    for change in changes:
        if change.start < position:
            continue
        line = bisect_right(starts, change.start)
        column = change.start - starts[line - 1] + 1
        fixes.append(Fix(line, column, change.rule, source[change.start : change.end], change.after))
        pieces += [source[position : change.start], change.after]
        position = change.end
    return "".join([*pieces, source[position:]]), fixes


def _mojibake(source: str) -> Iterator[_Change]:
    code = [(each.start, each.end) for each in regions(source) if each.kind in (Kind.CODE, Kind.FENCE)]
    offset = 0
    for line in blank(source, code).split("\n"):
        for piece in broken_pieces(line):
            yield _Change(offset + piece.start, offset + piece.end, "mojibake", piece.mended)
        offset += len(line) + 1


def _white_space(source: str) -> Iterator[_Change]:
    """``[text]( https://… )`` and ``[text ](https://…)``; a space after the text moves behind the link."""
    markup = blank(source, [(each.start, each.end) for each in regions(source)], THING)
    for link in links(markup):
        if link.form is not Form.INLINE or link.broken:
            continue
        inside = source[link.text_end + 2 : link.end - 1]
        if "\n" in inside or "\n" in link.text:
            continue
        if inside != inside.strip():
            yield _Change(link.text_end + 2, link.end - 1, "link-syntax", inside.strip())
        text = source[link.text_start : link.text_end]
        if text.strip() and text != text.rstrip() and not link.image:
            yield _Change(link.text_start, link.text_end, "link-syntax", text.rstrip())
            follows = source[link.end : link.end + 1]
            if follows.isalnum():
                yield _Change(link.end, link.end, "link-syntax", " ")
