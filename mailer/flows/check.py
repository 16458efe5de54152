"""Checking issues without sending them: read and lint every language, and weigh mail that may be too big."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.flows.gather import SourceSet
from mailer.flows.prepare import judge, judge_theme, prepare, read_all
from mailer.issue.model import Issue
from mailer.issue.problem import Problem
from mailer.lint.engine import LintSettings
from mailer.newsletter import Newsletter

WORTH_WEIGHING_BYTES: Final = 90_000
"""Gmail cuts at 102 KB. Rendering costs more than all the rules together: what is surely small is not weighed."""
FRAME_BYTES: Final = 25_000  # masthead, footer and styles
TOKEN_BYTES: Final = 40
IMAGE_BYTES: Final = 350
ENCODED: Final = '<>&="'  # each takes several bytes in encoded HTML, as everything beyond ASCII does


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one issue, and the issue in each of its languages as read."""

    problems: tuple[Problem, ...]
    issues: tuple[Issue, ...]

    @property
    def sources(self) -> Mapping[str, str]:
        """The text of the files by path, to show the lines."""
        return {issue.path: issue.source for issue in self.issues}


def check(sources: SourceSet, newsletter: Newsletter, template_folders: Sequence[Path]) -> Checked:
    """Every problem that would stop or be shown before a sending. Raises TemplateError for a broken template."""
    issues = read_all(sources, newsletter)
    if any(_may_be_large(issue) for issue in issues):
        return Checked(prepare(sources, newsletter, template_folders).problems, tuple(issues))
    settings = LintSettings.read(newsletter.lint)
    problems = judge(issues, settings) + judge_theme(issues[0], newsletter, settings)
    return Checked(tuple(problems), tuple(issues))


def _may_be_large(issue: Issue) -> bool:
    return most_bytes(issue) > WORTH_WEIGHING_BYTES


def most_bytes(issue: Issue) -> int:
    """More than the encoded HTML part of the issue takes; for real issues about twice as much."""
    tokens = [*issue.tokens, *(child for token in issue.tokens for child in token.children or ())]
    images = sum(token.type == "image" for token in tokens)
    length = len(issue.source.encode())
    beyond_ascii = sum(not character.isascii() for character in issue.source)
    marks = sum(map(issue.source.count, ENCODED))
    return (
        FRAME_BYTES
        + length * 6 // 5
        + 9 * beyond_ascii
        + 6 * marks
        + TOKEN_BYTES * len(tokens)
        + IMAGE_BYTES * images
    )
