"""Every link and image of an issue as the editor wrote it, with exact places; broken ones included.

The Markdown parser knows no columns and drops what does not parse; an editor needs both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from mailer.lint.words import words

_OPEN = re.compile(r"\\[^\n]|!?\[|<(?=[A-Za-z/])|(?<![\w@])(?:https?://|www\.)", re.IGNORECASE)
_DEFINITION = re.compile(
    r"^ {0,3}\[(?!\^)((?:[^\[\]\\\n]|\\.)+)\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|\S+)([^\n]*)$", re.MULTILINE
)
_AUTOLINK = re.compile(r"<([a-z][a-z0-9+.-]{1,31}:[^<>\s]*|[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)>", re.IGNORECASE)
_TAG = re.compile(
    r"</?([A-Za-z][\w-]*)((?:\s+[^<>\"'=\s]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>=]+))?)*)\s*/?>"
)
_ATTRIBUTE = re.compile(r"([^\s\"'=<>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'<>]+))")
_BARE = re.compile(r"[^\s<>]+")
_BRACKET = re.compile(r"\\[^\n]|[\[\]]|\n[ \t]*\n")
_TITLE = re.compile(r"""\s+("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\))""", re.DOTALL)
_TEXT_LIMIT: Final = 2000  # characters between two brackets; longer ones are not a link's text

HTML_NAMES: Final = words(
    """
    a abbr address area article aside audio b base bdi bdo big blockquote body br button canvas caption center
    cite code col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure
    font
    footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label
    legend li link main map mark menu meta meter nav noscript object ol optgroup option output p param picture
    pre progress q rp rt ruby s samp script section select slot small source span strike strong style sub
    summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video
    wbr
    """
)


class Form(Enum):
    """How a link is written."""

    INLINE = auto()  # [text](target)
    REFERENCE = auto()  # [text][label], [label]
    DEFINITION = auto()  # [label]: target
    AUTOLINK = auto()  # <target>
    BARE = auto()  # https://…
    HTML = auto()  # <a href="target">, <img src="target">
    SHORTCODE = auto()  # {{< figure src="target" >}}


@dataclass(frozen=True, slots=True)
class Link:
    """A link or image. Offsets count characters of the file from 0; ``target`` is as written."""

    form: Form
    image: bool
    text: str
    target: str
    start: int
    end: int
    target_start: int
    text_start: int = -1
    text_end: int = -1
    label: str = ""  # of a reference: normalised
    defined: bool = True  # False: a reference that nothing defines
    broken: bool = False  # Markdown does not read it as a link: white space in the target, no closing bracket
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """The host of a web address, lower case, without user and port; "" for other targets."""
        found = re.match(r"(?:https?:)?//(?:[^/?#@\s]*@)?([^/?#:\s]*)", self.target, re.IGNORECASE)
        return found[1].lower() if found else ""


def normalised(label: str) -> str:
    """A reference label as CommonMark compares it."""
    return " ".join(label.split()).casefold()


def links(text: str, start: int = 0) -> tuple[Link, ...]:
    """Links of ``text`` from ``start`` on; code, comments and shortcodes must be blanked out of it before."""
    definitions = {normalised(found[1]): found for found in reversed(list(_DEFINITION.finditer(text, start)))}
    spans = sorted(found.span() for found in _DEFINITION.finditer(text, start))
    found = [_definition(match) for match in _DEFINITION.finditer(text, start)]
    found.extend(_scan(text, start, spans, definitions))
    return tuple(sorted(found, key=lambda link: (link.start, link.end)))


def _definition(match: re.Match[str]) -> Link:
    raw = match[2]
    target, shift = (raw[1:-1], 1) if raw.startswith("<") else (raw, 0)
    return Link(
        Form.DEFINITION, False, match[1], target, match.start(), match.end(), match.start(2) + shift,
        label=normalised(match[1]),
    )  # fmt: skip


def _scan(
    text: str, start: int, skip: list[tuple[int, int]], definitions: dict[str, re.Match[str]]
) -> Iterator[Link]:
    position = start
    for begin, end in skip:
        text = text[:begin] + " " * (end - begin) + text[end:]
    pairs = _bracket_pairs(text, start)
    while match := _OPEN.search(text, position):
        position = match.end()
        mark = match[0]
        if mark.endswith("["):
            link = _bracketed(text, match, pairs, definitions)
            if link is None:
                continue
            yield link
            # the text may hold an image: read on inside it, and never again what stands behind it
            text = text[: link.text_end] + " " * (link.end - link.text_end) + text[link.end :]
        elif mark == "<":
            found = _AUTOLINK.match(text, match.start())
            if found:
                target = found[1]
                yield Link(Form.AUTOLINK, False, target, target, match.start(), found.end(), found.start(1))
                position = found.end()
                continue
            tag = _TAG.match(text, match.start())
            if tag:
                yield from _html(tag, text)
                position = tag.end()
        elif not mark.startswith("\\"):
            yield _bare(text, match.start())
            position = match.start() + len(_BARE.match(text, match.start())[0])  # type: ignore[index]  # starts with a non-space


