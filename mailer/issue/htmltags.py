"""Raw HTML as a flat list of tags, comments and text, with offsets; and what each element is for us.

No tree and no browser's mending here: ``inline_html.py`` and ``rawhtml.py`` decide what becomes of a tag.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a stretch of HTML is."""

    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"
    COMMENT = "comment"  # also declarations, processing instructions, CDATA


@dataclass(frozen=True, slots=True)
class Piece:
    """A tag, a comment or the text between; ``offset`` in the text it was read from."""

    kind: Kind
    raw: str
    offset: int
    name: str = ""  # lower case
    attrs: dict[str, str] = field(default_factory=dict)  # lower-case names, entities decoded
    complete: bool = True  # False: a comment that is never closed


_TAG = re.compile(
    r"(?P<comment><!--(?:-?>|.*?--!?>))|(?P<endless><!--.*)"
    r"|(?P<other><\?.*?\?>|<!\[CDATA\[.*?\]\]>|<![A-Za-z][^>]*>)"
    r"|<(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]*)(?P<attrs>(?=[\s/>])(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>"
    r"|<(?P<slash2>/?)(?P<name2>[A-Za-z][A-Za-z0-9:-]*)(?P<attrs2>[\s/][^<>]*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?""")

RAW_TEXT: Final = frozenset({"script", "style", "textarea", "title", "noframes", "noembed", "xmp", "plaintext"})

INLINE: Final = {
    "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "strong": "strong", "b": "strong",
    "s": "s", "strike": "s", "del": "s",
    "sub": "sub", "sup": "sup", "small": "small", "kbd": "kbd", "abbr": "abbr", "acronym": "abbr",
    "mark": "mark", "u": "u", "ins": "u",
}  # fmt: skip
CODE: Final = frozenset({"code", "tt", "samp"})
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
WRAPPERS: Final = frozenset({
    "div", "section", "article", "header", "footer", "main", "aside", "nav", "address", "center", "details",
    "dialog", "hgroup", "search", "fieldset", "body", "html", "head", "noscript",
})  # fmt: skip
TABLE_PARTS: Final = frozenset(
    {"table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col"}
)
_OTHER_BLOCKS = frozenset({
    "p", "ul", "ol", "menu", "dir", "li", "dl", "dt", "dd", "blockquote", "pre", "hr", "figure", "figcaption",
    "summary", "form", "legend",
})  # fmt: skip
BLOCKS: Final = WRAPPERS | HEADINGS | TABLE_PARTS | _OTHER_BLOCKS
VOID: Final = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
})  # fmt: skip
WITHOUT_CONTENT: Final = frozenset({
    "script", "style", "svg", "math", "canvas", "template", "noembed", "noframes", "title", "select",
    "textarea", "button", "datalist", "map", "xmp", "plaintext", "applet", "meter", "progress", "head",
})  # fmt: skip  # removed together with what stands inside
MEDIA: Final = frozenset({"iframe", "video", "audio", "object", "embed", "frame"})  # become a link
TRANSPARENT: Final = frozenset({
    "span", "font", "big", "time", "data", "label", "nobr", "bdi", "bdo", "picture", "source", "track", "param",
    "area", "base", "link", "meta", "wbr", "rb", "rtc", "ruby", "output", "optgroup", "option", "frameset",
    "blink", "marquee", "tt", "basefont", "bgsound", "menuitem", "slot",
})  # fmt: skip  # the tag goes, what stands inside stays
REPORTED: Final = frozenset({
    "script", "style", "svg", "math", "canvas", "select", "textarea", "button", "applet", "object", "embed",
    "iframe", "frame", "frameset", "video", "audio", "input", "form", "base", "link", "meta",
})  # fmt: skip


def known(name: str) -> bool:
    """Is it an HTML element at all?"""
    return (
        name in INLINE
        or name in CODE
        or name in BLOCKS
        or name in MEDIA
        or name in WITHOUT_CONTENT
        or name in TRANSPARENT
        or name in VOID
        or name in ("a", "q", "rt", "rp")
    )


def pieces(text: str) -> Iterator[Piece]:
    """Everything in ``text``, in order; nothing is lost: joining ``raw`` gives the text again."""
    position = 0
    while match := _TAG.search(text, position):
        if match.start() > position:
            yield Piece(Kind.TEXT, text[position : match.start()], position)
        position = match.end()
        piece = _piece(match)
        yield piece
        if piece.kind is Kind.OPEN and piece.name in RAW_TEXT:
            end = re.compile(rf"</{piece.name}\s*>", re.IGNORECASE).search(text, position)
            stop = end.start() if end else len(text)
            if stop > position:
                yield Piece(Kind.TEXT, text[position:stop], position)
            position = stop
    if position < len(text):
        yield Piece(Kind.TEXT, text[position:], position)


def _piece(match: re.Match[str]) -> Piece:
    raw, offset = match.group(), match.start()
    name = (match.group("name") or match.group("name2") or "").lower()
    if not name:
        return Piece(Kind.COMMENT, raw, offset, complete=match.group("endless") is None)
    if match.group("slash") or match.group("slash2"):
        return Piece(Kind.CLOSE, raw, offset, name)
    return Piece(Kind.OPEN, raw, offset, name, attributes(match.group("attrs") or match.group("attrs2") or ""))


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag; the first of two equal ones counts."""
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match.group(1).lower(), html.unescape(value))
    return found


def text_of(markup: str) -> str:
    """The text of HTML without its tags, on one line."""
    said = []
    hidden = ""
    for piece in pieces(markup):
        if piece.kind is Kind.OPEN and piece.name in ("script", "style"):
            hidden = piece.name
        elif piece.kind is Kind.CLOSE and piece.name == hidden:
            hidden = ""
        elif piece.kind is Kind.TEXT and not hidden:
            said.append(html.unescape(piece.raw))
        elif piece.kind is not Kind.TEXT:
            said.append(" " if piece.name in BLOCKS else "")
    return " ".join("".join(said).split())


def event_handlers(attrs: dict[str, str]) -> list[str]:
    """Names of attributes that would run a script."""
    return [name for name in attrs if name.startswith("on") and len(name) > 2]


def alignment(attrs: dict[str, str]) -> str:
    """left, right or center, from ``align`` or ``style``; "" when not said."""
    said = re.search(r"text-align\s*:\s*(left|right|center)", attrs.get("style", ""), re.IGNORECASE)
    word = said.group(1) if said else attrs.get("align", "")
    word = {"middle": "center"}.get(word.strip().lower(), word.strip().lower())
    return word if word in ("left", "right", "center") else ""
