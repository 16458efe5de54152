"""From files to mail that could go out: read, lint, render, each language once. Nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.flows.gather import SourceFile, SourceSet
from mailer.flows.picture_sizes import keep_own_widths
from mailer.issue.model import Issue
from mailer.issue.problem import Problem, Severity
from mailer.issue.reader import read_issue
from mailer.lint.engine import LintSettings, lint, lint_rendered, lint_theme, lint_translation
from mailer.newsletter import Newsletter
from mailer.render.colour import mended
from mailer.render.edition import render_edition
from mailer.render.message import encoded_html_size
from mailer.render.model import RenderedEdition, Translation


@dataclass(frozen=True, slots=True)
class PreparedEdition:
    """One language of an issue: as read, as rendered, and how large its HTML part is on the wire."""

    issue: Issue
    source: SourceFile
    rendered: RenderedEdition
    html_size_bytes: int


@dataclass(frozen=True, slots=True)
class PreparedIssue:
    """An issue with all its translations, ready to be looked at; ``problems`` says whether it may go out."""

    newsletter: Newsletter
    editions: tuple[PreparedEdition, ...]  # the original first
    problems: tuple[Problem, ...]

    @property
    def original(self) -> Issue:
        return self.editions[0].issue

    @property
    def slug(self) -> str:
        return self.original.slug

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


def prepare(sources: SourceSet, newsletter: Newsletter, template_folders: Sequence[Path]) -> PreparedIssue:
    """Read, lint and render every file of an issue. Raises TemplateError when a template cannot be rendered."""
    issues = read_all(sources, newsletter)
    editions = tuple(
        _render(issue, source, issues, newsletter, template_folders)
        for issue, source in zip(issues, sources.files, strict=True)
    )
    settings = LintSettings.read(newsletter.lint)
    problems = judge(issues, settings) + judge_theme(issues[0], newsletter, settings)
    for edition in editions:
        weights, size_bytes = edition.rendered.weights, edition.html_size_bytes
        problems += lint_rendered(edition.issue, weights, size_bytes, settings=settings)
    return PreparedIssue(newsletter, editions, tuple(problems))


def judge(issues: Sequence[Issue], settings: LintSettings) -> list[Problem]:
    """What is wrong with each language of an issue as written, and with the translations beside the original."""
    original, *translations = issues
    problems = [problem for issue in issues for problem in lint(issue, settings=settings)]
    for translation in translations:
        problems += lint_translation(original, translation, settings=settings)
    return problems


def judge_theme(original: Issue, newsletter: Newsletter, settings: LintSettings) -> list[Problem]:
    """What of the newsletter's colours cannot be read: told once, with the original."""
    changed = mended(newsletter.accent, newsletter.colours, newsletter.dark_colours)
    return lint_theme(original, changed, settings=settings)


def read_all(sources: SourceSet, newsletter: Newsletter) -> list[Issue]:
    """The issue in each of its languages; translations carry the slug of the original, whose pages they share."""
    original = read_source(sources.original, newsletter)
    return [original, *(read_source(source, newsletter, slug=original.slug) for source in sources.files[1:])]


def read_source(source: SourceFile, newsletter: Newsletter, *, slug: str | None = None) -> Issue:
    """One file as an issue; ``slug`` is that of the original where the file is a translation."""
    return read_issue(
        source.raw, str(source.path), newsletter, language=source.language, slug=slug, folder=source.folder
    )


def _render(
    issue: Issue,
    source: SourceFile,
    issues: Sequence[Issue],
    newsletter: Newsletter,
    template_folders: Sequence[Path],
) -> PreparedEdition:
    others = [Translation(other.language, other.title, other.web_url) for other in issues if other is not issue]
    keep_own_widths(issue, source.path)
    rendered = render_edition(issue, newsletter, translations=others, template_folders=template_folders)
    return PreparedEdition(issue, source, rendered, encoded_html_size(rendered))
