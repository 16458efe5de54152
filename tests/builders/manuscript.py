"""Issues for lint tests, made of text; without a header of their own they get one that no rule objects to."""

from __future__ import annotations

import hashlib

from mailer.issue import Issue
from mailer.issue.frontmatter import read_front_matter
from mailer.issue.metadata import read_metadata
from mailer.issue.source import decode
from mailer.lint.manuscript import Manuscript
from mailer.newsletter import Newsletter

HEADER = "---\ntitle: News of May 2024\ndate: 2024-06-05\nsummary: What happened in May.\n---\n"
HEADER_LINES = HEADER.count("\n")


def with_header(text: str) -> str:
    """``text`` as a whole file: a body gets a header."""
    first = text.lstrip().partition("\n")[0]
    return text if first in ("---", "+++") or first.startswith("Title: ") else HEADER + text


def a_source(text: str, path: str = "newsletter.md") -> Issue:
    """An issue as far as lint rules look at it: its header and its source."""
    raw = with_header(text).encode()
    source = decode(raw, path)
    front, problems = read_front_matter(source)
    problems.extend(source.problems)
    newsletter = Newsletter("news", "The News", "The News <news@example.org>", "news.example.org")
    data = read_metadata(front, path, newsletter, language=None, slug=None, problems=problems)
    return Issue(
        path=path,
        source=source.text,
        source_sha256=hashlib.sha256(raw).hexdigest(),
        front=front,
        title=data.title,
        slug=data.slug,
        language=data.language,
        date=data.date,
        preheader=data.preheader,
        authors=data.authors,
        draft=data.draft,
        page_url=data.page_url,
        web_url="",
        tokens=(),
        sections=(),
        problems=tuple(problems),
    )


def a_manuscript(text: str, path: str = "newsletter.md") -> Manuscript:
    return Manuscript(a_source(text, path))
