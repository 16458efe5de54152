"""The rules whose problems are found without a rule file: while reading an issue, and in the finished mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mailer.issue import Problem

READING: Final = {
    "front-matter": "The header cannot be read, or a value of it is not what its key asks for.",
    "missing-title": "The issue has no title, so the mail would have no subject.",
    "encoding": "The file is not clean UTF-8: undecodable bytes or control characters were replaced.",
    "markdown": "The text cannot be read as Markdown.",
    "shortcode": "A shortcode that nothing says how to turn into mail; settings can.",
    "removed-html": "HTML that no mail client runs (forms, scripts, frames, handlers) was removed or replaced.",
    "relative-link": "A link or image leads into a site that is not known; set `site_url`.",
    "unsafe-link": "A link whose scheme does not work in mail, or is dangerous there.",
    "broken-link": "A link that is written with a slip and was mended.",
    "size": "The HTML part is longer than the 102 KB that Gmail shows; the section that crosses is named.",
    "lint-comment": "A comment `<!-- lint: … -->` that was not understood.",
}

# what the reader says -> rules that say the same more exactly
_SAID_BY: Final = {
    "broken-link": frozenset({"link-syntax"}),
    "relative-link": frozenset({"placeholder-link", "link-syntax"}),
    "empty-link": frozenset({"empty-link", "placeholder-link"}),
    "unsafe-link": frozenset({"link-syntax", "address-link", "image-format"}),
}
_NEAR_COLUMNS: Final = 200  # a reader's place may be the link's text, its target, or the start of its line


def is_said_better(problem: Problem, found: Iterable[Problem]) -> bool:
    """True when a rule speaks of the same link as this problem of the reader."""
    rules = _SAID_BY.get(problem.rule, frozenset())
    return any(
        other.rule in rules
        and other.place.line == problem.place.line
        and (problem.place.column == 1 or abs(other.place.column - problem.place.column) <= _slack(problem))
        for other in found
    )


def _slack(problem: Problem) -> int:
    return _NEAR_COLUMNS if problem.rule == "empty-link" else 2
