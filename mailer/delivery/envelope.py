"""The envelope of one message as command lines. No socket here.

Law: what a person supplied cannot end a command line or open a second parameter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailer.delivery.model import Outgoing, Refused

_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f<>]")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the server's EHLO offers of the things that an envelope can use."""

    pipelining: bool = False
    smtputf8: bool = False
    size: bool = False
    largest_bytes: int = 0  # 0: no limit that it names

    @classmethod
    def from_extensions(cls, extensions: Mapping[str, str]) -> Offer:
        """From aiosmtplib's reading of the EHLO reply (lower-case keywords)."""
        limit = extensions.get("size", "")
        largest = int(limit) if limit.isascii() and limit.isdigit() else 0
        return cls("pipelining" in extensions, "smtputf8" in extensions, "size" in extensions, largest)


@dataclass(slots=True)
class Envelope:
    """MAIL and RCPT without CRLF."""

    mail: bytes
    rcpt: bytes


def envelope_of(message: Outgoing, offer: Offer) -> Envelope:
    """The two commands. Raises Refused when this person cannot be written to through this server."""
    for address in (message.mail_from, message.rcpt_to):
        if _UNSAFE.search(address):
            raise Refused("the address holds characters that no envelope can carry")
    parameters = b""
    if offer.size:
        parameters += b" SIZE=%d" % message.size_bytes
    if message.smtputf8:
        if not offer.smtputf8:
            raise Refused("the part before the @ is not ASCII and the mail server does not offer SMTPUTF8")
        parameters += b" SMTPUTF8"
    encoding = "utf-8" if message.smtputf8 else "ascii"
    try:
        sender, recipient = message.mail_from.encode(encoding), message.rcpt_to.encode(encoding)
    except UnicodeEncodeError:
        raise Refused("the address is not ASCII, and the message was not marked for SMTPUTF8") from None
    return Envelope(b"MAIL FROM:<%s>%s" % (sender, parameters), b"RCPT TO:<%s>" % recipient)
