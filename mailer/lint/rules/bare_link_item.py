"""List items that are only a link where most of their siblings have text.

Lists of nothing but links stay as they are; a list is spoken of when at least two thirds of its items, and three
of them, say something. One warning for an issue names the first and counts the rest.

PASS:
    - [Server 2.0](https://example.net/2)
    - [Client 3.0](https://example.net/3)
    - [Library 4.0](https://example.net/4): faster than 3.0.

FAIL:
    - [Server 2.0](https://example.net/2): brings a new parser.
    - [Client 3.0](https://example.net/3): has a dark mode.
    - [Library 4.0](https://example.net/4)
    - [Bridge 5.0](https://example.net/5): talks to everything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Item
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    by_list: dict[int, list[Item]] = defaultdict(list)
    for item in manuscript.items:
        by_list[item.list_number].append(item)
    bare: list[Item] = []
    for siblings in by_list.values():
        telling = [item for item in siblings if not _is_bare(item)]
        linked = [item for item in telling if any(block.has_link for block in item.blocks)]
        if len(telling) >= 3 and len(linked) >= 3 and len(telling) * 3 >= len(siblings) * 2:
            bare.extend(item for item in siblings if _is_bare(item))
    if bare:
        first = min(bare, key=lambda item: item.line)
        message = f"“{first.blocks[0].text[:60]}” is only a link where its neighbours have text"
        if len(bare) > 1:
            message += f" (and {len(bare) - 1} more)"
        yield Finding(manuscript.span(first.blocks[0])[0], message, "Say in a sentence what it brings.")


def _is_bare(item: Item) -> bool:
    if item.has_children or len(item.blocks) != 1 or not item.blocks[0].has_link:
        return False
    return not any(letter.isalnum() for letter in item.blocks[0].own_text)


RULE = Rule("bare-link-item", Severity.WARNING, check, __doc__)
