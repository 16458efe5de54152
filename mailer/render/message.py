"""A mail prepared once per edition, from which each person's message is joined: pieces of bytes and slots.

Laws: a message is only joined, never built again; what belongs to a person is checked and encoded so that it can
neither end a line nor break the encoding; the bytes are the wire form (CRLF, nothing to dot-stuff) as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Final

from mailer.errors import MailerError
from mailer.newsletter import Newsletter
from mailer.render.headers import HeaderField, issue_headers, notice_headers
from mailer.render.mailbox import address_fault, url_fault
from mailer.render.model import SLOTS, RenderedEdition
from mailer.render.quoted import encode_around_slots, encode_value

if TYPE_CHECKING:  # cryptography is only imported by who signs
    from mailer.render.dkim import PreparedSignatures, Signer


class BadRecipient(ValueError):
    """A person's value cannot stand in a message; ``str()`` says which and why, and does not repeat it."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What one person's message holds of them. ``subscription_id`` is None for a test copy.

    ``address`` is in wire form (domain ``xn--``); ``message_id`` stands in angle brackets, as ``message_id()``
    makes it; the URLs are absolute, in ASCII. ``unsubscribe_mailto`` is a second way for RFC 8058's first.
    """

    address: str
    subscription_id: int | None
    message_id: str
    unsubscribe_url: str = ""
    preferences_url: str = ""
    unsubscribe_mailto: str = ""


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """A mail without its person. Immutable, so any number of threads may join messages from it."""

    head: bytes  # header lines that everybody gets, and the empty line after them
    statics: tuple[bytes, ...]  # the body, cut at the slots
    slots: tuple[int, ...]  # what follows statics[n]: index into the values of ``_values``
    one_click: bool  # whether it carries List-Unsubscribe and List-Unsubscribe-Post (RFC 8058)
    signatures: PreparedSignatures | None = None

    @property
    def static_size(self) -> int:
        """Octets that every message of this edition has."""
        return len(self.head) + sum(map(len, self.statics))

    def pieces(self, recipient: Recipient, date: datetime) -> list[bytes]:
        """The message for ``recipient`` on the wire: CRLF, dot-stuffed, ends in CRLF, without the final ".".

        ``date`` must be aware. Raises BadRecipient for values that would break the message. With an RSA signature
        it takes some 0.3 ms, in which the interpreter is free for other threads.
        """
        values = _values(recipient)
        pieces = [_personal_headers(recipient, date, self.one_click), self.head, self.statics[0]]
        for slot, static in zip(self.slots, self.statics[1:], strict=True):
            pieces += (values[slot], static)
        if self.signatures is not None:
            lines = _unfolded_lines(pieces[0])
            pieces.insert(0, self.signatures.lines(lines, pieces[3:], int(date.timestamp())))
        return pieces

    def size(self, recipient: Recipient, date: datetime) -> int:
        """Octets of the message, for SIZE (RFC 1870); where the pieces are at hand, sum their lengths instead."""
        return sum(map(len, self.pieces(recipient, date)))

    def as_bytes(self, recipient: Recipient, date: datetime) -> bytes:
        """The message as a file (.eml): no line begins with a dot, so the wire form is the message itself."""
        return b"".join(self.pieces(recipient, date))


def _personal_headers(recipient: Recipient, date: datetime, one_click: bool) -> bytes:
    message_id = recipient.message_id
    if message_id[:1] != "<" or message_id[-1:] != ">" or url_fault(message_id[1:-1]) or "@" not in message_id:
        raise BadRecipient("the Message-ID is not of the form <…@…>.")
    if fault := address_fault(recipient.address):
        raise BadRecipient(f"the address {fault}.")
    head = f"Date: {_date(date)}\r\nTo: {recipient.address}\r\nMessage-ID: {message_id}\r\n"
    return (head + _unsubscribe_headers(recipient) if one_click else head).encode()


def _unfolded_lines(headers: bytes) -> list[bytes]:
    """Each header as one line with CRLF."""
    return [line + b"\r\n" for line in headers.replace(b"\r\n ", b" ").split(b"\r\n")[:-1]]


def _unsubscribe_headers(recipient: Recipient) -> str:
    """RFC 8058: one https URI, in angle brackets, on its own line; a mailto may follow."""
    if not recipient.unsubscribe_url.startswith(("https://", "http://")):
        raise BadRecipient("there is no unsubscribe URL, which every issue needs.")
    line = f"List-Unsubscribe: <{recipient.unsubscribe_url}>"
    if recipient.unsubscribe_mailto:
        if fault := url_fault(recipient.unsubscribe_mailto):
            raise BadRecipient(f"the unsubscribe address {fault}.")
        line += f",\r\n <mailto:{recipient.unsubscribe_mailto}>"
    return f"{line}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _values(recipient: Recipient) -> tuple[bytes, ...]:
    """Each slot's value in the order of ``SLOTS``, first encoded for the text part, then for the HTML part."""
    plain = (recipient.unsubscribe_url, recipient.preferences_url, recipient.address)
    for name, url in (("unsubscribe", plain[0]), ("preferences", plain[1])):
        if fault := url_fault(url):
            raise BadRecipient(f"the {name} URL {fault}.")
    in_text = [encode_value(value) for value in plain]
    in_html = [
        # Most values need no escape, and what they are in the text part they are here.
        in_text[index] if (escaped := escape(value)) == value else encode_value(escaped)
        for index, value in enumerate(plain)
    ]
    return (*in_text, *in_html)


