"""Types of feedback reports (RFC 5965 section 7.3, RFC 6591), by mail or by webhook, as a table."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from mailer.bounce.bounce import Kind, Reason

COMPLAINT: Final = (Kind.COMPLAINT, Reason.FEEDBACK)
NOT_OF_PERSONS: Final = MappingProxyType(
    {
        "auth-failure": (Kind.COMPLAINT, Reason.AUTH_FAILURE),
        "virus": (Kind.COMPLAINT, Reason.VIRUS_DETECTED),
        "not-spam": (Kind.SUCCESS, Reason.DELIVERED),
    }
)
"""Types that no person's "this is spam" stands behind; every other is a complaint, also one that nobody knows."""


def complaint(feedback_type: str) -> tuple[Kind, Reason]:
    """What a feedback type means."""
    return NOT_OF_PERSONS.get(feedback_type.strip().lower(), COMPLAINT)
