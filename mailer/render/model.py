"""What rendering makes: HTML and text with slots for the person, then a message template of bytes.

Slots are ``@@NAME@@``: nothing else in a rendered edition differs between two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

UNSUBSCRIBE_SLOT: Final = "@@UNSUBSCRIBE_URL@@"
PREFERENCES_SLOT: Final = "@@PREFERENCES_URL@@"
ADDRESS_SLOT: Final = "@@ADDRESS@@"
SLOTS: Final = (UNSUBSCRIBE_SLOT, PREFERENCES_SLOT, ADDRESS_SLOT)


@dataclass(frozen=True, slots=True)
class Translation:
    """Another edition of the same issue: its language and its web version."""

    language: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class SectionWeight:
    """How many bytes of the encoded HTML a section (from a heading to the next) takes."""

    title: str
    line: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RenderedEdition:
    """An issue in one language as mail, with slots: subject, HTML, text, and what it was made from."""

    language: str
    subject: str
    preheader: str
    mjml: str
    html: str
    text: str
    source_sha256: str
    template_version: str  # SHA-256 over the templates and styles used
    weights: tuple[SectionWeight, ...] = ()
