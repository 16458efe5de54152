"""The header says that the issue is not finished.

`draft: true` or `status: draft` keeps an issue off the site; the gate keeps it out of inboxes too. So does a title
that begins with “Draft:” or holds “[WIP]”.

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
    ---
    title: "[WIP] News of May"
    date: 2024-05-10
    ---
    We have a new server.

FAIL:
    Title: News of May
    Date: 2024-05-10
    Status: draft

    We have a new server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_TITLE = re.compile(
    r"[(\[](?P<inside>wip|draft|entwurf|borrador|brouillon|bozza|rascunho)[)\]]"
    r"|^(?P<first>wip|draft|entwurf|borrador|brouillon|bozza|rascunho)\s*(?:[:–—-]|of\b)"
    r"|[(\s–—-](?P<last>wip|draft)$",
    re.IGNORECASE,
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    if manuscript.issue.draft:
        places = manuscript.issue.front.places
        key = next((name for name in ("draft", "status") if name in places), "")
        offset = manuscript.header_offset(key)
        yield Finding(offset, "the issue is marked as a draft", "Remove the mark when it is finished.")
    found = _TITLE.search(manuscript.issue.title)
    if found:
        offset = manuscript.header_offset("title", found[0])
        yield Finding(offset, f"the title says “{found[0].strip()}”", "Write the title that readers see.")


RULE = Rule("draft", Severity.ERROR, check, __doc__)
