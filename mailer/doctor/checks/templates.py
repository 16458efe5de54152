"""The installation's own templates: do a sample issue and every notice render, and is each file of use?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from jinja2 import Environment, TemplateSyntaxError

from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.errors import MailerError, TemplateError
from mailer.issue.reader import read_issue
from mailer.render.edition import render_edition
from mailer.render.notice import render_notice
from mailer.render.notice_words import NOTICES
from mailer.resources import templates_folder

CHECK: Final = "templates"
SAMPLE: Final = b"""---
title: A test
---

Hello.

## One

Words, [a link](https://example.org).

## Two

- a
- b
"""
WRITTEN: Final = frozenset({".html", ".txt", ".mjml", ".css", ".js", ".svg"})
THEMES: Final = "themes"  # a theme may hold files of any name beside the known ones


def check(case: Case) -> Iterator[Finding]:
    """PASS: everything renders with the installation's own templates. FAIL: one of them does not."""
    own = case.settings.templates
    broken = [*_rendered(case), *(_syntax(own) if own else ())]
    yield from broken
    if own is not None:
        yield from _unused(own)
    if case.newsletters and not broken:
        whose = f"the templates in {own}" if own else "the built-in templates"
        yield ok(CHECK, f"a sample issue and every notice render with {whose}.")


def _rendered(case: Case) -> Iterator[Finding]:
    for newsletter in case.newsletters:
        try:
            issue = read_issue(SAMPLE, "sample.md", newsletter)
            render_edition(issue, newsletter, template_folders=case.folders)
            for kind in NOTICES["en"]:
                render_notice(kind, newsletter, newsletter.fallback_language, template_folders=case.folders)
        except TemplateError as error:
            mend = error.hint or "Mend it, or take it away: ours is used then."
            yield failure(CHECK, f"the template {error.where} cannot be used: {error.what}", mend)
            return
        except MailerError as error:
            yield failure(
                CHECK, f"mail of {newsletter.key!r} does not render: {error}", error.hint or "See above."
            )
            return


def _syntax(own: Path) -> Iterator[Finding]:
    """Pages of the web app are filled in when somebody asks for them: here they are at least read."""
    reader = Environment(autoescape=True)
    for path in _files(own):
        try:
            reader.parse(path.read_text(encoding="utf-8"))
        except TemplateSyntaxError as error:
            yield failure(
                CHECK,
                f"{path}:{error.lineno}: this template cannot be read ({error.message}).",
                "Mend it, or take it away: ours is used then.",
            )
        except (OSError, UnicodeDecodeError) as error:
            yield failure(CHECK, f"{path} cannot be read ({type(error).__name__}).", "It must be text in UTF-8.")


def _unused(own: Path) -> Iterator[Finding]:
    shipped = templates_folder()
    for path in _files(own):
        name = path.relative_to(own)
        if name.parts[0] != THEMES and not (shipped / name).is_file():
            yield warning(
                CHECK,
                f"{path} has the name of no template of ours, so that nothing uses it unless yours do.",
                f"Compare it with the names in {shipped}.",
            )


def _files(own: Path) -> list[Path]:
    return sorted(path for path in own.rglob("*") if path.suffix in WRITTEN and path.is_file())
