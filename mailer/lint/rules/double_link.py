"""Two texts for one address in one paragraph or list item: one of them was meant to lead elsewhere.

Both texts must be names (a capital letter or a digit, no word in common): “our post … read it here” leads to one
page with good reason. One warning for an issue names the first and counts the rest.

PASS:
    [Server](https://example.net/server) 2.0 is out: see [its notes](https://example.net/server/2.0).

    See [the notes](https://example.net/server).

PASS:
    The [River Meeting](https://example.net/river) is near: [send your talk](https://example.net/river), or look at
    the [River Meeting page](https://example.net/river).

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
        message = f"“{_shown(manuscript, link)}” leads where “{_shown(manuscript, known)}” just led"
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
            if _are_two_names(manuscript, known, link):
                yield known, link


def _are_two_names(manuscript: Manuscript, known: Link, link: Link) -> bool:
    one, other = _shown(manuscript, known), _shown(manuscript, link)
    if not all(any(letter.isupper() or letter.isdigit() for letter in text) for text in (one, other)):
        return False
    return not set(_words(one)) & set(_words(other))


def _words(text: str) -> list[str]:
    return [word.strip("*_`.,:;!?()").casefold() for word in text.split()]


def _shown(manuscript: Manuscript, link: Link) -> str:
    """The link's text as written: code in it is blanked out in ``link.text``."""
    written = manuscript.source[link.text_start : link.text_end] if link.text_start >= 0 else link.text
    return " ".join(written.split())


RULE = Rule("double-link", Severity.WARNING, check, __doc__)
