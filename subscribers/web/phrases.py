"""The sentences of the pages for people, in every language that we speak; other languages read English.

Each language holds every phrase: a test finds what is missing. To add a language, add a file to ``words`` and name
it here. ``{newsletter}``, ``{address}``, ``{domain}`` and ``{date}`` are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final

LANGUAGES: Final = ("en", "de", "es", "fr", "it", "pt-br")


@dataclass(frozen=True, slots=True)
class PeoplePhrases:
    """Everything that these pages say, in one language."""

    language: str
    # subscribing
    subscribe_title: str
    subscribe_intro: str
    wording: str  # what a person agrees to; kept in the consent record
    email: str
    language_label: str
    subscribe_button: str
    trap: str  # beside a field that people do not see
    bad_address: str
    which_newsletter: str
    proof: str  # while the browser works
    needs_script: str
    check_title: str
    check_text: str
    check_late: str
    check_hint: str
    # confirming
    confirm_title: str
    confirm_text: str
    confirm_button: str
    confirmed_title: str
    confirmed_text: str
    expired_title: str
    expired_text: str
    used_title: str
    used_text: str
    bad_link_title: str
    bad_link_text: str
    subscribe_again: str
    # leaving
    leave_title: str
    leave_text: str
    leave_button: str
    left_title: str
    left_text: str
    mistake: str
    undo_button: str
    undo_title: str
    undo_text: str
    undone_title: str
    undone_text: str
    not_undone_title: str
    not_undone_text: str
    # preferences
    preferences_title: str
    preferences_text: str
    saved: str
    save: str
    waits_label: str
    pause_title: str
    pause_text: str
    pause_until: str
    pause_button: str
    paused: str
    resume_button: str
    bad_date: str
    address_title: str
    address_text: str
    new_address: str
    address_button: str
    address_asked: str
    address_often: str
    data_title: str
    data_text: str
    data_button: str
    receipt_link: str
    erase_title: str
    erase_text: str
    erase_check: str
    erase_button: str
    erase_unchecked: str
    erased_title: str
    erased_text: str
    old_form: str
    not_subscribed_title: str
    not_subscribed_text: str
    move_title: str
    move_text: str
    move_button: str
    moved_title: str
    moved_text: str
    # consent record
    receipt_title: str
    receipt_text: str
    when: str
    what: str
    details: str
    printed: str
    events: Mapping[str, str]
    # embedding
    embed_title: str
    embed_text: str
    embed_code: str
    embed_preview: str


def _read(language: str) -> PeoplePhrases:
    module = import_module(f"subscribers.web.words.{language.replace('-', '_')}")
    return PeoplePhrases(language=language, **module.WORDS)


PHRASES: Final[Mapping[str, PeoplePhrases]] = MappingProxyType(
    {language: _read(language) for language in LANGUAGES}
)


def people_phrases(language: str) -> PeoplePhrases:
    """The phrases of a language, of its root language, or English."""
    language = language.lower().replace("_", "-")
    return PHRASES.get(language) or PHRASES.get(language.partition("-")[0]) or PHRASES["en"]


def nearest(wanted: str, offered: tuple[str, ...]) -> str | None:
    """Which of ``offered`` serves somebody who wants ``wanted``: itself, what it is a kind of, or another kind."""
    tag = wanted.strip().lower().replace("_", "-")
    if not tag:
        return None
    root = tag.partition("-")[0]
    for candidate in (tag, root):
        if candidate in offered:
            return candidate
    return next((language for language in offered if language.partition("-")[0] == root), None)
