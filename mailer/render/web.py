"""The body of an issue for a page on the web: headings, figures, tables and notes as HTML means them.

Laws: nothing personal, no slot, no style attribute and no script (the pages' Content-Security-Policy takes
neither); the title is the page's h1, so that headings here start at h2; the same issue gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mailer.issue.model import Issue
from mailer.newsletter import Newsletter
from mailer.render.edition import below_title
from mailer.render.html_body import CAPTION, WRITERS, HtmlBody
from mailer.render.html_escape import escape, escape_url
from mailer.render.html_table import rows
from mailer.render.links import readable_url
from mailer.render.outline import outline
from mailer.render.phrases import phrases_for
from mailer.render.tree import Node, alignment, alternative, attribute, plain, tree

_NOTE: Final = "fn:{}"  # no heading's anchor has a colon
_MARK: Final = "fnref:{}"


def render_web_body(issue: Issue, newsletter: Newsletter) -> str:
    """The issue below its title, as HTML for the archive and for feeds."""
    title = issue.title or newsletter.name
    order = outline(below_title(tree(issue.tokens), title), issue.sections)
    body = WebBody(order, phrases_for(issue.language).notes)
    return "\n".join(written for part in order.parts for node in part.nodes if (written := body.node(node)))


@dataclass(frozen=True, slots=True)
class WebBody(HtmlBody):
    """Writes the parts of one issue; what looks the same in mail and on the web is written as for the mail."""

    def node(self, node: Node) -> str:
        writer = _WRITERS.get(node.type)
        return writer(self, node) if writer is not None else HtmlBody.node(self, node)

    def _element(self, node: Node, tag: str = "") -> str:
        tag = tag or node.tag
        kept = [(name, attribute(node, name)) for name in ("id", "lang", "dir") if node.attrs.get(name)]
        if side := alignment(node):
            kept.append(("class", f"align-{side}"))
        written = "".join(f' {name}="{escape(value)}"' for name, value in kept)
        return f"<{tag}{written}>{self.inside(node)}</{tag}>"

    def _code_block(self, node: Node) -> str:
        return f"<pre><code>{escape(node.content.rstrip())}</code></pre>"

    def _picture(self, node: Node, style: str) -> str:
        sizes = ""
        for name in ("width", "height"):
            value = attribute(node, name).removesuffix("px")
            sizes += (
                f' {name}="{value}"' if value.isascii() and value.isdigit() and 0 < int(value) < 10_000 else ""
            )
        kind = ' class="inline"' if style == "inline" else ""
        source = escape_url(attribute(node, "src"))
        return f'<img src="{source}" alt="{escape(alternative(node))}"{sizes}{kind} loading="lazy"/>'

    def _image(self, node: Node) -> str:
        return self._picture(node, "inline")

    def _figure(self, node: Node) -> str:
        """An image by itself and what is said about it: its caption, else its title."""
        images = [child for child in node.walk() if child.type == "image"]
        caption = next((child for child in node.walk() if child.type == CAPTION), None)
        rest = [child for child in node.children if child is not caption]
        words = self.inside(caption) if caption is not None else ""
        if len(images) != 1 or "".join(map(plain, rest)) != alternative(images[0]):
            shown = self.blocks(rest)
        else:
            words = words or escape(attribute(images[0], "title"))
            shown = self._picture(images[0], "wide")
            link = images[0].parent
            if link is not None and link.type == "link" and attribute(link, "href"):
                url = attribute(link, "href")
                name = "" if alternative(images[0]) else f' aria-label="{escape(readable_url(url))}"'
                shown = f'<a href="{escape_url(url)}"{name}>{shown}</a>'
        below = f"<figcaption>{words}</figcaption>" if words else ""
        return f"<figure>{shown}{below}</figure>"

    def _table(self, node: Node) -> str:
        """In a box of its own that scrolls sideways, which keyboards must be able to enter."""
        head, body = rows(node)
        named = ", ".join(filter(None, map(plain, head))) or plain(node)[:80]
        label = f' role="region" aria-label="{escape(named)}"' if named else ""
        top = "".join(self._cell(cell, "th" if plain(cell) else "td") for cell in head)
        lines = "".join(f"<tr>{''.join(self._cell(cell, cell.tag) for cell in cells)}</tr>" for cells in body)
        thead = f"<thead><tr>{top}</tr></thead>" if top else ""
        return f'<div class="table-box" tabindex="0"{label}><table>{thead}<tbody>{lines}</tbody></table></div>'

    def _cell(self, cell: Node, tag: str) -> str:
        spans = "".join(
            f' {name}="{attribute(cell, name)}"'
            for name in ("colspan", "rowspan")
            if attribute(cell, name).isascii() and attribute(cell, name).isdigit()
        )
        side = alignment(cell)
        kind = f' class="align-{side}"' if side else ""
        scope = ' scope="col"' if tag == "th" and cell.parent is not None and _is_in_head(cell) else ""
        return f"<{tag}{scope}{spans}{kind}>{self.inside(cell)}</{tag}>"

    def _note_mark(self, node: Node) -> str:
        number, again = node.meta["id"] + 1, node.meta.get("subId", 0)
        own = f' id="{_MARK.format(number)}"' if not again else ""
        return f'<sup><a href="#{_NOTE.format(number)}"{own} role="doc-noteref">{number}</a></sup>'

    def _notes(self, node: Node) -> str:
        title = escape(self.notes_title)
        heading = f"<p><strong>{title}</strong></p>"
        return f'<section class="notes" aria-label="{title}">{heading}<ol>{self.inside(node)}</ol></section>'

    def _note(self, node: Node) -> str:
        number = node.meta["id"] + 1
        return f'<li id="{_NOTE.format(number)}">{self.inside(node)}</li>'

    def _note_back(self, node: Node) -> str:
        if node.meta.get("subId", 0):
            return ""
        number = node.meta["id"] + 1
        return f' <a href="#{_MARK.format(number)}" role="doc-backlink" aria-label="↩ {number}">↩</a>'


def _is_in_head(cell: Node) -> bool:
    row = cell.parent
    return row is not None and row.parent is not None and row.parent.type == "thead"


_Writer = Callable[[WebBody, Node], str]
_WRITERS: Final[Mapping[str, _Writer]] = {
    **{kind: WebBody._element for kind, writer in WRITERS.items() if writer is HtmlBody._element},
    "paragraph": WebBody._paragraph,
    "fence": WebBody._code_block,
    "code_block": WebBody._code_block,
    "image": WebBody._image,
    "figure": WebBody._figure,
    "table": WebBody._table,
    "footnote_ref": WebBody._note_mark,
    "footnote_block": WebBody._notes,
    "footnote": WebBody._note,
    "footnote_anchor": WebBody._note_back,
}
