"""Builders of issues and their newsletter: say what matters to the test, the rest is ordinary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mailer.issue.model import Issue
from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter, Shortcode

HEADER: Final = "---\ntitle: The Example Newsletter\ndate: 2025-06-10\n---\n\n"
BODY: Final = "Hello, *reader*.\n\n## News\n\nThere is [a site](https://example.org/news).\n"


def an_issues_newsletter(
    *,
    site_url: str = "https://example.org",
    base_url: str = "https://news.example.org",
    languages: tuple[str, ...] = ("en", "de", "pt-br"),
    shortcodes: Mapping[str, Shortcode] | None = None,
) -> Newsletter:
    return Newsletter(
        key="example",
        name="The Example Newsletter",
        sender="The Example Newsletter <newsletter@example.org>",
        list_id="newsletter.example.org",
        site_url=site_url,
        base_url=base_url,
        languages=languages,
        shortcodes=shortcodes or {},
    )


def an_issue(
    body: str | bytes = BODY,
    *,
    header: str = HEADER,
    path: str = "2025-06-10-newsletter.md",
    newsletter: Newsletter | None = None,
    language: str | None = None,
    slug: str | None = None,
) -> Issue:
    """An issue read from ``header`` and ``body``; with ``header=""`` the body is the whole file."""
    raw = header.encode() + (body.encode() if isinstance(body, str) else body)
    return read_issue(raw, path, newsletter or an_issues_newsletter(), language=language, slug=slug)
