"""The names of the months in the languages of newsletters, and how far a word is from one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailer.lint.words import words

_NAMES: Final = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
# right elsewhere: other spellings, other languages, and names of people that are a letter away from a month
_RIGHT_TOO: Final = words(
    """
    jänner feber hornung setiembre januari februari maart mei juni augustus oktober desember marts maj marraskuu
    januára februára gener febrer març maig juny juliol agost setembre desembre xaneiro xuño xullo setembro outubro
    decembro ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie janar shkurt
    januaro februaro marto aprilo majo aŭgusto septembro oktobro novembro decembro jan feb apr jun jul aug sep
    sept oct nov dec okt dez ene abr ago dic janv févr avr juil déc gen mag giu lug set ott fev mai out
    gennaro match marche junior julia julie julian juliet marco marcos marcio augusta auguste augusti marcia
    ferrero januarius septembers octobers novembers decembers januarys remembers members
    """
)
NAMES_OF: Final = {language: tuple(row.split()) for language, row in _NAMES.items()}
"""The months' names by language, January first."""
NUMBERS: Final = {name: number for row in _NAMES.values() for number, name in enumerate(row.split(), 1)}
_ASCII: Final = {
    unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode(): number
    for name, number in NUMBERS.items()
}
_AMBIGUOUS: Final = frozenset({"may", "march", "mars", "mai"})  # words of their own, too
_LONG: Final = 7  # letters from which on a word a letter away from a month is meant to be it

_MENTION = re.compile(
    r"(?:(?<![\d.])(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+|di\s+)?)?"
    r"\b(?P<name>[^\W\d_]{3,10})\b"
    r"(?:,?\s+(?:(?:of|de|del|di|do|d['’])\s*)?(?P<year>20\d\d)\b)?",
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A month named in a text; ``year`` is None when none stands beside it. ``start`` is the name's offset."""

    start: int
    name: str
    month: int
    year: int | None


def mentions(text: str) -> Iterator[Mention]:
    """Months named in a text. “May” and “mars” alone are no months; with a day or a year they are."""
    for found in _MENTION.finditer(text):
        name = found["name"]
        month = NUMBERS.get(name.lower())
        if month is None or (name.lower() in _AMBIGUOUS and not (found["day"] or found["year"])):
            continue
        yield Mention(found.start("name"), name, month, int(found["year"]) if found["year"] else None)


@lru_cache(maxsize=4096)
def meant(word: str, *, with_year: bool, ascii_only: bool = False) -> str | None:
    """The month that a misspelt word means, or None: it is right, or no month at all.

    A short word counts only with a year behind it (``with_year``); in addresses names have no accents
    (``ascii_only``).
    """
    known = _ASCII if ascii_only else NUMBERS
    lower = word.lower()
    if lower in NUMBERS or lower in _RIGHT_TOO or (ascii_only and lower in _ASCII):
        return None
    if len(lower) < (5 if with_year else _LONG):
        return None
    near = [name for name in known if len(name) >= (5 if with_year else _LONG) and is_one_slip(lower, name)]
    return near[0] if near else None


def is_one_slip(word: str, right: str) -> bool:
    """True when one letter more, less or other, or two swapped neighbours, are all that differs."""
    if word == right or abs(len(word) - len(right)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(word, right, strict=False)) if a != b), min(len(word), len(right))
    )
    rest, right_rest = word[start:], right[start:]
    return (
        rest[1:] == right_rest
        or rest == right_rest[1:]
        or rest[1:] == right_rest[1:]
        or (len(rest) > 1 and rest[:2] == right_rest[1::-1] and rest[2:] == right_rest[2:])
    )
