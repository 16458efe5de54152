"""The tokens of an issue as compact HTML, so that a test can say what it expects in one line."""

from __future__ import annotations

import re

from mailer.issue.markdown import parser
from mailer.issue.model import Issue


def shown(issue: Issue) -> str:
    md = parser()
    return re.sub(r">\s*\n\s*<", "><", md.renderer.render(list(issue.tokens), md.options, {})).strip()


def told(issue: Issue) -> list[str]:
    """Problems as ``line:column rule severity``."""
    return [f"{p.place.line}:{p.place.column} {p.rule} {p.severity}" for p in issue.problems]
