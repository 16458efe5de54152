"""A variable of a template that nobody filled in: `{{ month }}`, `${NAME}`, `%NAME%`, `@@SLOT@@`.

What a site fills in by itself (`{{ site.url }}`, `{{ page.title }}`) is the reader's business: it is resolved, or
reported as a shortcode. A variable of a shell in quotation marks or at the head of a path is a warning, as is any
other in an issue that shows templates as code.

PASS:
    Write `{{ month }}` in your template. Prices in $ {and} 100 % sure. `${NAME}` too.

PASS:
    ## The `{{view}}` helper

    It is gone.

PASS:
    ![The office]({{ site.baseurl }}/office.png)

FAIL:
    Welcome to the issue of {{ month }}!

FAIL:
    Welcome to the issue of ${MONTH}!

FAIL:
    Dear %FIRST_NAME%,

FAIL:
    The version is @@VERSION@@.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.prose import Kind, Region
from mailer.lint.rule import Rule

_VARIABLE = re.compile(
    r"\{\{-?\s*[.$]?[A-Za-z_][\w.]*(?:\s*\|[^{}\n]*)?\s*-?\}\}|\$\{[A-Za-z_][\w.]*\}|(?<![\w%])%[A-Z][A-Z_]{2,}%(?!\w)"
    r"|@@[A-Z][A-Z_]*@@|\*\|[A-Z_:]+\|\*|%%[A-Za-z_]+%%"
)
_OF_THE_SITE = re.compile(r"\{\{-?\s*(?:site|page|config|paginator)\.|\{\{-?\s*SITEURL\b", re.IGNORECASE)
_IN_PROSE = re.compile(r"(?<![\w$#{])\{(?:title|month|year|date|first_name|issue_number)\}(?!\})")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    about_templates = any("{{" in manuscript.source[region.start : region.end] for region in _code(manuscript))
    for found in _VARIABLE.finditer(manuscript.markup, manuscript.body_start):
        if _OF_THE_SITE.match(found[0]):
            continue
        message = f"“{found[0]}” is a template's variable that nothing filled in"
        is_meant = manuscript.is_in_link_text(found.start(), found.end()) or _is_path(manuscript, found)
        is_meant = is_meant or (about_templates and found[0].startswith("{{"))
        yield Finding(found.start(), message, "Write its value, or mark it as code with `…`.", not is_meant)
    for found in _IN_PROSE.finditer(manuscript.prose, manuscript.body_start):
        yield Finding(
            found.start(), f"“{found[0]}” is a template's variable", "Write its value, or mark it as code."
        )
    title = _VARIABLE.search(manuscript.issue.title)
    if title:
        message = f"the title holds “{title[0]}”, a template's variable that nothing filled in"
        yield Finding(manuscript.header_offset("title", title[0]), message, "Write its value.")


def _code(manuscript: Manuscript) -> Iterator[Region]:
    return (region for region in manuscript.regions if region.kind in (Kind.CODE, Kind.FENCE))


def _is_path(manuscript: Manuscript, found: re.Match[str]) -> bool:
    """``%HOME%/config``, ``${HOME}\\bin``: a folder, told to people who know the variable."""
    return found[0][0] in "$%" and (
        manuscript.markup[found.end() : found.end() + 1] in ("/", "\\")
        or manuscript.is_in_quotation(found.start(), found.end())
    )


RULE = Rule("template-variable", Severity.ERROR, check, __doc__)
