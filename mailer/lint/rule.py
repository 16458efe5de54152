"""What a lint rule is: an id, a severity, a check, and a page with samples that pass and fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.page import samples_of, summary_of

Check = Callable[[Manuscript], Iterator[Finding]]


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
        return summary_of(self.page)

    def samples(self) -> Iterator[Sample]:
        """The PASS and FAIL samples of the page, in order."""
        return (Sample(passes, text) for passes, text in samples_of(self.page))
