"""A title that does badly as a subject: longer than 70 characters, or all in capitals.

Mail clients cut long ones off, phones at 40; capitals are what spam filters count.

PASS:
    ---
    title: The XMPP Newsletter, May 2024
    date: 2024-06-05
    ---
    Welcome!

FAIL:
    ---
    title: The newsletter of May with everything that happened in all of our projects this spring
    date: 2024-06-05
    ---
    Welcome!

FAIL:
    ---
    title: THE BIG NEWS OF MAY
    date: 2024-06-05
    ---
    Welcome!
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

LIMIT: Final = 70


def check(manuscript: Manuscript) -> Iterator[Finding]:
    title = manuscript.issue.title
    offset = manuscript.header_offset("title", title)
    if len(title) > LIMIT:
        message = f"the title has {len(title)} characters; mail clients cut a subject off at about {LIMIT}"
        yield Finding(offset, message, "Put the rest into the summary, which is shown beside it.")
    words = re.findall(r"[^\W\d_]{2,}", title)
    if len(words) >= 3 and title.upper() == title and title.lower() != title:
        yield Finding(offset, "the title is all in capitals, as spam is", "Write it small.")


RULE = Rule("subject", Severity.WARNING, check, __doc__)
