"""A table that does not fit on a phone: too many columns, or words too long to be broken.

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
from mailer.lint.blocks import Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_PHONE_CHARACTERS: Final = 44  # of 14 px type beside each other on a screen of 375 px
_PADDING_CHARACTERS: Final = 2  # what the space around a cell takes


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for block in manuscript.blocks:
        if block.kind is not Kind.TABLE or not block.rows:
            continue
        columns = max(len(row) for row in block.rows)
        widest = [max((_longest(row[i]) for row in block.rows if i < len(row)), default=0) for i in range(columns)]
        width = sum(widest) + _PADDING_CHARACTERS * columns
        if width > _PHONE_CHARACTERS:
            message = (
                f"the table needs {width} characters beside each other, a phone has about {_PHONE_CHARACTERS}"
            )
            yield Finding(manuscript.span(block)[0], message, "Leave columns out, or make it a list.")


def _longest(cell: str) -> int:
    return max((len(word) for word in re.split(r"[\s/\u200b-]+|<br\s*/?>", cell)), default=0)


RULE = Rule("wide-table", Severity.WARNING, check, __doc__)
