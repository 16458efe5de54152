"""A Markdown table as HTML that survives a phone: narrow ones stay tables, wide ones become cards there.

A card needs its labels in the cells: they are hidden inline, and shown by the phone's media query.
Law: an issue full of tables stays small; its cells carry neither labels nor lines of their own (there Outlook on
Windows draws no lines).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from mailer.render.html_escape import escape
from mailer.render.tree import Node, alignment, attribute, plain

PHONE_CHARACTERS: Final = 34  # what a 375 px column shows of 14 px text, without the padding of three columns
_PADDING_CHARACTERS: Final = 2
_PADDING_PIXELS: Final = ((4, 8), (8, 5), (99, 2))  # up to so many columns: all of them fit beside each other
_LONG_WORD: Final = 16  # characters; a cell with a longer one may break it anywhere, others keep their words whole
_DENSE_CELLS: Final = 120  # in an issue; a cell's line and label weigh about 110 bytes in a mail


def rows(table: Node) -> tuple[list[Node], list[list[Node]]]:
    """The cells of the head and of each row of the body."""
    lines = [(row.parent, list(row.children)) for row in table.walk() if row.type == "tr"]
    head = [cells for above, cells in lines if above is not None and above.type == "thead"]
    body = [cells for above, cells in lines if above is None or above.type != "thead"]
    return (head[0] if head else []), body


def needs_cards(table: Node) -> bool:
    """Whether the longest words of the columns would not fit beside each other on a phone.

    Two columns wrap well; cells that span several have no label of their own.
    """
    head, body = rows(table)
    lines = [cells for cells in (head, *body) if cells]
    columns = max((len(cells) for cells in lines), default=0)
    if columns < 3 or any(
        attribute(cell, "colspan") or attribute(cell, "rowspan") for row in lines for cell in row
    ):
        return False
    widest = [0] * columns
    for cells in lines:
        for column, cell in enumerate(cells):
            widest[column] = max(widest[column], max(map(len, plain(cell).split()), default=0))
    return sum(widest) + _PADDING_CHARACTERS * columns > PHONE_CHARACTERS


def is_dense(nodes: Iterable[Node]) -> bool:
    """Whether the tables of an issue together have so many cells that each byte in a cell counts."""
    return sum(each.type in ("td", "th") for node in nodes for each in node.walk()) > _DENSE_CELLS


def table(node: Node, inside: Callable[[Node], str], *, dense: bool = False) -> str:
    """The table; ``inside`` writes what a cell holds."""
    head, body = rows(node)
    cards = needs_cards(node)
    labels = [] if dense else [escape(plain(cell)) for cell in head]
    names = "".join(_cell(cell, inside(cell), scope=cell.tag == "th") for cell in head)
    top = f'<thead><tr valign="bottom">{names}</tr></thead>' if names else ""
    lines = [
        "".join(
            _cell(
                cell, _labelled(labels[column], inside(cell)) if cards and column < len(labels) else inside(cell)
            )
            for column, cell in enumerate(cells)
        )
        for cells in body
    ]
    written = "".join(f'<tr valign="top">{line}</tr>' for line in lines)
    kind = ("dense" if dense else "data") + (" cards" if cards else "")
    columns = max((len(cells) for cells in (head, *body)), default=0)
    padding = next(pixels for most, pixels in _PADDING_PIXELS if columns <= most or most == _PADDING_PIXELS[-1][0])
    return (
        f'<table class="{kind}" cellspacing="0" cellpadding="{padding}" width="100%">'
        f"{top}<tbody>{written}</tbody></table>"
    )


def _labelled(label: str, content: str) -> str:
    return f'<span class="label">{label}: </span>{content}' if label and content.strip() else content


def _cell(cell: Node, content: str, *, scope: bool = False) -> str:
    spans = "".join(
        f' {name}="{attribute(cell, name)}"' for name in ("colspan", "rowspan") if attribute(cell, name).isdigit()
    )
    side = alignment(cell)
    aligned = f' align="{side}"' if side else ""
    is_long = max(map(len, plain(cell).split()), default=0) > _LONG_WORD
    kind = ' class="long"' if is_long else ""
    names = ' scope="col"' if scope else ""
    return f"<{cell.tag}{names}{kind}{spans}{aligned}>{content}</{cell.tag}>"
