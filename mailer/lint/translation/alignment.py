"""Which section of the translation is which of the original: by their levels, links and numbers, never by words.

Sections keep their order; one that has no counterpart is missing, or is extra.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from mailer.lint.blocks import Kind, Section
from mailer.lint.links import Form
from mailer.lint.manuscript import Manuscript
from mailer.lint.prose import THING
from mailer.lint.translation.same import link_key, numbers_in

GAP: Final = -0.4  # what a section without a counterpart costs
OTHER_LEVEL: Final = -0.8
_ADDRESS = re.compile(r"(?:https?://|www\.|xmpp:|mailto:)\S+|[\w.+-]{1,64}@\S+", re.IGNORECASE)
MOST_PAIRS: Final = 22_500
"""More are no newsletter: 150 sections on either side. Such are taken one by one, as they stand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section as it is compared; ``title`` is "" before the first heading, ``line`` counts from 1."""

    section: Section
    title: str
    level: int
    line: int
    end_line: int
    links: frozenset[str] = field(default_factory=frozenset)
    numbers: frozenset[str] = field(default_factory=frozenset)
    text: str = ""  # what is read of it: code is there, where links lead is not

    @property
    def has_text(self) -> bool:
        return bool(self.section.blocks)


@dataclass(frozen=True, slots=True)
class Couple:
    """A section and its counterpart; None where there is none."""

    original: Part | None
    translated: Part | None


def parts(manuscript: Manuscript) -> list[Part]:
    """The sections of an issue in their order."""
    last_line = manuscript.source.count("\n") + 1
    starts = [section.heading.line if section.heading else 0 for section in manuscript.sections]
    ends = [*starts[1:], last_line + 1][: len(starts)]
    found = []
    for section, start, following in zip(manuscript.sections, starts, ends, strict=True):
        first = manuscript.offset(start) if start else manuscript.body_start
        end = manuscript.offset(following) if following <= last_line else len(manuscript.source)
        links = {
            link_key(link.target)
            for link in manuscript.links
            if first <= link.start < end and not link.image and link.form is not Form.DEFINITION
        }
        text = _visible(section)
        found.append(
            Part(
                section,
                section.heading.text if section.heading else "",
                section.level,
                max(start, 1),
                following - 1,
                frozenset(links - {""}),
                frozenset(numbers_in(text)),
                text,
            )
        )
    return found


def _visible(section: Section) -> str:
    """The words and numbers of a section, without addresses and blocks of code."""
    pieces = [section.heading.text] if section.heading else []
    for block in section.blocks:
        if block.kind not in (Kind.CODE, Kind.HTML):
            pieces += [block.text, *(cell for row in block.rows for cell in row)]
    return _ADDRESS.sub(" ", "\n".join(pieces).replace(THING, " "))


def couples(original: Sequence[Part], translated: Sequence[Part]) -> list[Couple]:
    """Every section of both, each with its counterpart, in order (the alignment of the highest likeness)."""
    rows, columns = len(original), len(translated)
    if rows * columns > MOST_PAIRS:
        return [Couple(one, other) for one, other in zip_longest(original, translated)]
    alike = [[likeness(one, other) for other in translated] for one in original]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows + 1):
        for j in range(columns + 1):
            if i == 0 or j == 0:
                best[i][j] = GAP * (i + j)
                continue
            together = best[i - 1][j - 1] + alike[i - 1][j - 1]
            best[i][j] = max(together, best[i - 1][j] + GAP, best[i][j - 1] + GAP)
    found: list[Couple] = []
    i, j = rows, columns
    while i or j:
        if i and j and best[i][j] == best[i - 1][j - 1] + alike[i - 1][j - 1]:
            i, j = i - 1, j - 1
            found.append(Couple(original[i], translated[j]))
        elif i and best[i][j] == best[i - 1][j] + GAP:
            i -= 1
            found.append(Couple(original[i], None))
        else:
            j -= 1
            found.append(Couple(None, translated[j]))
    return found[::-1]


def likeness(one: Part, other: Part) -> float:
    """From -1.8 (surely not the same section) to 4 (surely the same)."""
    score = 0.0 if one.level == other.level else OTHER_LEVEL
    score += _titles_alike(one.title, other.title)
    score += 2.0 * _shared(one.links, other.links) + 0.5 * _shared(one.numbers, other.numbers)
    return score + (0.3 if one.has_text == other.has_text else -0.3)


@lru_cache(maxsize=4096)
def _titles_alike(one: str, other: str) -> float:
    """From 0 to 1: languages share names, and many words but for their endings."""
    return SequenceMatcher(None, _letters(one), _letters(other), autojunk=False).ratio()


def _letters(title: str) -> str:
    return unicodedata.normalize("NFKD", title[:80].casefold()).encode("ascii", "ignore").decode()


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """How much of both is in both: 1 all, 0 nobody knows, -0.5 nothing."""
    if not one and not other:
        return 0.2
    if not one or not other:
        return 0.0
    both = len(one & other)
    return both / min(len(one), len(other)) if both else -0.5
