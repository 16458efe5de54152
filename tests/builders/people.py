"""People for tests: subscribed, pending, gone or suppressed, written through the code that the product uses."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from subscribers.address import parse_address
from subscribers.consent import Event
from subscribers.store import Standing, add, record, suppress
from subscribers.tokens import TokenKeys

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEYS = TokenKeys([b"a secret of thirty-two octets ...."])
NEWSLETTER = "news"

_EVENTS = {
    "pending": (Event.REQUESTED,),
    "subscribed": (Event.REQUESTED, Event.CONFIRMED),
    "unsubscribed": (Event.REQUESTED, Event.CONFIRMED, Event.UNSUBSCRIBED),
}


def hash_of(address: str) -> str:
    return KEYS.address_hash(parse_address(address, special_use=True).key)


def a_subscriber(
    connection: Connection,
    address: str = "ada@example.org",
    *,
    newsletter: str = NEWSLETTER,
    status: str = "subscribed",
    language: str = "en",
    now: datetime = NOW,
) -> Standing:
    """A person with that status; "suppressed" was subscribed and is suppressed for every newsletter."""
    parsed = parse_address(address, special_use=True)
    first, *others = _EVENTS["subscribed" if status == "suppressed" else status]
    standing = add(
        connection,
        parsed,
        hash_of(address),
        newsletter=newsletter,
        language=language,
        event=first,
        evidence={"by": "form", "ip": "192.0.2.1"},
        now=now,
    )
    for event in others:
        assert isinstance(standing, Standing)
        standing = record(connection, standing, event, {"by": "link"}, now)
    assert isinstance(standing, Standing), standing
    if status == "suppressed":
        suppress(connection, hash_of(address), reason="by-hand", now=now)
    return standing
