"""Blocks of raw HTML and Markdown as one tree, and the tree as a flat, well-formed token list again.

Law: a table holds rows, a row holds cells, a list holds items, and headings and cells hold words only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from markdown_it.token import Token

from mailer.issue import htmltags
from mailer.issue.native import make, merged, text_token

_HOLDS_WORDS = htmltags.HEADINGS | {"p", "td", "th", "caption", "dt", "summary", "figcaption", "legend"}
_TYPES = {
    "p": "paragraph",
    "ul": "bullet_list",
    "menu": "bullet_list",
    "dir": "bullet_list",
    "ol": "ordered_list",
    "li": "list_item",
}
_TAGS = {"menu": "ul", "dir": "ul"}
_KEPT = {"ol": ("start",), "td": ("colspan", "rowspan"), "th": ("colspan", "rowspan")}


@dataclass(slots=True)
class Box:
    """A block with what stands inside; ``name`` is the raw element, "" for what Markdown opened."""

    name: str
    open: Token | None
    close: Token | None = None
    items: list[Box | Token] = field(default_factory=list)
    emptied: bool = False  # held only comments and the like

    @classmethod
    def raw(cls, name: str, attrs: dict[str, str], lines: list[int] | None) -> Box:
        """The box of a raw tag, with the attributes that mail may keep."""
        kind = (
            "heading"
            if name in htmltags.HEADINGS
            else "div"
            if name in htmltags.WRAPPERS
            else _TYPES.get(name, name)
        )
        tag = "div" if name in htmltags.WRAPPERS else _TAGS.get(name, name)
        kept = {key: attrs[key].strip() for key in ("id", "lang", "dir") if attrs.get(key, "").strip()}
        kept |= {key: attrs[key] for key in _KEPT.get(name, ()) if attrs.get(key, "").isdigit()}
        align = "center" if name == "center" else htmltags.alignment(attrs)
        if align and name not in ("table", "ul", "ol", "li", "figure"):
            kept["style"] = f"text-align:{align}"
        opening = make(f"{kind}_open", tag, 1, **kept)
        opening.map = lines
        opening.markup = "#" * int(tag[1]) if kind == "heading" else "-" if kind == "bullet_list" else ""
        closing = make(f"{kind}_close", tag, -1)
        closing.markup = opening.markup
        return cls(name, opening, closing)

    @property
    def holds_words(self) -> bool:
        return self.name in _HOLDS_WORDS

    @property
    def kind(self) -> str:
        return self.open.type.removesuffix("_open") if self.open is not None else ""


def flatten(root: Box) -> list[Token]:
    """All tokens in reading order, with levels counted anew."""
    tokens = _many(root.items)
    level = 0
    for token in tokens:
        level -= token.nesting < 0
        token.level = level
        level += token.nesting > 0
    return tokens


def _many(items: list[Box | Token]) -> list[Token]:
    out: list[Token] = []
    for item in items:
        out.extend(_one(item) if isinstance(item, Box) else [item])
    return out


def _one(box: Box) -> list[Token]:
    if box.open is None:
        return _many(box.items)
    if not box.name:
        return _native(box)
    if box.name == "table":
        return _table(box)
    if box.name in ("thead", "tbody", "tfoot", "tr"):
        return _many(box.items)  # outside of a table
    if box.name == "summary":
        return _summary(box)
    if box.name in ("td", "th", "caption", "legend"):
        return _around(Box.raw("p", {}, box.open.map), _words(box))
    if box.holds_words:
        return _around(box, _words(box))
    if box.name in ("ul", "ol", "menu", "dir", "dl"):
        box.items = _as_items(box)
    inside = _many(box.items)
    if not inside:
        return []
    if box.kind == "div" and not box.open.attrs:
        return inside
    return _wrapped(box, inside)


def _native(box: Box) -> list[Token]:
    inside = _many(box.items)
    if not inside and (box.kind in ("paragraph", "heading") or box.emptied or _only_emptied(box)):
        box.emptied = True
        return []
    return _wrapped(box, inside)


def _only_emptied(box: Box) -> bool:
    return bool(box.items) and all(isinstance(item, Box) and item.emptied for item in box.items)


def _wrapped(box: Box, inside: list[Token]) -> list[Token]:
    if box.open is None:
        return inside
    close = box.close or make(box.open.type.replace("_open", "_close"), box.open.tag, -1)
    return [box.open, *inside, close]


def _around(box: Box, children: list[Token]) -> list[Token]:
    if not children:
        return []
    inline = make("inline", "", 0)
    inline.children = children
    inline.map = box.open.map if box.open is not None else None
    return _wrapped(box, [inline])


def _as_items(box: Box) -> list[Box | Token]:
    """Whatever stands in a list without an item around it gets one."""
    wanted = ("dt", "dd") if box.name == "dl" else ("li",)
    items: list[Box | Token] = []
    for item in box.items:
        if isinstance(item, Box) and item.name in wanted:
            items.append(item)
            continue
        stray = Box.raw(
            wanted[-1], {}, item.map if isinstance(item, Token) else item.open.map if item.open else None
        )
        stray.items.append(item)
        items.append(stray)
    return items


def _summary(box: Box) -> list[Token]:
    """The line that opens a ``<details>`` becomes a bold paragraph above what it hid."""
    words = [token for token in _words(box) if token.type not in ("strong_open", "strong_close")]
    if not words:
        return []
    strong = [make("strong_open", "strong", 1), *words, make("strong_close", "strong", -1)]
    return _around(Box.raw("p", {}, box.open.map if box.open else None), merged(strong))


def _words(box: Box) -> list[Token]:
    """Everything inside as one line of inline tokens, blocks apart by breaks."""
    lines: list[list[Token]] = []
    for token in _many(box.items):
        if token.type == "inline":
            lines.append(list(token.children or []))
        elif token.type in ("fence", "code_block"):
            code = make("code_inline", "code", 0)
            code.content = " ".join(token.content.split())
            lines.append([code])
        elif token.type == "list_item_open":
            lines.append([text_token("• ")])
    out: list[Token] = []
    for line in lines:
        bullet = len(out) > 0 and out[-1].type == "text" and out[-1].content == "• "
        if out and not bullet:
            out.append(make("hardbreak", "br", 0))
        out.extend(line)
    return merged(out)


def _table(box: Box) -> list[Token]:
    head: list[list[Token]] = []
    body: list[list[Token]] = []
    before: list[Token] = []
    _rows(box, head, body, before, in_head=False)
    if not head and body and all(token.type != "td_open" for token in body[0]) and len(body) > 1:
        head.append(body.pop(0))
    if not head and not body:
        return before
    inside: list[Token] = []
    for name, rows in (("thead", head), ("tbody", body)):
        if rows:
            part = Box.raw(name, {}, box.open.map if box.open else None)
            inside += _wrapped(part, [token for row in rows for token in row])
    return [*before, *_wrapped(box, inside)]


def _rows(
    box: Box, head: list[list[Token]], body: list[list[Token]], before: list[Token], *, in_head: bool
) -> None:
    """Sort what stands in a table into rows of its head, rows of its body, and what belongs before it."""
    for item in box.items:
        if not isinstance(item, Box):
            before.append(item)
        elif item.name in ("thead", "tbody", "tfoot"):
            _rows(item, head, body, before, in_head=item.name == "thead")
        elif item.name in ("tr", "td", "th"):
            cells = item.items if item.name == "tr" else [item]
            row = [token for cell in cells if isinstance(cell, Box) for token in _cell(cell)]
            if row:
                (head if in_head else body).append(
                    _wrapped(Box.raw("tr", {}, item.open.map if item.open else None), row)
                )
        else:
            before.extend(_one(item))


def _cell(box: Box) -> list[Token]:
    cell = box if box.name in ("td", "th") else Box.raw("td", {}, box.open.map if box.open else None)
    if cell is not box:
        cell.items.append(box)
    inline = make("inline", "", 0)
    inline.children = _words(cell)
    inline.map = cell.open.map if cell.open else None
    return _wrapped(cell, [inline])
