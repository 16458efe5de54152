"""The rules whose problems are found without a rule file: while reading an issue, and in the finished mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from mailer.issue import Problem, Severity

READING: Final = {
    "front-matter": "The header cannot be read, or a value of it is not what its key asks for.",
    "missing-title": "The issue has no title, so the mail would have no subject.",
    "date": "The date is none that anybody can read.",
    "language": "The language is none of the newsletter's.",
    "encoding": "The file is not clean UTF-8: undecodable bytes were replaced.",
    "control-character": "Characters that no text has were left out.",
    "markdown": "The text is nested too deep to be read.",
    "shortcode": "A shortcode that nothing says how to turn into mail; settings can.",
    "removed-html": "HTML that no mail client runs: a form (an error), a script, frame or handler (warnings).",
    "unknown-html": "What looks like a tag (`Vec<T>`) is none, and is shown as it is written.",
    "html-comment": "A comment that is never closed.",
    "relative-link": "A link or image leads into a site that is not known; set `site_url`.",
    "unsafe-link": "A link of a dangerous scheme (an error), or of one that few mail clients open (a warning).",
    "broken-link": "A link that is written with a slip and was mended.",
    "size": "The HTML part is longer than the 102 KB that Gmail shows; the section that crosses is named.",
    "theme-contrast": "A colour of the settings that cannot be read on its ground; the mail shows another.",
    "lint-comment": "A comment `<!-- lint: … -->` that was not understood.",
}

# what the reader says -> rules that say the same more exactly
_SAID_BY: Final = {
    "broken-link": frozenset({"link-syntax"}),
    "relative-link": frozenset({"placeholder-link", "link-syntax", "address-link"}),
    "empty-link": frozenset({"empty-link", "placeholder-link", "shortcode"}),
    "unsafe-link": frozenset({"link-syntax", "address-link", "image-format"}),
}
_ONE_CAUSE: Final = frozenset({"relative-link", "unknown-html", "control-character"})
_ONE_KIND: Final = frozenset({"removed-html", "unsafe-link", "shortcode"})  # ten films: one thing; a form: another
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


def judged(problems: Iterable[Problem]) -> list[Problem]:
    """The reader's problems as the gate sees them: one cause is one problem, the others stay as the reader says.

    A site that is not known makes every relative link of an issue a problem, and one line of settings mends all.
    """
    kept: list[Problem] = []
    counted: dict[tuple[str, Severity, str], list[Problem]] = {}
    for problem in problems:
        if problem.rule in _ONE_CAUSE | _ONE_KIND:
            what = problem.message if problem.rule in _ONE_KIND else ""
            counted.setdefault((problem.rule, problem.severity, what), []).append(problem)
        else:
            kept.append(problem)
    for alike in counted.values():
        more = f" (and {len(alike) - 1} more)" if len(alike) > 1 else ""
        kept.append(replace(alike[0], message=f"{alike[0].message}{more}"))
    return kept