@lru_cache(maxsize=64)
def _whole_second(date: datetime) -> str:
    if date.tzinfo is None:
        raise ValueError("a message was to be dated with a time without a zone")
    return format_datetime(date)


def _date(date: datetime) -> str:
    return _whole_second(date.replace(microsecond=0))


def compile_message(
    edition: RenderedEdition, newsletter: Newsletter, slug: str, *, signer: Signer | None = None
) -> MessageTemplate:
    """Prepare an edition for sending. Raises SettingsError and MailerError for what cannot stand in headers."""
    headers = issue_headers(edition.subject, edition.language, newsletter, slug)
    return _template(headers, edition.text, edition.html, one_click=True, signer=signer)


def compile_notice(
    subject: str,
    text: str,
    html: str,
    newsletter: Newsletter,
    language: str,
    *,
    one_click: bool = False,
    signer: Signer | None = None,
) -> MessageTemplate:
    """Prepare a mail to one person that is not an issue; ``text`` and ``html`` may hold the same slots."""
    headers = notice_headers(subject, language, newsletter)
    return _template(headers, text, html, one_click=one_click, signer=signer)


def encoded_html_size(edition: RenderedEdition) -> int:
    """Octets of the HTML part as encoded, without the values in its slots: what Gmail cuts at 102 KB."""
    return sum(map(len, encode_around_slots(edition.html, SLOTS)[0]))


def message_id(newsletter_key: str, slug: str, subscription_id: int | str, domain: str) -> str:
    """``<hash@domain>``, a function of the issue and the person: the same on every retry (RFC 5322 §3.6.4).

    ``subscription_id`` is a str for what is not in the ledger (a test copy, a notice): anything that is unique.
    """
    kind = "subscription" if isinstance(subscription_id, int) else "other"
    name = "\0".join((newsletter_key, slug, kind, str(subscription_id)))
    return f"<{hashlib.sha256(name.encode()).hexdigest()[:32]}@{domain}>"


PARTS: Final = ("text/plain", "text/html")  # the last is the preferred one (RFC 2046 §5.1.4)
PERSONAL: Final = ("Date", "To", "Message-ID")
ONE_CLICK: Final = ("List-Unsubscribe", "List-Unsubscribe-Post")


def _template(
    headers: list[HeaderField], text: str, html: str, *, one_click: bool, signer: Signer | None
) -> MessageTemplate:
    fingerprint = hashlib.sha256("\0".join((text, html)).encode("utf-8", "replace")).hexdigest()
    boundary = f"=_{fingerprint[:24]}"
    lines = [
        *(field.line for field in headers),
        "MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n',
    ]
    statics, slots = _body(boundary, text, html)
    personal = PERSONAL + ONE_CLICK if one_click else PERSONAL
    signatures = signer.prepare(lines, personal, statics[0]) if signer else None
    return MessageTemplate("".join([*lines, "\r\n"]).encode("ascii"), statics, slots, one_click, signatures)


def _body(boundary: str, text: str, html: str) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    """The multipart body, cut at its slots, and the values that stand there."""
    statics = [b""]
    slots: list[int] = []
    for part, (content_type, body) in enumerate(zip(PARTS, (text, html), strict=True)):
        try:
            pieces, found = encode_around_slots(body, SLOTS)
        except UnicodeEncodeError as error:
            raise MailerError(f"the {content_type} part holds half a character (a lone surrogate).") from error
        statics[-1] += _part_head(boundary, content_type, first=part == 0) + pieces[0]
        statics += pieces[1:]
        slots += (part * len(SLOTS) + SLOTS.index(slot) for slot in found)
    statics[-1] += f"\r\n--{boundary}--\r\n".encode()
    return tuple(statics), tuple(slots)


def _part_head(boundary: str, content_type: str, *, first: bool) -> bytes:
    before = "" if first else "\r\n"
    # The line end before a boundary belongs to the boundary; "=_" never stands in quoted-printable.
    return (
        f"{before}--{boundary}\r\nContent-Type: {content_type}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()
