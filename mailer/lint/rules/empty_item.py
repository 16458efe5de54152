"""A list item, quotation or paragraph with nothing in it.

One warning for an issue names the first and counts the rest; a section of empty items only is an error of
`empty-section`.

PASS:
    > To be or not to be.

    😀

    - Server 2.0 is out.
    - ![A picture](/picture.png)
    - [ ] a task

FAIL:
    - Server 2.0 is out.
    -

FAIL:
    >

    — somebody

FAIL:
    > To be or not to be.

    —
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Block, Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_MARKS: Final = " *_–—•….,:;'\"-"


def check(manuscript: Manuscript) -> Iterator[Finding]:
    lines = {
        item.line: "list item" for item in manuscript.items if not item.has_children and _is_empty(item.blocks)
    }
    lines |= dict.fromkeys(manuscript.skeleton.empty_quotes, "quotation")
    lines |= {block.line: "paragraph" for block in manuscript.paragraphs() if not block.lists and _is_mark(block)}
    if lines:
        first = min(lines)
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        hint = "Write it, or take it out."
        yield Finding(manuscript.offset(first), f"a {lines[first]} with nothing in it{more}", hint)


def _is_mark(block: Block) -> bool:
    return bool(block.text) and _is_empty((block,))


def _is_empty(blocks: tuple[Block, ...]) -> bool:
    texts = [block.text for block in blocks if block.kind is Kind.PARAGRAPH and not block.has_link]
    return len(texts) == len(blocks) and not any(text.strip(_MARKS) for text in texts)


RULE = Rule("empty-item", Severity.WARNING, check, __doc__)
