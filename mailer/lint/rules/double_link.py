"""Two texts for one address in one paragraph or list item: one of them was meant to lead elsewhere.

One warning for an issue names the first and counts the rest.

PASS:
    [Server](https://example.net/server) 2.0 is out: see [its notes](https://example.net/server/2.0).

    See [the notes](https://example.net/server).

FAIL:
    - [Server 2.0](https://example.net/2.0), also [Client 3.0](https://example.net/2.0)
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Block, Kind
from mailer.lint.links import Form, Link
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    doubled = [pair for block in manuscript.blocks for pair in _doubled(manuscript, block)]
    if doubled:
        known, link = doubled[0]
        message = f"“{' '.join(link.text.split())}” leads where “{' '.join(known.text.split())}” just led"
        if len(doubled) > 1:
            message += f" (and {len(doubled) - 1} more)"
        yield Finding(link.start, message, "Mend the address, or make one link of the two.")


def _doubled(manuscript: Manuscript, block: Block) -> Iterator[tuple[Link, Link]]:
    """Pairs of links in one block with one target and two texts."""
    if block.kind not in (Kind.PARAGRAPH, Kind.HEADING):
        return
    first: dict[str, Link] = {}
    for link in manuscript.links_in(*manuscript.span(block)):
        if link.image or link.form not in (Form.INLINE, Form.REFERENCE, Form.HTML) or "![" in link.text:
            continue
        if link.target and link.text.strip():
            known = first.setdefault(link.target.rstrip("/"), link)
            if " ".join(known.text.split()).casefold() != " ".join(link.text.split()).casefold():
                yield known, link


RULE = Rule("double-link", Severity.WARNING, check, __doc__)
