"""Run the rules over an issue: findings become problems, sorted by place, minus what was switched off.

Law: no clock, no file, no network; the same issue and settings give the same problems.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from mailer.errors import SettingsError
from mailer.issue import Issue, Problem, Severity
from mailer.lint.directives import Directives
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.reached import REACHED, Answer, reached_problems
from mailer.lint.reading import READING, is_said_better, judged
from mailer.lint.rule import Rule
from mailer.lint.rules import RULES
from mailer.lint.size import Weight, size_problems
from mailer.lint.theme import Mended, theme_problems
from mailer.lint.translation import PAIR_RULES
from mailer.lint.translation.pair import Pair, PairRule

__all__ = [
    "KNOWN",
    "RULES",
    "WORDS",
    "LintSettings",
    "lint",
    "lint_reached",
    "lint_rendered",
    "lint_theme",
    "lint_translation",
    "rule",
]


@dataclass(frozen=True, slots=True)
class LintSettings:
    """What a newsletter changes: rules switched off, rules switched on that are off by default, severities."""

    off: frozenset[str] = frozenset()
    on: frozenset[str] = frozenset()
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def runs(self, candidate: Rule | PairRule) -> bool:
        return candidate.id not in self.off and (candidate.is_on or candidate.id in self.on)

    @classmethod
    def read(cls, words: Mapping[str, str], *, where: str = "") -> LintSettings:
        """From a table of settings: rule → "off", "on", "warning" or "error".

        Raises SettingsError for a rule that does not exist (the nearest is named) and for another word.
        """
        for name, word in words.items():
            if name not in KNOWN:
                near = difflib.get_close_matches(name, KNOWN, 1)
                hint = f"Did you mean {near[0]}?" if near else "docs/lint lists them."
                raise SettingsError(f"there is no lint rule {name!r}.", where=where, hint=hint)
            if word not in WORDS:
                raise SettingsError(f"{name} cannot be {word!r}.", where=where, hint=f"Write {', '.join(WORDS)}.")
        return cls(
            off=frozenset(name for name, word in words.items() if word == "off"),
            on=frozenset(name for name, word in words.items() if word != "off"),
            severities={name: Severity(word) for name, word in words.items() if word in (*Severity,)},
        )


DEFAULT: Final = LintSettings()
WORDS: Final = ("off", "on", "warning", "error")
_BY_ID: Final = {candidate.id: candidate for candidate in RULES}
KNOWN: Final = (
    frozenset(_BY_ID) | {candidate.id for candidate in PAIR_RULES} | frozenset(READING) | frozenset(REACHED)
)
"""Every rule that a comment or the settings may name."""


def rule(rule_id: str) -> Rule:
    """The rule of that id; KeyError when there is none."""
    return _BY_ID[rule_id]


def lint(issue: Issue, *, settings: LintSettings = DEFAULT) -> list[Problem]:
    """What is wrong with an issue, in the order of the file; the reader's own problems are among them."""
    manuscript = Manuscript(issue)
    directives = Directives.read(manuscript, KNOWN | {problem.rule for problem in issue.problems})
    found: list[Problem] = []
    for candidate in RULES:
        if settings.runs(candidate):
            found.extend(_problem(manuscript, candidate, finding) for finding in candidate.check(manuscript))
    causes = [*found, *(problem for problem in issue.problems if problem.rule == "shortcode")]
    found.extend(judged(problem for problem in issue.problems if not is_said_better(problem, causes)))
    found.extend(directives.problems)
    return _settled(found, directives, settings)


def lint_rendered(
    issue: Issue, weights: Iterable[Weight], size_bytes: int, *, settings: LintSettings = DEFAULT
) -> list[Problem]:
    """What is wrong with the mail made of an issue: its HTML part is ``size_bytes`` long, encoded.

    ``weights`` are the sections in order (``mailer.render.model.SectionWeight`` fits).
    """
    directives = Directives.read(Manuscript(issue), KNOWN)
    return _settled(size_problems(issue, tuple(weights), size_bytes), directives, settings)


def lint_theme(issue: Issue, mended: Iterable[Mended], *, settings: LintSettings = DEFAULT) -> list[Problem]:
    """What is wrong with the newsletter's colours, told with its issue: ``mailer.render.colour.mended`` fits."""
    directives = Directives.read(Manuscript(issue), KNOWN)
    return _settled(theme_problems(issue, mended), directives, settings)


def lint_translation(original: Issue, translation: Issue, *, settings: LintSettings = DEFAULT) -> list[Problem]:
    """Where a translation says something else than the original; the places are in the translation."""
    pair = Pair(Manuscript(original), Manuscript(translation))
    directives = Directives.read(pair.translation, KNOWN)
    found = [
        _problem(pair.translation, candidate, finding)
        for candidate in PAIR_RULES
        if settings.runs(candidate)
        for finding in candidate.check(pair)
    ]
    return _settled(found, directives, settings)


def lint_reached(
    issue: Issue, answers: Mapping[tuple[str, bool], Answer], *, settings: LintSettings = DEFAULT
) -> list[Problem]:
    """What is wrong with an issue's links as the web ``answers`` (by address, and whether it is an image)."""
    directives = Directives.read(Manuscript(issue), KNOWN)
    return _settled(reached_problems(issue, answers), directives, settings)


def _problem(manuscript: Manuscript, origin: Rule | PairRule, finding: Finding) -> Problem:
    severity = origin.severity if finding.is_certain else Severity.WARNING
    return Problem(manuscript.place(finding.offset), origin.id, severity, finding.message, finding.hint)


def _settled(found: Iterable[Problem], directives: Directives, settings: LintSettings) -> list[Problem]:
    kept = {
        (problem.place, problem.rule, problem.message): replace(
            problem, severity=settings.severities.get(problem.rule, problem.severity)
        )
        for problem in found
        if problem.rule not in settings.off and not directives.silence(problem.rule, problem.place.line)
    }
    return sorted(kept.values(), key=lambda problem: (problem.place, problem.rule, problem.message))
