"""The header of an issue file in the four styles of static sites, with the place of every key.

Law: reading goes on. A broken header is a problem at its line and column, and every line of it that can be
understood alone still counts. Text stays text (``slug: no`` is "no").
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Final

from mailer.issue.model import FrontMatter, FrontStyle
from mailer.issue.problem import Place, Problem, Severity
from mailer.issue.source import SourceText
from mailer.issue.yaml_header import Entry, read_yaml

MAX_HEADER_CHARACTERS: Final = 65_536  # a header is a page at most; YAML is slow on more

_RULE = "front-matter"
_HINT_CLOSE = "Close the header with a line of its own."
_HEADER_LINE = re.compile(r"^ {0,3}([^\W\d_][\w .-]{0,40}?)[ \t]*:(?:[ \t]+(.*)|)$")
_TOML_LINE = re.compile(r"""^\s*["']?([\w.-]+)["']?\s*=\s*(.*?)\s*$""")
_TOML_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_KNOWN_HEADERS: Final = frozenset({
    "title", "date", "author", "authors", "category", "categories", "tags", "slug", "status", "summary",
    "description", "lang", "language", "url", "save_as", "template", "modified", "number", "draft", "permalink",
    "layout", "blog_id", "keywords", "subtitle", "published",
})  # fmt: skip


def read_front_matter(source: SourceText) -> tuple[FrontMatter, list[Problem]]:
    """The header and what is wrong with it; ``body_line`` is where the Markdown begins."""
    first = next((index for index, line in enumerate(source.lines) if line.strip()), 0)
    opening = source.lines[first].rstrip()
    problems: list[Problem] = []
    front: FrontMatter | None = None
    if opening == "---":
        front = _fenced_yaml(source, first, problems)
    elif opening == "+++":
        front = _fenced_toml(source, first, problems)
    if front is None:
        front = _headers(source, first, problems)
    return front if front is not None else FrontMatter(), problems


def _closing(source: SourceText, first: int, marks: tuple[str, ...]) -> int | None:
    for index in range(first + 1, len(source.lines)):
        if source.lines[index].rstrip() in marks:
            return index
    return None


def _block(
    source: SourceText, first: int, marks: tuple[str, ...], problems: list[Problem]
) -> tuple[int, int] | None:
    """Lines of the header (begin, end) and, when it is never closed, a guess: up to the first empty line."""
    end = _closing(source, first, marks)
    if end is not None:
        return first + 1, end
    following = source.lines[first + 1] if first + 1 < len(source.lines) else ""
    if not (_HEADER_LINE.match(following) or _TOML_LINE.match(following)):
        return None
    problems.append(
        Problem(
            source.place(first + 1),
            _RULE,
            Severity.ERROR,
            f"the header that begins with {marks[0]} is never closed",
            _HINT_CLOSE,
        )
    )
    end = next((i for i in range(first + 1, len(source.lines)) if not source.lines[i].strip()), len(source.lines))
    return first + 1, end


def _fenced_yaml(source: SourceText, first: int, problems: list[Problem]) -> FrontMatter | None:
    block = _block(source, first, ("---", "..."), problems)
    if block is None:
        return None
    begin, end = block
    lines = list(source.lines[begin:end])
    if sum(map(len, lines)) > MAX_HEADER_CHARACTERS:
        problems.append(_too_long(source.place(begin + 1)))
        entries: list[Entry] | None = _by_line(lines, ":")
    else:
        entries, faults = read_yaml(lines)
        problems.extend(_fault(source.place(begin + line, column), what) for line, column, what in faults)
        if entries is None and faults:
            entries = _by_line(lines, ":")
    if entries is None:
        return None  # no mapping: two horizontal lines around text
    return _collect(FrontStyle.YAML, entries, source, begin, _after(source, end), problems)


def _fenced_toml(source: SourceText, first: int, problems: list[Problem]) -> FrontMatter | None:
    block = _block(source, first, ("+++",), problems)
    if block is None:
        return None
    begin, end = block
    lines = list(source.lines[begin:end])
    places = {entry.key: entry for entry in reversed(_by_line(lines, "="))}
    values: Mapping[str, object]
    try:
        if sum(map(len, lines)) > MAX_HEADER_CHARACTERS:
            problems.append(_too_long(source.place(begin + 1)))
            raise ValueError
        values = tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError) as fault:
        if str(fault) and "Cannot overwrite" not in str(fault):  # a key twice is told below, with its place
            problems.append(_toml_fault(source, begin, fault))
        return _collect(FrontStyle.TOML, _by_line(lines, "="), source, begin, _after(source, end), problems)
    entries = []
    for key, value in values.items():
        found = places.get(key.lower())
        entries.append(Entry(key.lower(), value, found.line if found else 1, found.column if found else 1))
    return _collect(FrontStyle.TOML, entries, source, begin, _after(source, end), problems)


