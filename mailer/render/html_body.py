"""Body tokens as HTML in XML form, without styles: classes and elements that prose.css dresses.

Law: no word is lost; an element nobody foresaw is shown by what is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mailer.render.html_escape import escape, escape_url
from mailer.render.html_table import is_dense, table
from mailer.render.links import is_followed_everywhere, readable_url, spoken_address
from mailer.render.outline import Outline
from mailer.render.tree import Node, alignment, alternative, attribute, plain, say_the_same

CAPTION: Final = "figcaption"
_ROW_CHARACTERS: Final = 4000  # Outlook breaks a row that is taller than a page; many rows are heavy


@dataclass(frozen=True, slots=True)
class HtmlBody:
    """Writes the parts of one issue. ``picture_width`` is that of the column in pixels, for Outlook."""

    outline: Outline
    notes_title: str
    picture_width: int = 576
    dense: bool = False  # full of tables
    pictures: bool = True  # without them their words stand in their place, with a link to look

    def blocks(self, nodes: Iterable[Node]) -> str:
        return "".join(self.node(node) for node in nodes)

    def inside(self, node: Node) -> str:
        return self.blocks(node.children)

    def node(self, node: Node) -> str:
        """Any node; an element nobody foresaw is shown by what is in it, so that no word is lost."""
        writer = WRITERS.get(node.type)
        if writer is not None:
            return writer(self, node)
        return self.inside(node) if node.children else escape(node.content)

    def _paragraph(self, node: Node) -> str:
        if lone_image(node) is not None:
            return self._figure(node)
        return self.inside(node) if node.hidden else self._element(node, "p")

    def _heading(self, node: Node) -> str:
        heading = self.outline.of(node)
        anchor = f' id="{escape(heading.anchor)}"' if heading.anchor else ""
        return f"<h{heading.level}{anchor}>{self.inside(node)}</h{heading.level}>"

    def _element(self, node: Node, tag: str = "") -> str:
        tag = tag or node.tag
        return f"<{tag}{_attributes(node)}>{self.inside(node)}</{tag}>"

    def _list(self, node: Node) -> str:
        start = attribute(node, "start")
        first = f' start="{escape(start)}"' if start not in ("", "1") else ""
        return f"<{node.tag}{first}>{self.inside(node)}</{node.tag}>"

    def _code_block(self, node: Node) -> str:
        return f"<pre>{escape(node.content.rstrip())}</pre>"

    def _link(self, node: Node) -> str:
        url = attribute(node, "href")
        if not url:
            return self.inside(node)
        title = attribute(node, "title")
        told = f' title="{escape(title)}"' if title else ""
        spoken = "" if is_followed_everywhere(url) else spoken_address(url, plain(node))
        return f'<a href="{escape_url(url)}"{told}{_name(node)}>{self.inside(node)}</a>' + (
            f" ({escape(spoken)})" if spoken else ""
        )

    def _image(self, node: Node) -> str:
        return self._picture(node, "inline")

    def _picture(self, node: Node, style: str) -> str:
        return self._shown(node, style, alternative(node))

    def _shown(self, node: Node, style: str, alt: str) -> str:
        if not self.pictures:
            return self._in_words(node)
        width = attribute(node, "width").removesuffix("px")
        pixels = min(int(width), self.picture_width) if width.isascii() and width.isdigit() else 0
        if not pixels and style == "wide":
            pixels = self.picture_width
        size = f' width="{pixels}"' if pixels else ""
        source = escape_url(attribute(node, "src"))
        return f'<img src="{source}" alt="{escape(alt)}" class="{style}"{size}/>'

    def _in_words(self, image: Node) -> str:
        """What a picture shows, leading to it unless it stands in a link that leads elsewhere."""
        words, link = alternative(image), image.parent
        if link is not None and link.type == "link" and attribute(link, "href"):
            return f"[{escape(words or readable_url(attribute(link, 'href')))}]"
        return f'<a href="{escape_url(attribute(image, "src"))}">[{escape(words)}]</a>' if words else ""

    def _figure(self, node: Node) -> str:
        """An image by itself and what is said about it: its caption, else its title."""
        images = [child for child in node.walk() if child.type == "image"]
        caption = next((child for child in node.walk() if child.type == CAPTION), None)
        rest = [child for child in node.children if child is not caption]
        if len(images) != 1 or "".join(map(plain, rest)) != alternative(images[0]):
            below = f'<p class="caption">{self.inside(caption)}</p>' if caption is not None else ""
            return f'<div class="figure">{self.blocks(rest)}{below}</div>'
        title = attribute(images[0], "title")
        words = self.inside(caption) if caption is not None else escape(title)
        # said once: a picture that is not shown, and a voice that reads, would say the caption twice
        said = say_the_same(plain(caption) if caption is not None else title, alternative(images[0]))
        shown = self._shown(images[0], "wide", "" if said else alternative(images[0]))
        link = images[0].parent
        if link is not None and link.type == "link" and attribute(link, "href"):
            name = f' aria-label="{escape(alternative(images[0]))}"' if said else _name(link)
            shown = f'<a href="{escape_url(attribute(link, "href"))}"{name}>{shown}</a>'
        if not self.pictures:
            return f"<p>{'<br/>'.join(filter(None, [shown, '' if said else words]))}</p>" if shown or words else ""
        below = f'<p class="caption">{words}</p>' if words else ""
        return f'<div class="figure">{shown}{below}</div>'

    def _table(self, node: Node) -> str:
        return table(node, self.inside, dense=self.dense)

    def _note_mark(self, node: Node) -> str:
        return f"<sup>{node.meta['id'] + 1}</sup>"

    def _notes(self, node: Node) -> str:
        return f'<div class="notes"><p><strong>{escape(self.notes_title)}</strong></p>{self.inside(node)}</div>'

    def _note(self, node: Node) -> str:
        number = node.meta["id"] + 1
        return "".join(
            f"<p><sup>{number}</sup> {self.inside(child)}</p>"
            if position == 0 and child.type == "paragraph"
            else self.node(child)
            for position, child in enumerate(node.children)
        )


def lone_image(paragraph: Node) -> Node | None:
    """The image (or the link around it) that is all a paragraph holds."""
    inline = paragraph.children[0] if len(paragraph.children) == 1 else None
    if inline is None or inline.type != "inline":
        return None
    seen = [child for child in inline.children if child.type != "text" or child.content.strip()]
    if len(seen) != 1:
        return None
    only = seen[0]
    if only.type == "link" and len(only.children) == 1 and only.children[0].type == "image":
        return only
    return only if only.type == "image" else None


def _name(link: Node) -> str:
    """What a page reader calls a link that has no words: where it leads."""
    return "" if plain(link) else f' aria-label="{escape(readable_url(attribute(link, "href")))}"'


def _attributes(node: Node) -> str:
    """What an element keeps of its own: language, direction, alignment, a place to link to."""
    if not node.attrs:
        return ""
    kept = [(name, attribute(node, name)) for name in ("id", "lang", "dir") if node.attrs.get(name)]
    side = alignment(node)
    if side:
        kept.append(("style", f"text-align:{side}"))
    return "".join(f' {name}="{escape(value)}"' for name, value in kept)


_Writer = Callable[[HtmlBody, Node], str]
WRITERS: Final[Mapping[str, _Writer]] = {
    "paragraph": HtmlBody._paragraph,
    "heading": HtmlBody._heading,
    "blockquote": HtmlBody._element,
    "bullet_list": HtmlBody._list,
    "ordered_list": HtmlBody._list,
    "list_item": HtmlBody._element,
    "strong": HtmlBody._element,
    "em": HtmlBody._element,
    "s": HtmlBody._element,
    "dl": HtmlBody._element,
    "dt": HtmlBody._element,
    "dd": HtmlBody._element,
    "div": HtmlBody._element,
    "span": HtmlBody._element,
    "sub": HtmlBody._element,
    "sup": HtmlBody._element,
    "small": HtmlBody._element,
    "kbd": HtmlBody._element,
    "mark": HtmlBody._element,
    "u": HtmlBody._element,
    "abbr": HtmlBody._element,
    "hr": lambda body, node: "<hr/>",
    "fence": HtmlBody._code_block,
    "code_block": HtmlBody._code_block,
    "code_inline": lambda body, node: f"<code>{escape(node.content)}</code>",
    "text": lambda body, node: escape(node.content),
    "softbreak": lambda body, node: " ",  # MJML would drop a line break between two elements
    "hardbreak": lambda body, node: "<br/>",
    "link": HtmlBody._link,
    "image": HtmlBody._image,
    "figure": HtmlBody._figure,
    "table": HtmlBody._table,
    "footnote_ref": HtmlBody._note_mark,
    "footnote_block": HtmlBody._notes,
    "footnote": HtmlBody._note,
    "footnote_anchor": lambda body, node: "",
}


def body_rows(outline: Outline, notes_title: str, *, pictures: bool = True) -> list[str]:
    """The body of an issue in rows of the mail: small parts share one."""
    dense = is_dense(node for part in outline.parts for node in part.nodes)
    body = HtmlBody(outline, notes_title, dense=dense, pictures=pictures)
    rows: list[str] = []
    for part in outline.parts:
        written = body.blocks(part.nodes)
        if rows and len(rows[-1]) + len(written) <= _ROW_CHARACTERS:
            # margins collapse inside of a row and add up between rows: this heading has to bring both
            rows[-1] += written.replace("<h2", '<h2 class="follows"', 1) if written.startswith("<h2") else written
        else:
            rows.append(written)
    return rows
