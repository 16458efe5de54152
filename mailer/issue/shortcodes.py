"""Shortcodes of Hugo, Zola, Jekyll and Pelican: found in the text, hidden from Markdown, turned into mail.

Law: before Markdown is parsed each shortcode becomes one private character (a mark), so its quotes and spaces
break no link and no table; a mark that ends up in code is put back as it was written, every other is expanded.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mailer.issue.problem import Place
from mailer.issue.source import SourceText

FIRST_MARK: Final = 0xF0000  # plane 15 is private use: no newsletter means anything by it
MAX_MARKS: Final = 0xFFFD

_QUOTED: Final = r"""(?:"(?:\\.|[^"\\])*"|`[^`]*`|[^"`{}]|\{(?!\{)|\}(?!\}))"""
_PATTERN = re.compile(
    r"(?P<hugo>\{\{[<%](?P<hbody>(?:" + _QUOTED + r"){0,4000}?)[>%]\}\})"
    r"|(?P<loose>\{\{[<%][^\n]*?[>%]\}\})"
    r"|(?P<open>\{\{[<%][^\n]*)"
    r"|(?P<liquid>\{%[-+]?\s*(?P<lbody>[A-Za-z_](?:[^%{]|%(?!\})|\{(?!%)){0,600}?)\s*[-+]?%\})"
    r"|(?P<variable>\{\{-?[ \t]*(?P<vbody>[A-Za-z_\"'][^\n{}]*?)[ \t]*-?\}\})"
)
_ARGUMENT = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*[=:]\s*)?(?:"(?P<double>(?:\\.|[^"\\])*)"|`(?P<back>[^`]*)`|'(?P<single>(?:\\.|[^'\\])*)'|(?P<bare>[^\s"'`,=]+))""",
)
_VARIABLE = re.compile(r"""^(?P<name>[\w.\-\[\]]+|"[^"]*"|'[^']*')\s*(?P<filters>(?:\|[^|]*)*)$""")
_CALL = re.compile(r"^(?P<name>[A-Za-z_][\w:]*)\s*\((?P<args>.*)\)$", re.DOTALL)
_FENCE = re.compile(r"^[ \t>*+-]*(?:\d+[.)][ \t]+)?(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:[^`\n]|\n(?!\s*\n)|(?!(?<!`)\1(?!`))`)+)(?<!`)\1(?!`)")


class Form(StrEnum):
    """How a shortcode is written."""

    HUGO = "hugo"  # {{< x >}}, {{% x %}}
    LIQUID = "liquid"  # {% x %}
    VARIABLE = "variable"  # {{ x }}
    CALL = "call"  # {{ x(a="b") }}
    UNCLOSED = "unclosed"  # {{< x, and the line ends
    LITERAL = "literal"  # {{</* x */>}}: shown, not run


@dataclass(frozen=True, slots=True)
class Tag:
    """One shortcode as written: name (lower case), arguments, and where it stands."""

    form: Form
    name: str
    written: str
    place: Place
    closing: bool = False
    named: Mapping[str, str] = field(default_factory=dict)
    positional: tuple[str, ...] = ()
    filters: str = ""

    def argument(self, name: str, position: int | None = None) -> str:
        if name in self.named:
            return self.named[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A body with marks instead of shortcodes, and the file line (from 0) of each of its lines."""

    text: str
    tags: Mapping[str, Tag]
    file_lines: tuple[int, ...]

    def restore(self, text: str) -> str:
        """The text with every shortcode as it was written: for code."""
        if not self.tags:
            return text
        return _MARKS.sub(self._written, text)

    def without(self, text: str) -> str:
        """The text with every shortcode left out."""
        return "".join(letter for letter in text if letter not in self.tags)

    def _written(self, found: re.Match[str]) -> str:
        tag = self.tags.get(found.group())
        return tag.written if tag is not None else found.group()

    def has_marks(self, text: str) -> bool:
        return any(letter in self.tags for letter in text) if self.tags else False


_MARKS = re.compile(f"[{chr(FIRST_MARK)}-{chr(FIRST_MARK + MAX_MARKS)}]")


def hide(source: SourceText, body_line: int, dropped: frozenset[str] = frozenset()) -> Hidden:
    """Find the shortcodes of a body that begins on file line ``body_line`` (from 1).

    Pairs named in ``dropped`` go with everything between them.
    """
    body = "\n".join(source.lines[body_line - 1 :])
    tags: dict[str, Tag] = {}
    pieces: list[str] = []
    origins: list[int] = [0]  # body line on which each line of the new text begins
    taken = set(_MARKS.findall(body)) if _MARKS.search(body) else set()
    marks = (chr(FIRST_MARK + index) for index in range(MAX_MARKS) if chr(FIRST_MARK + index) not in taken)
    line_of = _line_counter(body)
    position = 0
    for start, end, replacement, found in _finds(body, dropped):
        kept = body[position:start]
        pieces.append(kept)
        origins.extend(range(line_of(position) + 1, line_of(start) + 1))
        position = end
        if found is None:
            pieces.append(replacement)
            inserted = replacement.count("\n")
            first = line_of(start)
            last = line_of(end)
            origins.extend(min(first + 1 + step, last) for step in range(inserted))
            continue
        tag = _tag(found, _place(source.path, body, start, body_line, line_of))
        mark = next(marks, None) if tag is not None else None
        if tag is None or mark is None:
            position = start  # plain text, or more shortcodes than there are marks
            pieces.append(body[start:end])
            origins.extend(range(line_of(start) + 1, line_of(end) + 1))
            position = end
            continue
        tags[mark] = tag
        pieces.append(mark)
    pieces.append(body[position:])
    origins.extend(range(line_of(position) + 1, body.count("\n") + 1))
    return Hidden("".join(pieces), tags, tuple(body_line - 1 + origin for origin in origins))


def _line_counter(text: str) -> Callable[[int], int]:
    """A function from offset to line (from 0)."""
    ends = [match.start() for match in re.finditer("\n", text)]
    return lambda offset: bisect_left(ends, offset)


def _place(path: str, body: str, offset: int, body_line: int, line_of: Callable[[int], int]) -> Place:
    return Place(path, body_line + line_of(offset), offset - body.rfind("\n", 0, offset))


Find = tuple[int, int, str, re.Match[str] | None]


def _finds(body: str, dropped: frozenset[str]) -> list[Find]:
    """Shortcodes (with their match) and stretches that become other text (with None), in order."""
    if "{{" not in body and "{%" not in body:
        return []
    code = _code_ranges(body)
    finds: list[Find] = []
    position = 0
    while match := _PATTERN.search(body, position):
        position = match.end()
        inside_code = _within(code, match.start())
        if not inside_code and match.group("lbody") is not None:
            name = match.group("lbody").split()[0]
            pair = _pair(body, match, name, dropped)
            if pair is not None:
                finds.append(pair)
                position = pair[1]
                continue
        elif not inside_code and match.group("hbody") is not None:
            name = (match.group("hbody").split() or [""])[0]
            pair = _pair(body, match, name, dropped) if name not in ("raw", "comment") else None
            if pair is not None:
                finds.append(pair)
                position = pair[1]
                continue
        finds.append((match.start(), match.end(), "", match))
    return finds


def _pair(body: str, match: re.Match[str], name: str, dropped: frozenset[str]) -> Find | None:
    """Pairs whose content is not Markdown: ``raw`` and ``comment`` of Liquid, ``highlight``."""
    if name not in ("raw", "comment", "highlight") and name.lower() not in dropped:
        return None
    closing = re.compile(
        r"\{%-?\s*end" + re.escape(name) + r"\s*-?%\}|\{\{[<%]\s*/\s*" + re.escape(name) + r"\s*[>%]\}\}"
    )
    end = closing.search(body, match.end())
    if end is None:
        return None
    inner = body[match.end() : end.start()]
    if name == "comment" or name.lower() in dropped:
        return match.start(), end.end(), "\n" * inner.count("\n"), None
    if name == "raw":
        return match.start(), end.end(), inner, None
    words = (match.group("lbody") or match.group("hbody") or "").split()
    language = words[1].strip("\"'`") if len(words) > 1 else ""
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", inner)), default=0) + 1)
    inner = inner.strip("\n")
    return match.start(), end.end(), f"\n{fence}{language}\n{inner}\n{fence}\n", None


def _code_ranges(body: str) -> list[tuple[int, int]]:
    """Where fenced code and code spans stand; a guess before Markdown knows, good enough for pairs."""
    ranges: list[tuple[int, int]] = []
    offset, fence, begin = 0, "", 0
    for line in body.split("\n"):
        match = _FENCE.match(line)
        if match and not fence:
            fence, begin = match.group(1), offset
        elif match and fence and match.group(1).startswith(fence):
            ranges.append((begin, offset + len(line)))
            fence = ""
        offset += len(line) + 1
    if fence:
        ranges.append((begin, len(body)))
    ranges.extend(match.span() for match in _CODE_SPAN.finditer(body) if not _within(ranges, match.start()))
    return ranges


def _within(ranges: list[tuple[int, int]], offset: int) -> bool:
    return any(begin <= offset < end for begin, end in ranges)


def _tag(match: re.Match[str], place: Place) -> Tag | None:
    written = match.group()
    if match.group("open") is not None:
        return Tag(Form.UNCLOSED, written[3:].split()[0].lower() if written[3:].split() else "", written, place)
    if match.group("hugo") is not None or match.group("loose") is not None:
        return _hugo(written, place)
    if match.group("liquid") is not None:
        return _liquid(match.group("lbody"), written, place)
    return _variable(match.group("vbody").strip(), written, place)


def _hugo(written: str, place: Place) -> Tag:
    inner = written[3:-3].strip()
    if inner.startswith("/*") and inner.endswith("*/"):
        shown = f"{written[:3]}{inner[2:-2]}{written[-3:]}"
        return Tag(Form.LITERAL, "", shown, place)
    closing = inner.startswith("/")
    name, _, rest = inner.lstrip("/").strip().rstrip("/").strip().partition(" ")
    if "\n" in name or "\t" in name:
        name, rest = name.split(None, 1)[0], inner.split(None, 1)[1]
    named, positional = arguments(rest)
    return Tag(Form.HUGO, name.lower(), written, place, closing, named, positional)


def _liquid(inner: str, written: str, place: Place) -> Tag:
    words = inner.split(None, 1)
    name, rest = words[0], words[1] if len(words) > 1 else ""
    call = _CALL.match(inner.strip())
    if call:  # Zola: {% quote(author="x") %}
        name, rest = call.group("name"), call.group("args")
    if name.lower() == "include" and rest:  # {% include figure.html src="x" %} is a shortcode by another name
        name, _, rest = rest.partition(" ")
        name = name.rsplit("/", 1)[-1].partition(".")[0]
    closing = name.lower().startswith("end")
    named, positional = arguments(rest)
    bare = name.lower().removeprefix("end") if closing else name.lower()
    return Tag(Form.LIQUID, bare, written, place, closing, named, positional)


def _variable(inner: str, written: str, place: Place) -> Tag | None:
    call = _CALL.match(inner)
    if call:
        named, positional = arguments(call.group("args"))
        return Tag(Form.CALL, call.group("name").lower(), written, place, False, named, positional)
    match = _VARIABLE.match(inner)
    if match is None:
        return None
    return Tag(Form.VARIABLE, match.group("name"), written, place, filters=match.group("filters").strip())


def arguments(text: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Named and positional arguments: ``src="x" width=5 "title"``."""
    named: dict[str, str] = {}
    positional: list[str] = []
    for match in _ARGUMENT.finditer(text):
        if match.group("double") is not None:
            value = re.sub(r"\\(.)", r"\1", match.group("double"))
        elif match.group("single") is not None:
            value = re.sub(r"\\(.)", r"\1", match.group("single"))
        else:
            value = match.group("back") if match.group("back") is not None else match.group("bare")
        if match.group("key"):
            named.setdefault(match.group("key").lower(), value)
        else:
            positional.append(value)
    return named, tuple(positional)
