"""List items that are only a link where most of their siblings have text.

Lists of nothing but links stay as they are; a list is spoken of when at least two thirds of its items, and three
of them, say something. An address pasted as a paragraph is spoken of, too. One warning for an issue names the
first and counts the rest.

PASS:
    - [Server 2.0](https://example.net/2)
    - [Client 3.0](https://example.net/3)
    - [Library 4.0](https://example.net/4): faster than 3.0.

FAIL:
    - [Server 2.0](https://example.net/2): brings a new parser.
    - [Client 3.0](https://example.net/3): has a dark mode.
    - [Library 4.0](https://example.net/4)
    - [Bridge 5.0](https://example.net/5): talks to everything.

FAIL:
    ## Articles

    https://example.net/a-long-read
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Block, Item
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    by_list: dict[int, list[Item]] = defaultdict(list)
    for item in manuscript.items:
        by_list[item.list_number].append(item)
    bare: list[Block] = []
    for siblings in by_list.values():
        telling = [item for item in siblings if not _is_bare(item)]
        linked = [item for item in telling if any(_links(block) for block in item.blocks)]
        if len(linked) >= 3 and len(telling) * 3 >= len(siblings) * 2:
            bare.extend(item.blocks[0] for item in siblings if _is_bare(item))
    bare.extend(block for block in manuscript.paragraphs() if not block.lists and _is_address(block.text))
    if bare:
        first = min(bare, key=lambda block: block.line)
        message = f"“{first.text[:60]}” is only a link"
        message += " where its neighbours have text" if first.lists else ""
        message += f" (and {len(bare) - 1} more)" if len(bare) > 1 else ""
        yield Finding(manuscript.span(first)[0], message, "Say in a sentence what it brings.")


def _links(block: Block) -> bool:
    return block.has_link or _ADDRESS.search(block.text) is not None


def _is_address(text: str) -> bool:
    """Nothing but addresses, as they are pasted from a browser."""
    return _ADDRESS.search(text) is not None and not _ADDRESS.sub("", text).strip(" -–—<>()")


def _is_bare(item: Item) -> bool:
    if item.has_children or len(item.blocks) != 1:
        return False
    block = item.blocks[0]
    if _is_address(block.text):
        return True
    return block.has_link and not any(letter.isalnum() for letter in block.own_text)


RULE = Rule("bare-link-item", Severity.WARNING, check, __doc__)
