"""What a language does to a page: writing direction, dates in words, its own name. No clock here."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Final, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

Direction = Literal["ltr", "rtl"]

# babel's CLDR data lacks some of these, and "ku" or "pa" depend on a script that a tag may name
_RIGHT_TO_LEFT: Final = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "ha-arab", "he", "iw", "khw", "ks", "ku-arab", "nqo", "pa-arab", "ps", "sd"}
    | {"syr", "ug", "ur", "uz-arab", "yi"}
)
_SCRIPTS_RIGHT_TO_LEFT: Final = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "rohg", "adlm"})


@cache
def locale_for(language: str) -> Locale | None:
    """The locale of a lower-case BCP 47 tag, of its root language, or nothing when CLDR does not know it."""
    tag = language.replace("_", "-")
    for candidate in (tag, tag.split("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return None


def direction(language: str) -> Direction:
    """Which way the language is written."""
    parts = language.lower().replace("_", "-").split("-")
    script = next((part for part in parts[1:] if len(part) == 4 and part.isalpha()), "")
    if script:
        return "rtl" if script in _SCRIPTS_RIGHT_TO_LEFT else "ltr"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT else "ltr"


def date_in_words(day: date, language: str) -> str:
    """ "10 June 2025", as the language writes it; ISO 8601 where nobody knows how."""
    if language == "en":  # newsletters in plain "en" are read everywhere: 10 June cannot be misread
        return format_date(day, "d MMMM y", locale=Locale("en"))
    locale = locale_for(language)
    return format_date(day, "long", locale=locale) if locale else day.isoformat()


def own_name(language: str) -> str:
    """ "Deutsch" for "de": what its readers call it; the tag itself when unknown."""
    locale = locale_for(language)
    name = locale.get_display_name(locale) if locale else None
    return f"{name[0].upper()}{name[1:]}" if name else language
