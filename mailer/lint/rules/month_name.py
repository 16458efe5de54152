"""A month whose name is misspelt, in any of six languages: “Feburary”.

A word a letter away from a long month name is one; short ones count with a year behind them. In the title it is an
error, since everybody will read it in their list of mails; elsewhere a warning.

PASS:
    Since february 2024, im Jänner 2024, en setiembre, em março de 2024. Gennaro met a Marche at the match in May.

FAIL:
    Welcome to the issue of Feburary!

FAIL:
    Alles neu im Dezembr, und ein Treffen im Mrz und im Agust 2024.

FAIL:
    ---
    title: News of Septmber
    date: 2024-10-05
    ---
    Welcome!

FAIL:
    ---
    title: News of February
    date: 2024-03-05
    url: 2024/03/news-feburary/
    ---
    Welcome!
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.months import meant
from mailer.lint.rule import Rule

_WORD = re.compile(r"(?<![\w-])([^\W\d_]{5,12})(?![\w-])(\s+(?:(?:of|de|del|di|do)\s+)?20\d\d\b)?")
_ADDRESS_WORD = re.compile(r"[A-Za-z]{5,12}")
ADDRESS_KEYS: Final = ("url", "save_as", "slug", "permalink", "path", "aliases", "alias")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    yield from _title(manuscript)
    yield from _addresses(manuscript)
    places: dict[tuple[str, str], list[int]] = {}
    for found in _WORD.finditer(manuscript.prose, manuscript.body_start):
        right = meant(found[1], with_year=found[2] is not None)
        if right:
            places.setdefault((found[1], right), []).append(found.start())
    for (word, right), offsets in places.items():
        times = f", {len(offsets)} times" if len(offsets) > 1 else ""
        yield Finding(offsets[0], f"“{word}” is a misspelt month{times}", _hint(word, right), is_certain=False)


def _title(manuscript: Manuscript) -> Iterator[Finding]:
    for found in _WORD.finditer(manuscript.issue.title):
        right = meant(found[1], with_year=found[2] is not None)
        if right:
            offset = manuscript.header_offset("title", found[1])
            yield Finding(offset, f"“{found[1]}” in the title is a misspelt month", _hint(found[1], right))


def _addresses(manuscript: Manuscript) -> Iterator[Finding]:
    seen: set[str] = set()
    for key in ADDRESS_KEYS:
        for found in _ADDRESS_WORD.finditer(str(manuscript.issue.front.values.get(key, ""))):
            right = meant(found[0], with_year=False, ascii_only=True)
            if right and found[0].lower() not in seen:
                seen.add(found[0].lower())
                offset = manuscript.header_offset(key, found[0])
                message = f"“{found[0]}” in the issue's address is a misspelt month"
                yield Finding(offset, message, _hint(found[0], right), is_certain=False)


def _hint(word: str, right: str) -> str:
    return f"Did you mean {right.capitalize() if word[0].isupper() else right}?"


RULE = Rule("month-name", Severity.ERROR, check, __doc__)
