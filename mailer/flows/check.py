"""Checking issues without sending them: read and lint every language, and weigh mail that may be too big."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.flows.gather import SourceSet
from mailer.flows.prepare import prepare, read_all
from mailer.issue.model import Issue
from mailer.issue.problem import Problem
from mailer.lint.engine import lint
from mailer.newsletter import Newsletter

FRAME_BYTES: Final = 25_000
TOKEN_BYTES: Final = 150
WORTH_WEIGHING_BYTES: Final = 80_000
"""Gmail cuts at 102 KB. Rendering costs more than all the rules together: what is surely small is not weighed."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one issue, and the text of its files by path, to show the lines."""

    problems: tuple[Problem, ...]
    sources: Mapping[str, str]


def check(sources: SourceSet, newsletter: Newsletter, template_folders: Sequence[Path]) -> Checked:
    """Every problem that would stop or be shown before a sending. Raises TemplateError for a broken template."""
    issues = read_all(sources, newsletter)
    texts = {issue.path: issue.source for issue in issues}
    if any(_may_be_large(issue) for issue in issues):
        return Checked(prepare(sources, newsletter, template_folders).problems, texts)
    return Checked(tuple(problem for issue in issues for problem in lint(issue)), texts)


def _may_be_large(issue: Issue) -> bool:
    guess = FRAME_BYTES + 2 * len(issue.source.encode()) + TOKEN_BYTES * len(issue.tokens)
    return guess > WORTH_WEIGHING_BYTES
