"""The issue has no title, so the mail would have no subject.

PASS:
    ---
    title: News of May
    date: 2024-05-10
    ---
    We have a new server.

FAIL:
    ---
    date: 2024-05-10
    ---
    We have a new server.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    if not manuscript.issue.title.strip():
        yield Finding(
            manuscript.header_offset("title"),
            "the issue has no title: the mail would have no subject",
            "Write “title: …” in the header.",
        )


RULE = Rule("title", Severity.ERROR, check, __doc__)
