"""The headers of a mail that are the same for everybody who gets it: standards.md §1, in one table each.

Laws: nothing here belongs to one person; the same input gives the same bytes; encoded-words stand in Subject and
display names only; every value is checked, because a title or a name may hold anything.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final, NamedTuple

from mailer.errors import MailerError, SettingsError
from mailer.newsletter import Newsletter
from mailer.render.encoded_word import header_line, phrase_words, text_words
from mailer.render.mailbox import Mailbox, ascii_url, control_fault, mailto, read_mailbox, wire_address

LIST_ID_OCTETS: Final = 255  # RFC 2919 §2
SENDER_ID_CHARACTERS: Final = 15  # Gmail's Feedback-ID: SenderId has 5 to 15
FEEDBACK_FIELD_CHARACTERS: Final = 40

_BLANKS: Final = re.compile(r"[ \t\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47
_LIST_ID: Final = re.compile(
    r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)+"
)
_TOKEN: Final = re.compile(r"[^A-Za-z0-9._-]+")


class HeaderField(NamedTuple):
    """A header as it goes out: ``line`` is folded, in CRLF, and ends with it."""

    name: str
    line: str


def issue_headers(subject: str, language: str, newsletter: Newsletter, slug: str) -> list[HeaderField]:
    """The headers of an issue's mail but those of the person (Date, To, Message-ID, List-Unsubscribe) and MIME's.

    Raises SettingsError for a newsletter that cannot be named in headers, MailerError for a subject that cannot.
    """
    return [
        *_letterhead(subject, language, newsletter),
        *_list_headers(newsletter),
        *_archived_at(newsletter, slug, language),
        _plain("Precedence", "bulk"),
        _plain("Feedback-ID", feedback_id(newsletter, slug, language)),
    ]


def notice_headers(subject: str, language: str, newsletter: Newsletter) -> list[HeaderField]:
    """The headers of a mail to one person that is not an issue (confirm, welcome, …): RFC 3834 §5."""
    return [
        *_letterhead(subject, language, newsletter),
        HeaderField("List-Id", _list_id(newsletter)),
        _plain("Auto-Submitted", "auto-generated"),
    ]


def _letterhead(subject: str, language: str, newsletter: Newsletter) -> list[HeaderField]:
    if not _LANGUAGE.fullmatch(language):
        raise MailerError(f"{language!r} is not a language tag.", hint='Use one like "en" or "pt-br".')
    fields = [
        HeaderField("From", _mailbox_line("From", sender_of(newsletter))),
        HeaderField("Subject", header_line("Subject", text_words(clean_subject(subject), len("Subject:")))),
        _plain("Content-Language", language),
    ]
    if newsletter.reply_to:
        reply_to = _settled(newsletter, "reply_to", newsletter.reply_to)
        fields.append(HeaderField("Reply-To", _mailbox_line("Reply-To", reply_to)))
    return fields


def clean_subject(subject: str) -> str:
    """The subject in one line. Raises MailerError when it holds a control, also one inside an encoded-word."""
    subject = _BLANKS.sub(" ", subject).strip(" ")
    if fault := control_fault(subject):
        raise MailerError(f"the subject {fault}.", hint="Write the title as plain text.")
    try:
        subject.encode()
    except UnicodeEncodeError as error:
        raise MailerError("the subject holds half a character.", hint="Write the title again.") from error
    return subject


def sender_of(newsletter: Newsletter) -> Mailbox:
    """The mailbox in From. Raises SettingsError."""
    return _settled(newsletter, "sender", newsletter.sender)


def bounce_domain(newsletter: Newsletter) -> str:
    """The domain of return paths and Message-IDs, in ``xn--`` form. Raises SettingsError."""
    if not newsletter.bounce_domain:
        return sender_of(newsletter).domain
    try:
        return wire_address(f"bounce@{newsletter.bounce_domain}").partition("@")[2].lower()
    except ValueError as error:
        raise _impossible(newsletter, "bounce_domain", str(error)) from error


def _settled(newsletter: Newsletter, key: str, text: str) -> Mailbox:
    try:
        return read_mailbox(text)
    except ValueError as error:
        hint = 'Write it as "Name <address@example.org>".'
        raise _impossible(newsletter, key, str(error), hint) from error


def _impossible(newsletter: Newsletter, key: str, fault: str, hint: str = "") -> SettingsError:
    return SettingsError(f"{fault}.", where=f"newsletters.{newsletter.key}.{key}", hint=hint)


def _plain(name: str, value: str) -> HeaderField:
    return HeaderField(name, f"{name}: {value}\r\n")


def _mailbox_line(name: str, mailbox: Mailbox) -> str:
    if not mailbox.name:
        return f"{name}: {mailbox.address}\r\n"
    return header_line(name, [*phrase_words(mailbox.name, len(name) + 1), f"<{mailbox.address}>"])


def _list_headers(newsletter: Newsletter) -> list[HeaderField]:
    """List-Id and the commands of RFC 2369 that do not depend on the person."""
    owner_text = newsletter.owner or sender_of(newsletter).address
    owner = _settled(newsletter, "owner", owner_text).address
    fields = [
        HeaderField("List-Id", _list_id(newsletter)),
        _plain("List-Help", f"<{mailto(owner, 'help')}>"),
        _plain("List-Owner", f"<{mailto(owner)}>"),
        _plain("List-Post", "NO"),
    ]
    if newsletter.base_url:
        fields.append(_plain("List-Subscribe", f"<{_url(newsletter, newsletter.subscribe_url)}>"))
        fields.append(_plain("List-Archive", f"<{_url(newsletter, newsletter.archive_url)}>"))
    return fields


def _archived_at(newsletter: Newsletter, slug: str, language: str) -> list[HeaderField]:
    if not newsletter.base_url:
        return []
    url = _url(newsletter, newsletter.issue_url(slug, language))
    return [_plain("Archived-At", f"<{url}>")]


def _url(newsletter: Newsletter, url: str) -> str:
    try:
        return ascii_url(url)
    except ValueError as error:
        raise SettingsError(
            f"{url!r} {error}.", where="base_url", hint="Write it as https://news.example.org."
        ) from error


def _list_id(newsletter: Newsletter) -> str:
    """``Name <label.domain>``; the name is left out where it is not ASCII, for List-* hold no encoded-words."""
    label = newsletter.list_id
    if not label.isascii():
        try:
            label = wire_address(f"list@{label}").partition("@")[2]
        except ValueError as error:
            raise _impossible(newsletter, "list_id", str(error)) from error
    if not _LIST_ID.fullmatch(label) or len(label) > LIST_ID_OCTETS - len("List-Id: <>"):
        hint = 'Use a name under a domain of yours, like "newsletter.example.org".'
        raise _impossible(newsletter, "list_id", f"{label!r} is no list identifier", hint)
    name = _ascii_name(newsletter.name)
    words = [*(phrase_words(name, 0) if name else []), f"<{label}>"]
    line = header_line("List-Id", words)
    return line if len(line) - 2 <= LIST_ID_OCTETS and "=?" not in line else f"List-Id: <{label}>\r\n"


def _ascii_name(name: str) -> str:
    """The name without accents; "" when something else than accents stands between it and ASCII."""
    stripped = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    stripped = _BLANKS.sub(" ", stripped).strip(" ")
    return stripped if stripped.isascii() and stripped.isprintable() and "=?" not in stripped else ""


def feedback_id(newsletter: Newsletter, slug: str, language: str) -> str:
    """``issue:language:newsletter:SenderId`` for Gmail's feedback loop: counts by issue, nothing by person."""
    fields = (slug, language, newsletter.key)
    tokens = [_TOKEN.sub("-", field)[:FEEDBACK_FIELD_CHARACTERS].strip("-") or "none" for field in fields]
    return ":".join([*tokens, sender_id(newsletter)])


def sender_id(newsletter: Newsletter) -> str:
    """A stable name of the sender, 6 to 15 letters and digits: the newsletter's key and a hash of its List-Id."""
    key = re.sub(r"[^a-z0-9]", "", newsletter.key.lower())
    digest = hashlib.sha256(newsletter.list_id.lower().encode()).hexdigest()
    return key[: SENDER_ID_CHARACTERS - 6] + digest[:6]