def _headers(source: SourceText, first: int, problems: list[Problem]) -> FrontMatter | None:
    """Bare ``Key: value`` lines up to the first empty one; an indented line goes on with the value above."""
    entries: list[Entry] = []
    index = first
    while index < len(source.lines) and source.lines[index].strip():
        line = source.lines[index]
        match = _HEADER_LINE.match(line)
        if match:
            key = match.group(1).strip().lower()
            entries.append(Entry(key, (match.group(2) or "").strip(), index - first + 1, match.start(1) + 1))
        elif entries and line.startswith(("    ", "\t")):
            last = entries[-1]
            entries[-1] = Entry(last.key, f"{last.value}\n{line.strip()}".strip(), last.line, last.column)
        elif entries and line.rstrip() in ("---", "..."):
            index += 1
            break
        else:
            break
        index += 1
    if not any(entry.key in _KNOWN_HEADERS for entry in entries):
        return None
    if (
        index < len(source.lines)
        and source.lines[index].strip()
        and source.lines[index - 1].strip() not in ("---", "...")
    ):
        problems.append(
            Problem(
                source.place(index + 1),
                _RULE,
                Severity.ERROR,
                "this line of the header is no “Key: value”",
                "Leave an empty line between the header and the text.",
            )
        )
    if index < len(source.lines) and not source.lines[index].strip():
        index += 1
    return _collect(FrontStyle.HEADERS, entries, source, first, index + 1, problems)


def _after(source: SourceText, end: int) -> int:
    """The line (from 1) after the closing one at index ``end``."""
    return min(end + 2, len(source.lines) + 1)


def _by_line(lines: list[str], sign: str) -> list[Entry]:
    """What each line says alone, when the whole cannot be read."""
    pattern = _HEADER_LINE if sign == ":" else _TOML_LINE
    entries = []
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("["):
            if sign == "=":
                break  # tables of TOML come last, and their keys are not ours
            continue
        match = pattern.match(line)
        if match:
            value = (match.group(2) or "").strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            entries.append(Entry(match.group(1).strip().lower(), value, number, match.start(1) + 1))
    return entries


def _collect(
    style: FrontStyle,
    entries: list[Entry],
    source: SourceText,
    begin: int,
    body_line: int,
    problems: list[Problem],
) -> FrontMatter:
    """The first of two equal keys counts; the second is a problem."""
    values: dict[str, object] = {}
    places: dict[str, Place] = {}
    for entry in entries:
        place = source.place(begin + entry.line, entry.column)
        if entry.key in values:
            problems.append(
                Problem(
                    place,
                    _RULE,
                    Severity.ERROR,
                    f"“{entry.key}” stands here again, after line {places[entry.key].line}",
                    "Keep one of the two.",
                )
            )
            continue
        values[entry.key] = entry.value
        places[entry.key] = place
    return FrontMatter(style, values, places, body_line)


def _fault(place: Place, what: str) -> Problem:
    return Problem(place, _RULE, Severity.ERROR, f"the header is no valid YAML: {what}", "Quote the value.")


def _too_long(place: Place) -> Problem:
    message = f"the header is longer than {MAX_HEADER_CHARACTERS} characters"
    return Problem(place, _RULE, Severity.ERROR, message, _HINT_CLOSE)


def _toml_fault(source: SourceText, begin: int, fault: BaseException) -> Problem:
    said = str(fault)
    at = _TOML_PLACE.search(said)
    place = source.place(begin + int(at.group(1)), int(at.group(2))) if at else source.place(begin + 1)
    what = _TOML_PLACE.sub("", said).replace("(at end of document)", "").strip()
    return Problem(place, _RULE, Severity.ERROR, f"the header is no valid TOML: {what}", "Mend this line.")
