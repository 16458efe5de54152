"""A line of its own in capitals: mostly a note among editors that was forgotten.

Headings, links and short names (`RSS`, `XMPP IOT`) are left alone. What is plainly a note (“ADD …”) is an error of
`placeholder` already.

PASS:
    XMPP OMEMO MUC

    THANKS!

    [RUST MEETUP AT HACKERS DOJO](https://example.net/)

    ALL of them say NO to that.

    系统升级完成，用户反馈良好，下周继续。

    新的 CPU 和 GPU 都很快，价格也很低，XMPP 也支持。

FAIL:
    MONAL NEWS FROM GEORG
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.rules import placeholder

_MOST_WORDS: Final = 12  # longer ones are the capitals of lawyers


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for block in manuscript.paragraphs():
        text = block.text
        words = re.findall(r"[^\W\d_]+", text)
        if text.upper() != text or not _has_case(text) or block.has_link or block.quoted or text.endswith("!"):
            continue
        if 3 <= len(words) <= _MOST_WORDS and sum(len(word) > 4 for word in words) >= 2:
            start, end = manuscript.span(block)
            if placeholder.is_known(manuscript.prose[start:end]):
                continue
            yield Finding(
                start, f"a line in capitals: “{text}”", "If it is a note, take it out; else write it small."
            )


def _has_case(text: str) -> bool:
    """Most letters are capital or small; Chinese and Arabic ones are neither."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter.upper() != letter.lower() for letter in letters) * 2 > len(letters)


RULE = Rule("shouted-line", Severity.WARNING, check, __doc__)
