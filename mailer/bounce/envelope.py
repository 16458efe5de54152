"""Where our VERP token may stand in a mail that came back, likeliest first."""

from __future__ import annotations

from typing import Final

from mailer.bounce.addresses import every_address
from mailer.bounce.incoming import Incoming

_OUTER: Final = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-forwarded-to",
    "apparently-to",
    "to",
    "cc",
)
TOKENS_LIMIT: Final = 20


def return_paths(incoming: Incoming, *told: str) -> tuple[str, ...]:
    """Addresses that this mail was sent to, then what the report itself tells, then the returned Return-Path."""
    found: list[str] = []
    for name in _OUTER:
        for value in incoming.root.all_headers(name):
            found.extend(every_address(value))
    found.extend(value.strip().strip("<>") for value in told if value.strip())
    for name in ("return-path", "x-envelope-from", "x-original-return-path"):
        found.extend(every_address(incoming.returned_header(name)))
    return tuple(dict.fromkeys(item[:320] for item in found if item))[:TOKENS_LIMIT]
