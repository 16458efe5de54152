"""A table that does not fit on a phone: too many columns, or words too long to be broken.

One warning for an issue names the first and counts the rest.

PASS:
    | Server | Version | Since |
    | ------ | ------- | ----- |
    | One    | 2.0     | May   |

FAIL:
    | Name | Version | Licence | Language | Protocol | Released | Maintainer |
    | ---- | ------- | ------- | -------- | -------- | -------- | ---------- |
    | One  | 2.0     | MIT     | Rust     | XMPP     | May      | Ada        |
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Block, Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_PHONE_CHARACTERS: Final = 44  # of 14 px type beside each other on a screen of 375 px
_PADDING_CHARACTERS: Final = 2  # what the space around a cell takes


def check(manuscript: Manuscript) -> Iterator[Finding]:
    wide = [
        (block, width)
        for block in manuscript.blocks
        if block.kind is Kind.TABLE and (width := _width(block)) > _PHONE_CHARACTERS
    ]
    if wide:
        block, width = wide[0]
        more = f" (and {len(wide) - 1} more)" if len(wide) > 1 else ""
        message = f"the table needs {width} characters side by side, a phone has about {_PHONE_CHARACTERS}{more}"
        yield Finding(manuscript.span(block)[0], message, "Leave columns out, or make it a list.")


def _width(table: Block) -> int:
    """Characters that the longest words of all columns take beside each other."""
    columns = max((len(row) for row in table.rows), default=0)
    widest = [max((_longest(row[i]) for row in table.rows if i < len(row)), default=0) for i in range(columns)]
    return sum(widest) + _PADDING_CHARACTERS * columns


def _longest(cell: str) -> int:
    return max((len(word) for word in re.split(r"[\s/\u200b-]+|<br\s*/?>", cell)), default=0)


RULE = Rule("wide-table", Severity.WARNING, check, __doc__)
