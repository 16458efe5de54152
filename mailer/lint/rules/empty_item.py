"""A list item with nothing in it.

One warning for an issue names the first and counts the rest; a section of empty items only is an error of
`empty-section`.

PASS:
    - Server 2.0 is out.
    - ![A picture](/picture.png)
    - [ ] a task

FAIL:
    - Server 2.0 is out.
    -
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Item, Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    empty = [item for item in manuscript.items if not item.has_children and _is_empty(item)]
    if empty:
        more = f" (and {len(empty) - 1} more)" if len(empty) > 1 else ""
        offset = manuscript.offset(empty[0].line)
        yield Finding(offset, f"a list item with nothing in it{more}", "Write it, or take it out.")


def _is_empty(item: Item) -> bool:
    texts = [block.text for block in item.blocks if block.kind is Kind.PARAGRAPH and not block.has_link]
    return len(texts) == len(item.blocks) and not any(text.strip(" *_–—•….-") for text in texts)


RULE = Rule("empty-item", Severity.WARNING, check, __doc__)
