"""The header says that the issue is not finished.

`draft: true` or `status: draft` keeps an issue off the site; the gate keeps it out of inboxes too.

PASS:
    ---
    title: News of May
    date: 2024-05-10
    draft: false
    ---
    We have a new server.

FAIL:
    ---
    title: News of May
    date: 2024-05-10
    draft: true
    ---
    We have a new server.

FAIL:
    Title: News of May
    Date: 2024-05-10
    Status: draft

    We have a new server.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    if not manuscript.issue.draft:
        return
    places = manuscript.issue.front.places
    key = next((name for name in ("draft", "status") if name in places), "")
    yield Finding(
        manuscript.header_offset(key), "the issue is marked as a draft", "Remove the mark when it is finished."
    )


RULE = Rule("draft", Severity.ERROR, check, __doc__)
