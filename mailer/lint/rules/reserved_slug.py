"""A slug that is the name of a page of ours: `subscribe`, `embed`, `feed.atom`.

The issue's page stays where it is, with its last slash; without that slash the form or the feed answers, and
people drop it when they type an address.

PASS:
    ---
    title: How to subscribe
    date: 2024-06-05
    slug: how-to-subscribe
    ---
    Welcome!

FAIL:
    ---
    title: Subscribe
    date: 2024-06-05
    slug: subscribe
    ---
    Welcome!

FAIL:
    ---
    title: Our feeds
    date: 2024-06-05
    slug: feed.atom
    ---
    Welcome!
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_OURS = re.compile(r"subscribe|embed|feed(?:\.[\w-]+)?\.(?:atom|json|rss)", re.IGNORECASE)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    slug = manuscript.issue.slug
    if _OURS.fullmatch(slug):
        message = f"the slug “{slug}” is the name of a page of every newsletter here"
        yield Finding(manuscript.header_offset("slug"), message, "Write another “slug: …” in the header.")


RULE = Rule("reserved-slug", Severity.WARNING, check, __doc__)
