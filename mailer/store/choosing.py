"""Which edition a person gets, and who rather waits for one that is still to come: as SQL over subscriptions.

Law: everybody has an edition at any moment; who waits has that of the fallback until their own is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, literal, or_

from subscribers.tables import SubscriptionRow


@dataclass(frozen=True, slots=True)
class Hold:
    """Translations that may still come: the newsletter's languages, and until when people are held for them."""

    languages: tuple[str, ...]
    until: datetime


def edition_for(editions: Mapping[str, int], fallback_language: str) -> ColumnElement[int]:
    """The edition (language → id) of the person's language, else of the language that theirs is a kind of ("de"
    for "de-at"), else the fallback's.
    """
    exact = [(SubscriptionRow.language == language, edition) for language, edition in editions.items()]
    kinds = [(_is_kind_of(language), editions[language]) for language in _longest_first(editions)]
    return case(*exact, *kinds, else_=literal(editions[fallback_language]))


def reads_one_of(languages: Iterable[str]) -> ColumnElement[bool]:
    """Whether the person's language is one of these, or a kind of one."""
    return or_(literal(False), *(_reads(language) for language in sorted(languages)))


def waits_for(editions: Iterable[str], hold: Hold) -> ColumnElement[str]:
    """The language whose edition the person waits for, "" for everybody who gets one now."""
    there = set(editions)
    missing = [
        (and_(SubscriptionRow.waits, _reads(language)), language)
        for language in _longest_first(hold.languages)
        if language not in there
    ]
    return case((reads_one_of(there), ""), *missing, else_="")


def _reads(language: str) -> ColumnElement[bool]:
    return or_(SubscriptionRow.language == language, _is_kind_of(language))


def _is_kind_of(language: str) -> ColumnElement[bool]:
    return SubscriptionRow.language.startswith(f"{language}-", autoescape=True)


def _longest_first(languages: Iterable[str]) -> list[str]:
    return sorted(languages, key=lambda language: (-len(language), language))
