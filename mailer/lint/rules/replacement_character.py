"""“�” stands where a character was lost in a conversion.

Inside or beside a word it is an error; alone it may be what the text is about.

PASS:
    The sign for a lost character is `�`.

FAIL:
    Thanks to Andr� for his help.

FAIL:
    What is this: � ?
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_LOST = re.compile("\ufffd+")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for found in _LOST.finditer(manuscript.prose, manuscript.body_start):
        around = (
            manuscript.source[found.start() - 1 : found.start()] + manuscript.source[found.end() : found.end() + 1]
        )
        is_in_word = any(character.isalpha() for character in around)
        yield Finding(found.start(), "a character was lost here", "Type it anew.", is_in_word)
    if "\ufffd" in manuscript.issue.title:
        yield Finding(
            manuscript.header_offset("title", "\ufffd"), "a character was lost in the title", "Type it anew."
        )


RULE = Rule("replacement-character", Severity.ERROR, check, __doc__)
