"""Body tokens as plain text that can be read by itself: no mark-up, links as numbered references.

Laws: no line of prose is wider than 72 columns, code is verbatim, and a section's references follow the section.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mailer.render.html_body import CAPTION, lone_image
from mailer.render.html_table import rows
from mailer.render.links import readable_url, scheme_of
from mailer.render.outline import Outline
from mailer.render.text_table import Side, table_text
from mailer.render.text_wrap import GLUE, WIDTH, indent, underline, wrap
from mailer.render.tree import Node, alignment, alternative, attribute, clean, clean_url, plain, say_the_same

_CODE_INDENT: Final = "    "
_RULE: Final = "-" * 24
_RAISED: Final = {ord("0") + digit: ord(sign) for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_LOWERED: Final = {ord("0") + digit: ord(sign) for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}


@dataclass(slots=True)
class TextBody:
    """Writes one issue's body; numbers of references run through the whole mail."""

    outline: Outline
    notes_title: str
    _references: dict[str, int] = field(default_factory=dict, init=False)  # of the section at hand
    _count: int = field(default=0, init=False)

    def text(self) -> str:
        """The whole body, blocks a blank line apart."""
        blocks: list[str] = []
        for part in self.outline.parts:
            for node in part.nodes:
                if node.type in ("heading", "footnote_block"):
                    blocks.append(self._take_references())
                blocks.append(self.block(node, WIDTH))
        blocks.append(self._take_references())
        return "\n\n".join(block for block in blocks if block.strip())

    def _take_references(self) -> str:
        lines = [f"[{number}] {url}" for url, number in self._references.items()]
        self._references.clear()
        return "\n".join(lines)

    def blocks(self, nodes: Iterable[Node], columns: int, gap: str = "\n\n") -> str:
        written = (self.block(node, columns) for node in nodes)
        return gap.join(block for block in written if block.strip())

    def block(self, node: Node, columns: int) -> str:
        """Any block node in so many columns."""
        writer = _BLOCKS.get(node.type)
        if writer is not None:
            return writer(self, node, columns)
        if node.type in _INLINES or node.type == "inline":
            return wrap(self.inline([node]), columns)
        return self.blocks(node.children, columns) if node.children else wrap(clean(node.content), columns)

    def _paragraph(self, node: Node, columns: int) -> str:
        if lone_image(node) is not None:
            return self._figure(node, columns)
        return wrap(self.inline(node.children), columns)

    def _heading(self, node: Node, columns: int) -> str:
        level = self.outline.of(node).level
        words = self.inline(node.children)
        return underline(words, {2: "=", 3: "-"}.get(level, ".")) if words else ""

    def _quote(self, node: Node, columns: int) -> str:
        return indent(self.blocks(node.children, columns - 2), "> ", "> ")

    def _code(self, node: Node, columns: int) -> str:
        return indent(clean(node.content).expandtabs(4).rstrip(), _CODE_INDENT, _CODE_INDENT)

    def _list(self, node: Node, columns: int) -> str:
        first = attribute(node, "start")
        number = int(first) if first.isdigit() else 1
        tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
        items = []
        for position, item in enumerate(node.children):
            lead = f"{number + position}. " if node.type == "ordered_list" else "- "
            inside = self.blocks(item.children, columns - len(lead), "\n" if tight else "\n\n")
            items.append(indent(inside, lead, " " * len(lead)))
        return ("\n" if tight else "\n\n").join(item for item in items if item.strip())

    def _terms(self, node: Node, columns: int) -> str:
        lines = []
        for child in node.children:
            if child.type == "dt":
                lines.append(wrap(self.inline(child.children), columns))
            else:
                lines.append(indent(self.blocks(child.children, columns - 4), _CODE_INDENT, _CODE_INDENT))
        return "\n".join(lines)

    def _table(self, node: Node, columns: int) -> str:
        head, body = rows(node)
        sides = [_side(cell) for cell in head or (body[0] if body else [])]
        return table_text(
            [self._cell(cell) for cell in head],
            [[self._cell(cell) for cell in row] for row in body],
            sides,
            columns,
        )

    def _cell(self, cell: Node) -> str:
        return " ".join(self.inline(cell.children).split())

    def _figure(self, node: Node, columns: int) -> str:
        """What a picture shows and what is said about it, once when both say the same."""
        images = [child for child in node.walk() if child.type == "image"]
        caption = next((child for child in node.walk() if child.type == CAPTION), None)
        rest = [child for child in node.children if child is not caption]
        said = self.inline(caption.children) if caption is not None else ""
        if len(images) != 1 or "".join(map(plain, rest)) != alternative(images[0]):
            return "\n".join(filter(None, [self.blocks(rest, columns), wrap(said, columns)]))
        image = images[0]
        said = said or clean(attribute(image, "title"))
        shown = alternative(image) or said
        line = f"[{shown}]" if shown else ""
        if line and image.parent is not None and image.parent.type == "link":
            line = self.mark(line, attribute(image.parent, "href"))
        leads_on = caption is not None and any(child.type == "link" for child in caption.walk())
        same = not leads_on and say_the_same(plain(caption) if caption is not None else said, shown)
        return wrap(line if same else "\n".join(filter(None, [line, said])), columns)

    def _notes(self, node: Node, columns: int) -> str:
        notes = [f"{_raised(note)} {self.blocks(note.children, columns).lstrip()}" for note in node.children]
        return "\n\n".join([underline(self.notes_title), *notes])

    # inline

    def inline(self, nodes: Iterable[Node]) -> str:
        """Running text; a line break that the author asked for stays one."""
        return "".join(self._inline(node) for node in nodes)

    def _inline(self, node: Node) -> str:
        writer = _INLINES.get(node.type)
        if writer is not None:
            return writer(self, node)
        return self.inline(node.children) if node.children else clean(node.content)

    def _link(self, node: Node) -> str:
        return self.mark(self.inline(node.children), attribute(node, "href"))

    def mark(self, words: str, url: str) -> str:
        """The words of a link and where they lead: nothing twice, a number for everything long."""
        url = clean_url(readable_url(url))
        if not url:
            return words
        if not words.strip():  # a picture without words, in a link
            return url
        if scheme_of(url) == "mailto":
            address = url.partition(":")[2].partition("?")[0]
            return words if address in words else f"{words} <{address}>"
        if words.strip() in (url, url.partition("://")[2], url.partition(":")[2]):
            return url
        if url not in self._references:
            self._count += 1
            self._references[url] = self._count
        return f"{words}{GLUE}[{self._references[url]}]"


