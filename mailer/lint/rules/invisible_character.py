"""Characters that nobody sees: controls, marks that turn the direction of writing, zero-width spaces in words.

Joiners inside emoji and in scripts that need them (Arabic, Indic) are right. One warning for an issue.

PASS:
    👩‍💻 می‌خواهم and a soft hyphen are fine.

FAIL:
    A zero-width space in Ser​ver.

FAIL:
    Text that ‮turns around.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufff9-\ufffb]"
    "|(?<=[A-Za-z])[\u200b\u2060\ufeff](?=[A-Za-z])"
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    found = list(_CONTROLS.finditer(manuscript.source))
    if found:
        code = ord(found[0][0])
        name = unicodedata.name(found[0][0], "a control character").lower()
        message = f"there is an invisible character, U+{code:04X} ({name})"
        if len(found) > 1:
            message += f" (and {len(found) - 1} more)"
        yield Finding(found[0].start(), message, "Type the words anew.")


RULE = Rule("invisible-character", Severity.WARNING, check, __doc__)
