"""Marks that git leaves where two versions of a text could not be merged.

PASS:
    Heading
    =======

    > > > quoted thrice

FAIL:
    <<<<<<< HEAD
    Server 2.0 is out.
    =======
    Server 2.1 is out.
    >>>>>>> servers
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_MARK = re.compile(r"^(?:<{7}|>{7}|\|{7})(?= |$)[^\n]*", re.MULTILINE)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    text = manuscript.source[: manuscript.body_start] + manuscript.markup[manuscript.body_start :]
    for found in _MARK.finditer(text):
        yield Finding(found.start(), f"“{found[0]}” is left from a merge", "Keep one of the two versions.")


RULE = Rule("conflict-marker", Severity.ERROR, check, __doc__)