def _shifted(words: str, digits: Mapping[int, int]) -> str:
    """m² and H₂O: digits alone can be shifted in plain text, and only they change the meaning."""
    return words.translate(digits) if words.isascii() and words.isdigit() else words


def _raised(note: Node) -> str:
    return str(note.meta["id"] + 1).translate(_RAISED)


def _side(cell: Node) -> Side:
    side = alignment(cell)
    return "right" if side == "right" else "center" if side == "center" else "left"


_BLOCKS: Final[Mapping[str, Callable[[TextBody, Node, int], str]]] = {
    "paragraph": TextBody._paragraph,
    "heading": TextBody._heading,
    "blockquote": TextBody._quote,
    "fence": TextBody._code,
    "code_block": TextBody._code,
    "bullet_list": TextBody._list,
    "ordered_list": TextBody._list,
    "dl": TextBody._terms,
    "table": TextBody._table,
    "figure": TextBody._figure,
    "hr": lambda body, node, columns: _RULE,
    "footnote_block": TextBody._notes,
}
_INLINES: Final[Mapping[str, Callable[[TextBody, Node], str]]] = {
    "text": lambda body, node: clean(node.content),
    "code_inline": lambda body, node: clean(node.content),
    "softbreak": lambda body, node: " ",
    "hardbreak": lambda body, node: "\n",
    "link": TextBody._link,
    "image": lambda body, node: f"[{alternative(node)}]" if alternative(node) else "",
    "sup": lambda body, node: _shifted(body.inline(node.children), _RAISED),
    "sub": lambda body, node: _shifted(body.inline(node.children), _LOWERED),
    "s": lambda body, node: f"[-{body.inline(node.children)}-]",
    "footnote_ref": lambda body, node: _raised(node),
    "footnote_anchor": lambda body, node: "",
}
