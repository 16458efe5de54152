"""A number, time or date of the original is not in the translation.

Versions, years, days, amounts and hours stay what they are in every language. Written differently they are still
the same: `1,000` and `1.000`, `7 pm` and `19:00`, `June 10` and `10. Juni`. Numbers up to twelve are left alone:
one language writes them in words where another uses digits. Each section is compared with its counterpart.

PASS:
    On 14 June 2025 at 7 pm some 1,500 people saw version 2.18.1, the 3rd this year.
    ====
    Am 14. Juni 2025 um 19 Uhr sahen etwa 1.500 Leute die Version 2.18.1, die dritte in diesem Jahr.

FAIL:
    Kontalk 2.18.1 is out.
    ====
    Kontalk 2.17.1 ist da.

FAIL:
    The sprint is on 14 June.
    ====
    Der Sprint ist am 14. Juli.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding
from mailer.lint.months import NAMES_OF
from mailer.lint.translation.pair import Pair, PairRule, several
from mailer.lint.translation.same import months_in, same_number

_YEAR = re.compile(r"(?:19|20)\d\d")
MOST_NUMBERS: Final = 300  # of one section: a table of measurements, which nobody translates by hand
_ENGLISH: Final = NAMES_OF["en"]


def check(pair: Pair) -> Iterator[Finding]:
    somewhere = {key for part in pair.translated_parts for key in part.numbers}
    missing: list[tuple[str, int]] = []
    for couple in pair.couples:
        if couple.original is None or couple.translated is None:
            continue
        for key in sorted(couple.original.numbers)[:MOST_NUMBERS]:
            if _YEAR.fullmatch(key) and key in somewhere:
                continue  # a year is said as often as a language needs it
            if not same_number(key, couple.translated.text, couple.translated.numbers):
                missing.append((key, couple.translated.line))
    months = _months(pair)
    if not missing and not months:
        return
    first = pair.translation.offset(missing[0][1]) if missing else pair.translation.body_start
    named = several(list(dict.fromkeys([*(key for key, _ in missing), *months])))
    yield Finding(first, f"of the original's numbers and dates these are not here: {named}", _HINT)


def _months(pair: Pair) -> list[str]:
    """Months that the original names and the translation does not, in a language whose months we know."""
    if pair.translation.issue.language.split("-")[0] not in NAMES_OF:
        return []
    if pair.original.issue.language.split("-")[0] not in NAMES_OF:
        return []
    lost = months_in(pair.original.prose) - months_in(pair.translation.prose)
    body = pair.translation.source[pair.translation.body_start :]
    return [_ENGLISH[month - 1].capitalize() for month in sorted(lost) if not _in_digits(month, body)]


def _in_digits(month: int, body: str) -> bool:
    """Whether the month stands there as 10.6. or 2025-06 or 10/06."""
    return any(f"{sign}{month:02}" in body or f"{sign}{month}{sign}" in body for sign in "./-")


_HINT = "Compare them with the original."
RULE = PairRule("translation-numbers", Severity.WARNING, check, __doc__)
