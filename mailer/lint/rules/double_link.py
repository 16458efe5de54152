"""Two texts for one address in one paragraph or list item: one of them was meant to lead elsewhere.

PASS:
    [Server](https://example.net/server) 2.0 is out: see [its notes](https://example.net/server/2.0).

    See [the notes](https://example.net/server).

FAIL:
    - [Server 2.0](https://example.net/2.0), also [Client 3.0](https://example.net/2.0)
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for block in manuscript.blocks:
        if block.kind not in (Kind.PARAGRAPH, Kind.HEADING):
            continue
        texts: dict[str, str] = {}
        for link in manuscript.links_in(*manuscript.span(block)):
            if (
                link.image
                or link.form not in (Form.INLINE, Form.REFERENCE, Form.HTML)
                or not link.text.strip(" ![")
            ):
                continue
            text = " ".join(link.text.split()).casefold()
            known = texts.setdefault(link.target.rstrip("/"), text)
            if link.target and known != text and "![" not in known + text:
                message = f"“{link.text}” leads where “{known}” just led"
                yield Finding(link.start, message, "Mend the address, or make one link of the two.")


RULE = Rule("double-link", Severity.WARNING, check, __doc__)
