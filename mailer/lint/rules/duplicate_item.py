"""The same item twice in one list, or under one heading.

The same words with the same link; one event under two headings (“Online” and “Europe”) is none of this rule's
business.

PASS:
    ## Online

    - 7 May: [Meeting](https://example.net/meeting)
    - 14 May: [Meeting](https://example.net/meeting)

    ## Europe

    - 7 May: [Meeting](https://example.net/meeting)

FAIL:
    - [Server 2.0](https://example.net/2) is out.
    - [Client 3.0](https://example.net/3) is out.
    - [Server 2.0](https://example.net/2) is out.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Block, Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    nested = {block.lists[-1] for block in manuscript.blocks if block.lists}
    parents = {number for item in manuscript.items if item.has_children for number in (item.number,)}
    for section in manuscript.sections:
        first_lines: dict[tuple[str, tuple[str, ...]], int] = {}
        for block in section.blocks:
            if not block.lists or block.lists[-1] not in nested or block.kind is not Kind.PARAGRAPH:
                continue
            if block.lists[-1] in parents or len(block.lists) > 1 or not block.has_link:
                continue  # what an item with a list inside says is said by that list
            key = (block.text.casefold(), _targets(block))
            if key in first_lines:
                message = f"the same item stands in line {first_lines[key]} already"
                yield Finding(manuscript.span(block)[0], message, "Take one of them out.")
            first_lines.setdefault(key, block.line)


def _targets(block: Block) -> tuple[str, ...]:
    return tuple(str(token.attrs.get("href")) for token in block.inline if token.type == "link_open")


RULE = Rule("duplicate-item", Severity.WARNING, check, __doc__)