def _bracketed(
    text: str, match: re.Match[str], pairs: dict[int, int], definitions: dict[str, re.Match[str]]
) -> Link | None:
    image = match[0].startswith("!")
    opening = match.end() - 1
    closing = pairs.get(opening, -1)
    if closing < 0:
        return None
    inner = text[opening + 1 : closing]
    after = closing + 1
    if text.startswith("(", after):
        return _inline(text, match.start(), opening, closing, image)
    reference = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]").match(text, after)
    if reference:
        label = normalised(reference[1] or inner)
        end = reference.end()
        is_defined = label in definitions
        if not reference[1] and not is_defined:
            return None
    else:
        label, end, is_defined = normalised(inner), after, True
        if label not in definitions:
            return None
    target = definitions[label][2].strip("<>") if is_defined else ""
    at = definitions[label].start(2) if is_defined else after + 1
    return Link(
        Form.REFERENCE, image, inner, target, match.start(), end, at, opening + 1, closing,
        label=label, defined=is_defined,
    )  # fmt: skip


def _bracket_pairs(text: str, start: int) -> dict[int, int]:
    """Where the bracket that opens at an offset closes; never beyond a paragraph, nor far away."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACKET.finditer(text, start):
        mark = found[0]
        if mark == "[":
            opened.append(found.start())
        elif mark == "]" and opened:
            opening = opened.pop()
            if found.start() - opening <= _TEXT_LIMIT:
                pairs[opening] = found.start()
        elif mark[0] == "\n":
            opened.clear()
    return pairs


def _inline(text: str, start: int, opening: int, closing: int, image: bool) -> Link:
    """``[text](target "title")`` at ``start``, also when the target is not one that Markdown takes."""
    begin = closing + 2
    begin += len(text[begin:]) - len(text[begin:].lstrip(" \t\n")) if text[begin : begin + 1].isspace() else 0
    broken = False
    if text.startswith("<", begin) and (angle := re.compile(r"<([^<>\n]*)>").match(text, begin)):
        target, at, end = angle[1], begin + 1, angle.end()
    else:
        at, end = begin, _target_end(text, begin)
        target = text[at:end]
    if title := _TITLE.match(text, end):
        end = title.end()
    tail = re.compile(r"\s*\)").match(text, end)
    if tail:
        end = tail.end()
    else:
        broken = True
        line_end = _line_end(text, begin)
        stop = text.find(")", end, line_end)
        end = stop + 1 if stop >= 0 else max(end, begin)
        target = text[at : stop if stop >= 0 else end]
    return Link(
        Form.INLINE,
        image,
        text[opening + 1 : closing],
        target,
        start,
        end,
        at,
        opening + 1,
        closing,
        broken=broken,
    )


def _target_end(text: str, begin: int) -> int:
    depth = 0
    for found in re.compile(r"\\[^\w\s]|[()\s]").finditer(text, begin):
        mark = found[0]
        if mark == "(":
            depth += 1
        elif mark == ")":
            if depth == 0:
                return found.start()
            depth -= 1
        elif mark.isspace():
            return found.start()
    return len(text)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _html(tag: re.Match[str], text: str) -> Iterator[Link]:
    name = tag[1].lower()
    attribute = {"a": "href", "img": "src"}.get(name)
    if attribute is None or tag[0].startswith("</"):
        return
    values: dict[str, str] = {}
    places: dict[str, int] = {}
    for found in _ATTRIBUTE.finditer(tag[2]):
        number = next(group for group in (2, 3, 4) if found[group] is not None)
        values.setdefault(found[1].lower(), found[number])
        places.setdefault(found[1].lower(), tag.start(2) + found.start(number))
    if attribute not in values:
        return
    inner, end = "", tag.end()
    if name == "a" and (closing := re.compile(r"</a\s*>", re.IGNORECASE).search(text, tag.end())):
        inner = re.sub(r"<[^<>]*>", "", text[tag.end() : closing.start()])
    yield Link(
        Form.HTML, name == "img", values.get("alt", "") if name == "img" else inner, values[attribute],
        tag.start(), end, places[attribute], attributes=tuple(values.items()),
    )  # fmt: skip


def _bare(text: str, start: int) -> Link:
    raw = _BARE.match(text, start)
    assert raw is not None  # noqa: S101  # the caller saw "http" there
    target = raw[0]
    while target and (
        target[-1] in "?!.,:;*_~'\"]}" or (target[-1] == ")" and target.count(")") > target.count("("))
    ):
        target = target[:-1]
    return Link(Form.BARE, False, target, target, start, start + len(target), start)


def tags(text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """HTML tags of known elements; ``Vec<String>`` and ``<Feature name>`` are text, not tags."""
    return (found for found in _TAG.finditer(text, start) if found[1].lower() in HTML_NAMES)
