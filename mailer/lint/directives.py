"""Comments in an issue that switch rules: ``<!-- lint: off RULE -->`` until ``<!-- lint: on RULE -->``.

Without a rule's name they switch all of them; ``off-line`` switches only the line that the comment stands on.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from mailer.issue import Problem, Severity
from mailer.lint.manuscript import Manuscript

_DIRECTIVE = re.compile(r"<!--\s*lint:\s*(.*?)\s*-->", re.DOTALL)
_VERB = re.compile(r"(off-line|off|on)\b[\s:]*(.*)", re.DOTALL)
_ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Directives:
    """Which rule is silent on which lines (from 1, both ends included), and comments that were not understood."""

    silent: tuple[tuple[str, int, int], ...]
    problems: tuple[Problem, ...]

    @classmethod
    def read(cls, manuscript: Manuscript, known: frozenset[str]) -> Directives:
        last_line = manuscript.source.count("\n") + 1
        opened: dict[str, int] = {}
        silent: list[tuple[str, int, int]] = []
        problems: list[Problem] = []
        for comment in manuscript.comments:
            match = _DIRECTIVE.fullmatch(manuscript.source, comment.start, comment.end)
            if match is None:
                continue
            line = manuscript.place(comment.start).line
            verb = _VERB.fullmatch(match[1])
            names = re.split(r"[\s,]+", verb[2].strip()) if verb and verb[2].strip() else [_ALL]
            wrong = [name for name in names if name not in known | {_ALL}]
            if verb is None or wrong:
                problems.append(_misread(manuscript, comment.start, wrong, known))
            for name in names if verb else ():
                if verb and verb[1] == "off":
                    opened.setdefault(name, line)
                elif verb and verb[1] == "off-line":
                    silent.append((name, line, line))
                else:
                    closing = list(opened) if name == _ALL else [name]
                    silent.extend((each, opened.pop(each), line) for each in closing if each in opened)
        silent.extend((name, line, last_line) for name, line in opened.items())
        return cls(tuple(silent), tuple(problems))

    def silence(self, rule: str, line: int) -> bool:
        return any(name in (rule, _ALL) and first <= line <= last for name, first, last in self.silent)


def _misread(manuscript: Manuscript, offset: int, wrong: list[str], known: frozenset[str]) -> Problem:
    if not wrong:
        message, hint = (
            "this lint comment is not understood",
            "Write <!-- lint: off RULE --> or <!-- lint: on RULE -->.",
        )
    else:
        near = difflib.get_close_matches(wrong[0], known, 1)
        message = f"there is no lint rule “{wrong[0]}”"
        hint = f"Did you mean {near[0]}?" if near else "docs/lint lists them."
    return Problem(manuscript.place(offset), "lint-comment", Severity.WARNING, message, hint)
