"""A mail as the readers look at it: what a person reads, the machine-readable fields, and the mail it returns.

Law: nothing below a returned message (message/rfc822) is ever taken for the notice itself, so that a reply or a
newsletter that quotes a bounce is not one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailer.bounce.addresses import address_of, first_address
from mailer.bounce.mime import Header, Part, read_headers, read_mime, text_of_html

NOTICE_LIMIT: Final = 48_000  # characters of human text that are looked at
NOTICE_LINES: Final = 1500
LINE_LIMIT: Final = 1000
RETURNED_KEPT: Final = 40  # header fields of the returned mail that are kept

_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_TYPES: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_HEADER_LINE = re.compile(
    r"(?i)(?:return-path|received|from|to|cc|subject|date|message-id|mime-version|content-type|reply-to|sender"
    r"|dkim-signature|domainkey-signature|content-transfer-encoding|delivered-to|list-[a-z-]+|arc-[a-z-]+|x-[\w-]+"
    r"|authentication-results|received-spf|precedence|user-agent|references|in-reply-to|envelope-to)[ \t]?:"
)
_MESSAGE_ID_FIELDS: Final = frozenset({"original-message-id", "x-original-message-id", "x-ms-exchange-message-id"})
_MESSAGE_ID_LINE = re.compile(r"(?i)\s{0,12}(?:original[- ])?message[- ]id\s{0,8}:")
_TELLING_LINE = re.compile(r"(?i)(?:received|message-id|mime-version|return-path|dkim-signature|x-[\w-]+)[ \t]?:")
_RETURNED_MARK = re.compile(
    r"(?i)(?:original|unsent|undelivered|returned|rejected|bounced)\s+(?:mail\s+|e-?mail\s+)?"
    r"(?:message|mail|header|info)|cop(?:y|ie) of (?:the|your|this|the original) (?:message|mail)"
    r"|message (?:text|headers?|body|contents?) (?:follow|is|of)|header of (?:the|your) (?:original )?(?:message"
    r"|mail)"
    r"|ursprüngliche nachricht|message d'origine|mensaje original|mensagem original|messaggio originale"
    r"|元のメッセージ|原始邮件|исходное сообщение"
)
_DECORATED = re.compile(r"^[ \t]*[-=_|*+#>]{2,}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """Everything the readers need; built once per mail."""

    root: Part
    notice: tuple[str, ...]  # lines of the human text before the returned mail
    status: tuple[tuple[Header, ...], ...]  # groups of delivery-status fields; the first is about the message
    feedback: tuple[Header, ...] | None  # fields of an ARF report, None where there is no such part
    returned: tuple[Header, ...]  # header of the mail that came back, when it was enclosed
    has_returned_part: bool  # whether it was enclosed as a MIME part of its own
    tail: tuple[str, ...]  # lines below the mark under which the returned mail was pasted

    def header(self, name: str) -> str:
        """A header field of the mail itself."""
        return self.root.header(name)

    def returned_header(self, name: str) -> str:
        """A header field of the mail that came back."""
        return next((value for key, value in self.returned if key == name), "")

    @property
    def text(self) -> str:
        """The notice as one string."""
        return "\n".join(self.notice)

    @property
    def first_text(self) -> str:
        """The first text of the mail with its lines as long as they are: for what a program wrote."""
        return next((part.text for part in _own_parts(self.root) if part.text.strip()), "")[:NOTICE_LIMIT]

    @property
    def sender(self) -> str:
        """The address in From, lower case, or an empty string."""
        return first_address(self.header("from")).lower()

    @property
    def message_id(self) -> str:
        """Message-ID of the returned mail, without brackets."""
        told = [self.returned_header("message-id")]
        told += [value for group in self.status for key, value in group if key in _MESSAGE_ID_FIELDS]
        told += [line for line in self.notice if _MESSAGE_ID_LINE.match(line)]
        value = next((value for value in told if value), "")
        found = re.search(r"<([^<>\s]{3,250})>", value)
        return found[1] if found else "" if value in self.notice else value[:250]

    def kept_headers(self) -> tuple[Header, ...]:
        """The fields by which a delivery of ours can be recognised; trace and signatures are left out."""
        return tuple(
            (name, value[:500])
            for name, value in self.returned
            if not name.startswith(("received", "dkim-", "arc-", "domainkey"))
        )[:RETURNED_KEPT]


def read_incoming(raw: bytes) -> Incoming:
    """Take a mail apart. Never raises; see ``mime`` for the bounds."""
    root = read_mime(raw)
    parts = list(_own_parts(root))
    returned = next((found for part in parts if (found := _returned_header(part))), ())
    notice, tail = _split_notice(_notice_text(parts))
    if not returned and tail:
        returned = read_headers("\n".join(tail[:400]).lstrip().encode("utf-8", "replace"))
    status = tuple(
        group for part in parts if part.content_type in _STATUS_TYPES for group in field_groups(part.text)
    )
    feedback = next(
        (sum(field_groups(part.text), ()) for part in parts if part.content_type == "message/feedback-report"),
        None,
    )
    enclosed = any(part.content_type in _RETURNED_TYPES for part in parts)
    return Incoming(root, tuple(notice), status, feedback, returned, enclosed, tuple(tail))


def field_groups(text: str) -> tuple[tuple[Header, ...], ...]:
    """Delivery-status text as groups of fields (RFC 3464 §2.1); a broken blank line inside a group is forgiven."""
    groups = [
        read_headers(block.encode("utf-8", "replace")) for block in re.split(r"\n[ \t]*\n", text[:NOTICE_LIMIT])
    ]
    return tuple(group for group in groups if group)


def _own_parts(part: Part) -> list[Part]:
    """Leaves of this mail itself, in order; what a returned message contains is not looked at."""
    found: list[Part] = []
    for child in part.children:
        found.extend(_own_parts(child))
    return found if part.children else [part]


def _returned_header(part: Part) -> tuple[Header, ...]:
    if part.content_type not in _RETURNED_TYPES:
        return ()
    text = part.text.lstrip("\n \t")
    return read_headers(text.partition("\n\n")[0].encode("utf-8", "replace"))


def _notice_text(parts: list[Part]) -> str:
    plain: list[str] = []
    rich: list[str] = []
    attached: list[str] = []
    for part in parts:
        if part.content_type in _RETURNED_TYPES:
            break
        if part.header("content-disposition").lower().startswith("attachment"):
            attached += [part.text] if part.content_type == "text/plain" else []
        elif part.content_type == "text/html":
            rich.append(text_of_html(part.text))
        elif part.content_type.startswith("text/") or part.content_type == "application/json":
            plain.append(part.text)
    text = "\n".join(plain)
    # some gateways attach all that they say
    return next((said for said in (text, "\n".join(rich), "\n".join(attached)) if said.strip()), "")[:NOTICE_LIMIT]


def _split_notice(text: str) -> tuple[list[str], list[str]]:
    """(notice, header and body of a mail that was pasted below it)."""
    lines = [line[:LINE_LIMIT].rstrip() for line in text.split("\n")[:NOTICE_LINES]]
    for number, line in enumerate(lines):
        if _is_mark(lines, number):
            start = next(
                (n for n in range(number + 1, min(number + 8, len(lines))) if _starts_header(lines, n)), None
            )
            return lines[:number], lines[start:] if start is not None else lines[number + 1 :]
        if _HEADER_LINE.match(line) and _starts_header(lines, number):
            return lines[:number], lines[number:]
    return lines, []


def _is_mark(lines: list[str], number: int) -> bool:
    line = lines[number]
    if len(line) > 120 or not _RETURNED_MARK.search(line):
        return False
    if _DECORATED.match(line):
        return True
    following = [text for text in lines[number + 1 : number + 8] if text.strip(" -=_")][:2]
    return any(_HEADER_LINE.match(text.lstrip(" \t>|")) for text in following)


def _starts_header(lines: list[str], number: int) -> bool:
    """Whether a pasted header begins here: three fields together, one of which no prose would hold."""
    if not _HEADER_LINE.match(lines[number]):
        return False
    fields = 0
    telling = False
    for line in lines[number : number + 25]:
        if _HEADER_LINE.match(line):
            fields += 1
            telling = telling or bool(_TELLING_LINE.match(line))
        elif not line.strip() or line[:1] not in " \t":
            break
    return fields >= 3 and telling


def own_addresses(incoming: Incoming) -> frozenset[str]:
    """Addresses of the two ends of this mail itself: never the recipient that a notice is about."""
    names = ("to", "delivered-to", "x-original-to", "from", "return-path", "reply-to", "envelope-to")
    found = (address_of(value) for name in names for value in incoming.root.all_headers(name))
    return frozenset(address.lower() for address in found if address)
