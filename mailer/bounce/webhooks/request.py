"""What every webhook has: a request as it came, and one of two answers: accepted with its events, or refused."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from mailer.bounce.bounce import Bounce

BODY_LIMIT_BYTES: Final = 1024 * 1024  # providers batch up to about half of this
EVENTS_LIMIT: Final = 2000
CLOCK_SKEW: Final = timedelta(minutes=5)  # how far ahead another's clock may be


@dataclass(frozen=True, slots=True)
class Request:
    """The headers and the raw body of a POST; signatures are over the bytes, so nothing may be parsed before."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value whatever the case of its name; empty when absent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A genuine request. ``replay_id`` names it: a second one with the same is a replay and changes nothing.

    Each bounce carries its own ``event_id``, under which it is stored once. ``confirm_url`` is set when the
    provider asks to be called back once before it sends anything (SNS): the topic was already checked.
    """

    bounces: tuple[Bounce, ...]
    replay_id: str
    confirm_url: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Not genuine, too old or not readable: the status to answer, and the reason for the log. Never a secret."""

    status: int  # 400: we cannot read it; 401: not signed by who it should be; 413: too large
    why: str


class Hook(Protocol):
    """One provider, made from its settings. ``read`` verifies first and parses afterwards; it never raises."""

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """``now`` is an aware time; the caller's clock decides about age."""


def is_fresh(at: datetime | None, now: datetime, max_age: timedelta) -> bool:
    """Whether a signed time is neither too old nor from the future."""
    return at is not None and now - max_age <= at <= now + CLOCK_SKEW


def time_of_seconds(value: object) -> datetime | None:
    """Seconds since 1970 (as text or number) as an aware time; None for nonsense."""
    try:
        return datetime.fromtimestamp(int(str(value)[:20]), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def time_of_iso(value: object) -> datetime | None:
    """An ISO 8601 time with an offset as an aware time; None for nonsense or a time without offset."""
    try:
        at = datetime.fromisoformat(str(value)[:40])
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def same_secret(given: str | bytes, expected: str | bytes) -> bool:
    """Compare in constant time; an empty expectation never matches (an unset secret opens no door)."""
    left = given.encode("utf-8", "replace") if isinstance(given, str) else given
    right = expected.encode("utf-8", "replace") if isinstance(expected, str) else expected
    return bool(right) and hmac.compare_digest(left, right)


def read_json(body: bytes) -> Any:
    """The JSON of a body, or None: nonsense, too deep, or too large."""
    if len(body) > BODY_LIMIT_BYTES:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> dict[str, Any]:
    """``value`` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """``value`` when it is a JSON array (cut at EVENTS_LIMIT), else an empty one."""
    return value[:EVENTS_LIMIT] if isinstance(value, list) else []


def text(value: object, limit: int = 320) -> str:
    """A scalar as text of at most ``limit`` characters; empty for None, objects and arrays."""
    return str(value)[:limit] if isinstance(value, str | int | float) else ""


def code(value: object) -> str:
    """An enhanced status code when it is one (RFC 3463), else an empty string."""
    pieces = text(value, 16).strip().split(".")
    if (
        len(pieces) == 3
        and all(p.isascii() and p.isdecimal() and len(p) <= 3 for p in pieces)
        and pieces[0] in "245"
    ):
        return ".".join(pieces)
    return ""
