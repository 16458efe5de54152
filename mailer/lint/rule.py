"""What a lint rule is: an id, a severity, a check, and a page with samples that pass and fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript

Check = Callable[[Manuscript], Iterator[Finding]]

_SAMPLE: Final = re.compile(r"^(PASS|FAIL):\n((?:(?: {4}[^\n]*)?\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of an issue from a rule's page; without a header of its own it is a body."""

    passes: bool
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the registry. ``page`` is the docstring of its file; ``is_on`` says whether it runs unasked."""

    id: str
    severity: Severity
    check: Check
    page: str | None
    is_on: bool = True

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return (self.page or "").partition("\n")[0].rstrip(".")

    def samples(self) -> Iterator[Sample]:
        """The PASS and FAIL samples of the page, in order."""
        for found in _SAMPLE.finditer((self.page or "").rstrip() + "\n\n"):
            text = re.sub(r"^ {4}", "", found[2], flags=re.MULTILINE).rstrip("\n") + "\n"
            yield Sample(found[1] == "PASS", text)
