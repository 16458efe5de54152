"""``mailer lint``: issues are checked like source code."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

import mailer
from mailer.cli.frame import Installation, newsletter_for, pass_installation, say
from mailer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailer.issue.model import Issue
    from mailer.issue.problem import Problem
    from mailer.newsletter import Newsletter


@click.command(
    epilog="""\b
Examples:
  mailer lint issue.md                    one file
  mailer lint issue*.md                   the issue with its translations, each compared with the original
  mailer lint drafts/*.md --strict        warnings stop as well
  mailer lint issue.md --fix              mend broken characters and white space in links first
  mailer lint issue.md --format github    annotations in a pull request
  mailer lint issue.md --check-links      ask the web about every link, too
  mailer lint issue.md --json | jq '.[] | select(.severity == "error")'
"""
)
@click.argument("issues", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--newsletter", metavar="NAME", help="Which newsletter's settings, when there are several.")
@click.option("--format", "form", type=click.Choice(["text", "json", "github", "sarif"]), default="text")
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Warnings fail as errors do.")
@click.option("--fix", "mend", is_flag=True, help="First mend what cannot change the meaning, in the files.")
@click.option("--check-links", is_flag=True, help="Ask the web about every link and image, too.")
@click.option("--offline", is_flag=True, help="With --check-links: only what was asked in the last day.")
@pass_installation
def lint(
    installation: Installation,
    issues: tuple[Path, ...],
    newsletter: str | None,
    form: str,
    strict: bool,
    mend: bool,
    check_links: bool,
    offline: bool,
) -> int:
    """Check the files ISSUES; exit with 1 when there are errors. `mailer send` checks translations by itself.

    Works without any mailer.toml; with one, the newsletter's languages, site and shortcodes are known and judged.
    """
    from mailer.flows.check import check
    from mailer.flows.gather import gather
    from mailer.issue.problem import Severity
    from mailer.resources import template_folders

    publication = newsletter_for(installation, newsletter, issues)
    folders = template_folders(installation.settings_or_default.templates)
    if offline and not check_links:
        raise UsageError("--offline says how to check links.", hint="Add --check-links.")
    problems: list[Problem] = []
    read: list[Issue] = []
    if mend:
        _mend(issues)
    for source_set in gather(issues, publication):
        checked = check(source_set, publication, folders)
        problems += checked.problems
        read += checked.issues
    named = {path.resolve() for path in issues}  # the others were read to compare with, and are not asked about
    problems = [problem for problem in problems if Path(problem.place.path).resolve() in named]
    read = [issue for issue in read if Path(issue.path).resolve() in named]
    if not installation.is_configured:
        problems = _of_the_issue_itself(problems, read)
    if check_links:
        problems = sorted(
            [*problems, *_check_links(read, publication, offline=offline)], key=lambda problem: problem.place
        )
    _show(problems, {issue.path: issue.source for issue in read}, form)
    stopping = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return 1 if any(problem.severity in stopping for problem in problems) else 0


def _of_the_issue_itself(problems: Sequence[Problem], issues: Sequence[Issue]) -> list[Problem]:
    """Problems without those that only settings could answer for.

    Without any mailer.toml nobody knows the site that relative links belong to, nor the language of an issue that
    does not name one, and a shortcode of its site is a warning: none is the issue's fault, and `mailer send`,
    which needs settings, judges all of it.
    """
    from dataclasses import replace

    from mailer.issue.metadata import LANGUAGE_KEYS
    from mailer.issue.problem import Severity
    from mailer.issue.translations import split_language

    nameless = {
        issue.path
        for issue in issues
        if not any(key in issue.front.values for key in LANGUAGE_KEYS)
        and split_language(Path(issue.path).name, [issue.language])[1] is None
    }
    return [
        replace(problem, severity=Severity.WARNING) if problem.rule == "shortcode" else problem
        for problem in problems
        if problem.rule != "relative-link"
        and not (problem.rule == "text-language" and problem.place.path in nameless)
    ]


def _check_links(issues: Sequence[Issue], newsletter: Newsletter, *, offline: bool) -> Sequence[Problem]:
    """What the web says of the links; how much was asked is told on stderr."""
    from mailer.flows.checking_links import check_links
    from mailer.lint.engine import LintSettings
    from mailer.reach.memory import Memory, cache_folder

    terminal = sys.stderr.isatty()

    def progress(done: int, everything: int) -> None:
        if terminal:
            click.echo(f"\r{done:,} of {everything:,} links", err=True, nl=False)

    found = check_links(
        issues,
        LintSettings.read(newsletter.lint),
        Memory(cache_folder() / "links.json"),
        datetime.now(UTC),
        offline=offline,
        progress=progress,
    )
    if terminal and found.asked:
        click.echo("\r\x1b[K", err=True, nl=False)
    sentence = f"Links: {found.asked:,} asked, {found.remembered:,} known from the last day"
    if found.unanswered:
        sentence += f", {found.unanswered:,} that answer no robot or are in trouble"
    if found.not_asked:
        why = "" if offline else "there is no network: "
        sentence += f"; {why}{found.not_asked:,} not checked"
    say(f"{sentence}.", err=True)
    return found.problems


def _mend(paths: Sequence[Path]) -> None:
    from mailer.flows.mend import mend_file

    for path in paths:
        mended = mend_file(path)
        for fix in mended.fixes:
            say(f"{path}:{fix.line}:{fix.column}: mended {fix.before!r} to {fix.after!r} [{fix.rule}]", err=True)
        if mended.patch:
            say(mended.patch.rstrip("\n"), err=True)


def _show(problems: Sequence[Problem], sources: Mapping[str, str], form: str) -> None:
    from mailer.lint import formats

    match form:
        case "json":
            sys.stdout.write(formats.as_json(problems))
        case "github":
            sys.stdout.write(formats.as_github(problems))
            say(formats.count(problems), err=True)
        case "sarif":
            from mailer.lint.rules import RULES

            sys.stdout.write(formats.as_sarif(problems, RULES, mailer.__version__))
        case _:
            colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
            say(formats.as_text(problems, sources, colour=colour).rstrip("\n"), err=True)
