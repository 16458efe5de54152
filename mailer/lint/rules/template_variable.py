"""A variable of a template that nobody filled in: `{{ month }}`, `${NAME}`, `%NAME%`, `@@SLOT@@`.

PASS:
    Write `{{ month }}` in your template. Prices in $ {and} 100 % sure. `${NAME}` too.

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
from mailer.lint.rule import Rule

_VARIABLE = re.compile(
    r"\{\{-?\s*[.$]?[A-Za-z_][\w.]*(?:\s*\|[^{}\n]*)?\s*-?\}\}|\$\{[A-Za-z_][\w.]*\}|(?<![\w%])%[A-Z][A-Z_]{2,}%(?!\w)"
    r"|@@[A-Z][A-Z_]*@@|\*\|[A-Z_:]+\|\*|%%[A-Za-z_]+%%"
)
_IN_PROSE = re.compile(r"(?<![\w$#{])\{(?:title|month|year|date|first_name|issue_number)\}(?!\})")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for found in _VARIABLE.finditer(manuscript.markup, manuscript.body_start):
        message = f"“{found[0]}” is a template's variable that nothing filled in"
        is_title = manuscript.is_in_link_text(found.start(), found.end())
        yield Finding(found.start(), message, "Write its value, or mark it as code with `…`.", not is_title)
    for found in _IN_PROSE.finditer(manuscript.prose, manuscript.body_start):
        yield Finding(
            found.start(), f"“{found[0]}” is a template's variable", "Write its value, or mark it as code."
        )
    title = _VARIABLE.search(manuscript.issue.title)
    if title:
        message = f"the title holds “{title[0]}”, a template's variable that nothing filled in"
        yield Finding(manuscript.header_offset("title", title[0]), message, "Write its value.")


RULE = Rule("template-variable", Severity.ERROR, check, __doc__)
