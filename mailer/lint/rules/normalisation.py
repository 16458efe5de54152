"""The same letter written in two ways: “é” as one character here, as “e” and an accent there.

Searching finds one of them only, and some mail clients set the accent beside the letter. One warning for an issue.

PASS:
    Café, Müller, José: each letter is one character.

FAIL:
    Cafe\N{COMBINING ACUTE ACCENT} and café.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_DECOMPOSED = re.compile("[A-Za-z][\u0300-\u036f]+")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    loose = [
        found
        for found in _DECOMPOSED.finditer(manuscript.source)
        if len(unicodedata.normalize("NFC", found[0])) < len(found[0])
    ]
    if loose:
        letter = unicodedata.normalize("NFC", loose[0][0])
        message = f"“{letter}” is written as a letter and a loose accent"
        if len(loose) > 1:
            message += f" (and {len(loose) - 1} more like it)"
        yield Finding(loose[0].start(), message, "Save the file in Unicode's composed form (NFC).")


RULE = Rule("normalisation", Severity.WARNING, check, __doc__)
