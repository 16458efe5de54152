"""Invented people for the demo: their languages, and what is going to happen to them. Always the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Fate(StrEnum):
    """What the demo has in store for a person."""

    GETS_IT = "gets it"
    REFUSED = "refused"
    GREYLISTED = "greylisted"
    FULL = "mailbox full"
    SUPPRESSED = "suppressed"


REPLIES: Final = MappingProxyType(
    {
        Fate.REFUSED: "550 5.1.1 No such person here",
        # Not 4.7.x: the engine rightly takes that as "you are too fast", and the demo would crawl.
        Fate.GREYLISTED: "450 4.2.0 Greylisted, please try again later",
        Fate.FULL: "452 4.2.2 The mailbox is full",
    }
)
"""What the demo's mail server answers to RCPT for those whom it turns away."""

FATES: Final = MappingProxyType(
    {7: Fate.REFUSED, 13: Fate.GREYLISTED, 19: Fate.SUPPRESSED, 31: Fate.REFUSED, 38: Fate.FULL}
)
"""By a person's number modulo ``CYCLE``; everybody else gets the issue."""
CYCLE: Final = 50

GIVEN: Final = MappingProxyType(
    {
        "en": ("ada", "alan", "grace", "edith", "oscar", "mabel", "jonah", "ruth", "felix", "nora"),
        "de": ("anke", "bernd", "clara", "dieter", "elke", "frieda", "gustav", "heike", "ingo", "jutta"),
        "fr": ("agathe", "basile", "colette", "denis", "elodie", "fabien", "gaston", "helene", "irene", "jules"),
    }
)
FAMILY: Final = ("anchor", "bollard", "capstan", "dinghy", "ensign", "fathom", "gangway", "halyard", "jib", "keel")
DOMAINS: Final = MappingProxyType({"en": "example.org", "de": "example.net", "fr": "example.com"})
LANGUAGES: Final = ("en", "de", "en", "fr", "de", "en", "fr", "de", "en", "en")
"""Half read English, three in ten German, two in ten French."""


@dataclass(frozen=True, slots=True)
class Person:
    """One subscriber of the demo."""

    address: str
    language: str
    fate: Fate


def people(count: int) -> Iterator[Person]:
    """``count`` people, each with another address."""
    for number in range(count):
        language = LANGUAGES[number % len(LANGUAGES)]
        given = GIVEN[language][number // 10 % 10]
        family = FAMILY[number // 100 % 10]
        address = f"{given}.{family}{number + 1}@{DOMAINS[language]}"
        yield Person(address, language, FATES.get(number % CYCLE, Fate.GETS_IT))


def replies(count: int) -> Mapping[str, str]:
    """What the mail server answers to RCPT, by address, for those of ``count`` people whom it turns away."""
    return {person.address: REPLIES[person.fate] for person in people(count) if person.fate in REPLIES}
