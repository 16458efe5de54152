"""The issue has no date: archive and feeds cannot put it in order, and nothing can be compared with it.

PASS:
    ---
    title: News of May
    date: 2024-06-05
    ---
    Welcome!

FAIL:
    ---
    title: News of May
    ---
    Welcome!
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_KEYS: Final = ("date", "published", "publishdate")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    places = manuscript.issue.front.places
    if manuscript.issue.date is None and not any(key in places for key in _KEYS):
        yield Finding(
            manuscript.header_offset("title"), "the issue has no date", "Write “date: YYYY-MM-DD” in the header."
        )


RULE = Rule("missing-date", Severity.WARNING, check, __doc__)
