"""An original and its translation side by side, and what a rule about both is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.page import samples_of, summary_of
from mailer.lint.translation.alignment import Couple, Part, couples, parts

_BETWEEN: Final = "\n====\n"


class Pair:
    """Both texts, as written, and which section of the one is which of the other."""

    def __init__(self, original: Manuscript, translation: Manuscript) -> None:
        self.original = original
        self.translation = translation

    @cached_property
    def original_parts(self) -> list[Part]:
        return parts(self.original)

    @cached_property
    def translated_parts(self) -> list[Part]:
        return parts(self.translation)

    @cached_property
    def couples(self) -> list[Couple]:
        return couples(self.original_parts, self.translated_parts)


Check = Callable[[Pair], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class PairSample:
    """Two pieces of issues from a rule's page; the translation stands below a line of ``====``."""

    passes: bool
    original: str
    translation: str


@dataclass(frozen=True, slots=True)
class PairRule:
    """A rule about a translation; its findings stand in the translation. ``page`` is its file's docstring."""

    id: str
    severity: Severity
    check: Check
    page: str | None
    is_on: bool = True

    @property
    def summary(self) -> str:
        """The first line of the page."""
        return summary_of(self.page)

    def samples(self) -> Iterator[PairSample]:
        """The PASS and FAIL samples of the page, in order."""
        for passes, text in samples_of(self.page):
            original, _, translation = text.partition(_BETWEEN)
            yield PairSample(passes, original + "\n", translation)


def several(named: Sequence[str], most: int = 3) -> str:
    """The first of them, and how many more there are."""
    more = len(named) - most
    return ", ".join(named[:most]) + (f" and {more} more" if more > 0 else "")
