"""Builders of what a message is made from."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from mailer.newsletter import Newsletter
from mailer.render.message import Recipient, message_id
from mailer.render.model import ADDRESS_SLOT, PREFERENCES_SLOT, UNSUBSCRIBE_SLOT, RenderedEdition

A_DATE = datetime(2025, 6, 10, 12, 30, 5, 999, tzinfo=UTC)


def a_newsletter(
    *,
    name: str = "The Garden Letter",
    sender: str = "The Garden Letter <letter@example.org>",
    list_id: str = "letter.example.org",
    base_url: str = "https://news.example.org",
    reply_to: str = "",
    owner: str = "",
    bounce_domain: str = "",
    key: str = "garden",
    languages: tuple[str, ...] = ("en",),
) -> Newsletter:
    return Newsletter(
        key=key,
        name=name,
        sender=sender,
        list_id=list_id,
        base_url=base_url,
        reply_to=reply_to,
        owner=owner,
        bounce_domain=bounce_domain,
        languages=languages,
    )


def an_edition(
    *,
    subject: str = "Seeds of June",
    text: str = f"Hello,\n.a dot\nLeave: {UNSUBSCRIBE_SLOT}\n{PREFERENCES_SLOT} is for {ADDRESS_SLOT}.\n",
    html: str = (
        f'<!DOCTYPE html>\n<html lang="en"><body><p>Grüße &amp; Küsse</p>\n.<a href="{UNSUBSCRIBE_SLOT}">leave</a>'
        f'<a href="{PREFERENCES_SLOT}">choose</a> {ADDRESS_SLOT}\n</body></html>\n'
    ),
    language: str = "en",
) -> RenderedEdition:
    return RenderedEdition(
        language=language,
        subject=subject,
        preheader="",
        mjml="<mjml/>",
        html=html,
        text=text,
        source_sha256="0" * 64,
        template_version="0" * 64,
    )


def a_recipient(
    *,
    address: str = "ann@example.net",
    subscription_id: int | None = 7,
    unsubscribe_url: str = "https://news.example.org/unsubscribe/eyJzIjo3fQ.c2lnbmF0dXJl",
    preferences_url: str = "https://news.example.org/preferences/eyJzIjo3fQ.c2lnbmF0dXJl?from=mail&n=1",
    unsubscribe_mailto: str = "",
) -> Recipient:
    identity = message_id("garden", "2025-06", subscription_id or "a test copy", "example.org")
    return Recipient(address, subscription_id, identity, unsubscribe_url, preferences_url, unsubscribe_mailto)


def filled_text(edition: RenderedEdition, recipient: Recipient) -> str:
    """The text part as ``recipient`` reads it."""
    return (
        edition.text.replace(UNSUBSCRIBE_SLOT, recipient.unsubscribe_url)
        .replace(PREFERENCES_SLOT, recipient.preferences_url)
        .replace(ADDRESS_SLOT, recipient.address)
    )


def filled_html(edition: RenderedEdition, recipient: Recipient) -> str:
    """The HTML part as ``recipient``'s client reads it."""
    return (
        edition.html.replace(UNSUBSCRIBE_SLOT, escape(recipient.unsubscribe_url))
        .replace(PREFERENCES_SLOT, escape(recipient.preferences_url))
        .replace(ADDRESS_SLOT, escape(recipient.address))
    )
