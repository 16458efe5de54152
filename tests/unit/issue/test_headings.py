from __future__ import annotations

import pytest

from mailer.issue.headings import anchor_of
from tests.builders.issue import an_issue


@pytest.mark.parametrize(
    ("title", "anchor"),
    [
        ("Help us to build the newsletter", "help-us-to-build-the-newsletter"),
        ("C++ & Rust — what's new?", "c--rust--whats-new"),
        ("Über uns", "über-uns"),
        ("日本語 の 話", "日本語-の-話"),
        ("snake_case - and-hyphen", "snake_case---and-hyphen"),
        ("!!!", "section"),
    ],
)
def test_anchors_are_made_as_github_makes_them(title: str, anchor: str) -> None:
    assert anchor_of(title) == anchor


def test_sections_are_listed_with_level_line_and_an_anchor_of_their_own() -> None:
    issue = an_issue(
        "## News\n\ntext\n\n## `News`\n\nSub\n---\n\n<h3>News</h3>\n\n# News {#own .big}\n",
        header="---\ntitle: A\n---\n",
    )
    assert [(s.level, s.title, s.anchor, s.line) for s in issue.sections] == [
        (2, "News", "news", 4),
        (2, "News", "news-1", 8),
        (2, "Sub", "sub", 10),
        (3, "News", "news-2", 13),
        (1, "News", "own", 15),
    ]
    ids = [token.attrs["id"] for token in issue.tokens if token.type == "heading_open"]
    assert ids == [section.anchor for section in issue.sections]
