"""Whose delivery something that came back is about, and what proves it.

Laws: a stranger's word about a delivery that never was matches nothing; a return path of ours that does not verify
was made up, so nothing else in that mail is believed either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from mailer.bounce.bounce import Bounce
from mailer.bounce.return_path import PREFIX, ReturnPaths
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.render.message import message_id
from mailer.store import bounces
from mailer.store.bounces import Delivered
from mailer.store.states import DeliveryState
from subscribers.address import AddressError, parse_address
from subscribers.tokens import BadToken, TokenKeys

REPORTED_WITHIN: Final = timedelta(days=10)
"""Fields alone are believed about mail that went out so lately: servers give up after five days, then tell."""
_MADE_BY_SERVERS: Final = frozenset({"dsn", "arf", "json_notification"})
"""Readers whose forms have fields for the recipient; an address in a text is no such field."""
_LIKE_OURS: Final = re.compile(rf"<?{re.escape(PREFIX)}", re.IGNORECASE)
_LINK: Final = re.compile(r"/unsubscribe/([A-Za-z0-9_.-]{20,1024})")
_WAS_SENT: Final = frozenset(
    {DeliveryState.ACCEPTED.value, DeliveryState.UNKNOWN.value, DeliveryState.SENDING.value}
)


class Proof(StrEnum):
    """What says that it is about this delivery, the strongest first."""

    RETURN_PATH = "return-path"  # VERP: a token that only we can make
    MESSAGE_ID = "message-id"  # of the mail that came back
    LINK = "link"  # the List-Unsubscribe of the mail that came back, signed by us
    FIELDS = "fields"  # only the report's own words, which anybody could write
    NONE = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A delivery of ours, or None."""

    delivered: Delivered | None
    proof: Proof

    @property
    def is_proven(self) -> bool:
        """Whether it says something that a stranger does not know."""
        return self.proof not in {Proof.FIELDS, Proof.NONE}


NO_MATCH: Final = Match(None, Proof.NONE)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Finds deliveries by what only a mail of ours carries."""

    newsletters: Mapping[str, Newsletter]
    return_paths: ReturnPaths
    tokens: TokenKeys

    def match(
        self, connection: Connection, bounce: Bounce, now: datetime, *, came_to: Sequence[str] = ()
    ) -> Match:
        """The delivery that ``bounce`` is about. ``came_to``: the envelope's recipients, where they are known."""
        paths = (*came_to, *bounce.return_paths)
        found = self._by_token(connection, paths)
        if found is not None:
            return Match(found, Proof.RETURN_PATH)
        if any(_LIKE_OURS.match(path) for path in paths):
            return NO_MATCH
        people = self._people(connection, bounce)
        if (by_id := self._by_message_id(people, bounce)) is not None:
            return Match(by_id, Proof.MESSAGE_ID)
        if (by_link := self._by_link(connection, bounce)) is not None:
            return Match(by_link, Proof.LINK)
        by_fields = self._by_fields(people, bounce, now)
        return Match(by_fields, Proof.FIELDS) if by_fields else NO_MATCH

    def _by_token(self, connection: Connection, paths: Sequence[str]) -> Delivered | None:
        for path in paths:
            delivery_id = self.return_paths.read(path)
            found = bounces.delivery(connection, delivery_id) if delivery_id is not None else None
            if found is None and (outbox_id := self.return_paths.read_notice(path)) is not None:
                found = bounces.notice(connection, outbox_id)
            if found is not None:
                return found
        return None

    def _people(self, connection: Connection, bounce: Bounce) -> list[list[Delivered]]:
        """The latest deliveries to each address that may be the one: the report's, and the returned mail's To."""
        told = [bounce.recipient, *(value for name, value in bounce.returned_headers if name == "to")]
        keys = dict.fromkeys(key for text in told[:4] if (key := _address_key(text)))
        return [bounces.deliveries_to(connection, key) for key in keys]

    def _by_message_id(self, people: Sequence[Sequence[Delivered]], bounce: Bounce) -> Delivered | None:
        if "@" not in bounce.message_id:
            return None
        given = bounce.message_id.strip("<> ").lower()
        mails = (one for deliveries in people for one in deliveries if one.tried)
        return next((one for one in mails if self._message_id(one) == given), None)

    def _message_id(self, one: Delivered) -> str:
        newsletter = self.newsletters.get(one.newsletter)
        if newsletter is None or one.subscription_id is None:
            return ""
        made = message_id(newsletter.key, one.slug, one.subscription_id, bounce_domain(newsletter))
        return made.strip("<>").lower()

    def _by_link(self, connection: Connection, bounce: Bounce) -> Delivered | None:
        for name, value in bounce.returned_headers:
            link = _LINK.search(value) if name == "list-unsubscribe" else None
            if link is None:
                continue
            try:
                subscription_id, issue_id = self.tokens.read_unsubscribe(link[1])
            except BadToken:
                continue
            if issue_id is not None:
                found = bounces.delivery_of(connection, issue_id, subscription_id)
                if found is not None and found.tried:
                    return found
        return None

    def _by_fields(self, people: Sequence[Sequence[Delivered]], bounce: Bounce, now: datetime) -> Delivered | None:
        """The latest mail that a server took for exactly this address, when it went out lately."""
        if bounce.reader not in _MADE_BY_SERVERS and not bounce.event_id:
            return None
        key = _address_key(bounce.recipient)
        for one in (one for deliveries in people for one in deliveries):
            if one.state in _WAS_SENT and one.at is not None and _address_key(one.address) == key:
                return one if now - one.at <= REPORTED_WITHIN else None
        return None


def _address_key(text: str) -> str:
    """The address in ``text`` as the database compares it; empty when there is none."""
    bare = text.rpartition("<")[2].partition(">")[0]
    try:
        return parse_address(bare, special_use=True).key
    except AddressError:
        return ""
