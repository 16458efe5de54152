"""Composing: a row of the ledger becomes the bytes of one person's message, with their links and return path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mailer.bounce.return_path import ReturnPaths
from mailer.delivery.model import Outgoing, Refused
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.render.message import BadRecipient, MessageTemplate, Recipient, message_id
from mailer.store.ledger import Leased
from subscribers.address import AddressError, wire_form
from subscribers.tokens import TokenKeys

TEST_COPY = 0
"""The subscription that links of a test copy name: nobody's, so they lead to a page and change nothing."""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one person in one issue."""

    base_url: str
    tokens: TokenKeys

    def unsubscribe(self, subscription_id: int, issue_id: int | None) -> str:
        return f"{self.base_url}/unsubscribe/{self.tokens.unsubscribe(subscription_id, issue_id)}"

    def preferences(self, subscription_id: int) -> str:
        return f"{self.base_url}/preferences/{self.tokens.preferences(subscription_id)}"


class Composer:
    """Joins the message of each row of one issue. Called on the event loop: it neither waits nor reads, but once
    for an edition that was frozen after the sending began (a translation that came late)."""

    def __init__(
        self,
        newsletter: Newsletter,
        slug: str,
        issue_id: int,
        templates: Mapping[int, MessageTemplate],  # by edition
        links: Links,
        return_paths: ReturnPaths,
        now: Callable[[], datetime],
        load: Callable[[int], MessageTemplate],  # an edition that is not among the templates
    ) -> None:
        self._newsletter = newsletter.key
        self._slug = slug
        self._issue_id = issue_id
        self._templates = dict(templates)
        self._load = load
        self._links = links
        self._return_paths = return_paths
        self._domain = bounce_domain(newsletter)
        self._now = now

    def __call__(self, leased: Leased) -> Outgoing:
        """The message for a row. Raises Refused when nothing can be sent to that address."""
        try:
            address = wire_form(leased.address)
            recipient = Recipient(
                address=address,
                subscription_id=leased.subscription_id,
                message_id=message_id(self._newsletter, self._slug, leased.subscription_id, self._domain),
                unsubscribe_url=self._links.unsubscribe(leased.subscription_id, self._issue_id),
                preferences_url=self._links.preferences(leased.subscription_id),
            )
            pieces = self._template(leased.edition_id).pieces(recipient, self._now())
        except (AddressError, BadRecipient) as error:
            raise Refused(str(error)) from error
        return Outgoing(
            mail_from=self._return_paths.make(leased.delivery_id),
            rcpt_to=address,
            pieces=pieces,
            size_bytes=sum(map(len, pieces)),
            smtputf8=not address.isascii(),
        )

    def _template(self, edition_id: int) -> MessageTemplate:
        template = self._templates.get(edition_id)
        if template is None:
            template = self._templates[edition_id] = self._load(edition_id)
        return template


def copy_for_a_look(
    newsletter: Newsletter, slug: str, template: MessageTemplate, address: str, links: Links, now: datetime
) -> bytes:
    """The message of an edition for somebody who looks at it before it goes out, as bytes with CRLF line ends."""
    domain = bounce_domain(newsletter)
    unique = f"{address} {now.isoformat()}"
    return template.as_bytes(
        Recipient(
            address=address,
            subscription_id=None,
            message_id=message_id(newsletter.key, slug, unique, domain),
            unsubscribe_url=links.unsubscribe(TEST_COPY, None),
            preferences_url=links.preferences(TEST_COPY),
        ),
        now,
    )
