"""What a mail's headers and parts have to be: one table of rules, each with the standard that it comes from.

Pure: a rule is given the mail as it was read and yields findings; nothing here asks the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.records import shown
from mailer.doctor.signatures import field_name, split_message

LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1, without CRLF
LIST_ID_OCTETS: Final = 255  # RFC 2919
GMAIL_CUTS: Final = 102_000  # the rest hides behind "Message clipped"
AIM: Final = 80_000
ONCE: Final = ("From", "To", "Subject", "Date", "Message-ID")
LIST_COMMANDS: Final = ("List-Help", "List-Owner", "List-Archive", "List-Subscribe")
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?]*\?=")
_IMAGE: Final = re.compile(r"<img\b[^<>]{0,4000}>", re.IGNORECASE)  # bounded: an unclosed one is cheap
_ONE_PIXEL: Final = r"\b{}\s*=\s*[\"']?[01](?![\d.])"
_ANGLE: Final = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as octets, as header fields (name in lower case, value unfolded) and as the library reads it."""

    raw: bytes
    fields: tuple[tuple[str, str], ...]
    body: bytes
    message: EmailMessage

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known == name.lower()]

    def value(self, name: str) -> str:
        """The first of that name, "" when there is none."""
        return next(iter(self.values(name)), "")

    @property
    def is_notice(self) -> bool:
        """A mail to one person that is not an issue (confirm, goodbye); RFC 3834."""
        return bool(self.value("Auto-Submitted"))


def read_mail(raw: bytes) -> Mail:
    """Any bytes become a Mail; what is wrong with them is for the rules to say."""
    fields, body = split_message(raw)
    read = tuple((field_name(field), _unfolded(field)) for field in fields)
    return Mail(raw, read, body, message_from_bytes(raw, policy=policy.default.clone(raise_on_defect=False)))


def _unfolded(field: bytes) -> str:
    value = field.partition(b":")[2].decode("utf-8", "surrogateescape")
    return re.sub(r"\r\n(?=[ \t])", "", value).strip()


Rule = Callable[[Mail], Iterator[Finding]]


def _once(mail: Mail) -> Iterator[Finding]:
    wrong = [(name, len(mail.values(name))) for name in ONCE if len(mail.values(name)) != 1]
    for name, count in wrong:
        said = "has no" if not count else f"has {count} times"
        yield failure(
            "headers-once",
            f"the mail {said} {name}: receivers refuse it or call it spam (RFC 5322 section 3.6).",
            f"Exactly one {name} has to stand in it; what adds or takes one away on the way?",
        )
    if not wrong:
        yield ok("headers-once", "From, To, Subject, Date and Message-ID stand in it once each.")


def _unsubscribe(mail: Mail) -> Iterator[Finding]:
    check = "list-unsubscribe"
    links = mail.values("List-Unsubscribe")
    if mail.is_notice and not links:
        return
    posts = mail.values("List-Unsubscribe-Post")
    if len(links) != 1:
        yield failure(
            check,
            f"there are {len(links)} List-Unsubscribe headers; mail clients need exactly one for their button "
            "(RFC 8058).",
            "Does the mail server take it away, or add one?",
        )
        return
    uris = [uri.strip() for uri in _ANGLE.findall(links[0])]
    https = [uri for uri in uris if uri.lower().startswith("https://")]
    if _ENCODED_WORD.search(links[0]):
        yield failure(
            check, "List-Unsubscribe was made an encoded-word: no client reads it.", "It must be plain ASCII."
        )
    elif len(https) != 1:
        plain = any(uri.lower().startswith("http://") for uri in uris)
        yield failure(
            check,
            f"List-Unsubscribe holds {len(https)} https links; exactly one is needed (RFC 8058 section 3.1).",
            'Set base_url to an address by https: base_url = "https://news.example.org"'
            if plain
            else "Check base_url.",
        )
    elif posts != ["List-Unsubscribe=One-Click"]:
        said = "is missing" if not posts else f"is {shown(', '.join(posts), 60)!r}"
        yield failure(
            check,
            f"List-Unsubscribe-Post {said}: the button of mail clients opens a page or does not show.",
            "It has to be, once: List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        )
    else:
        yield ok(check, "one https link and List-Unsubscribe-Post: mail clients can show their button.")


def _list_headers(mail: Mail) -> Iterator[Finding]:
    if mail.is_notice:
        return
    faults = []
    identity = mail.values("List-Id")
    if len(identity) != 1:
        faults.append(f"there are {len(identity)} List-Id headers, and readers filter by exactly one")
    elif not re.search(r"<[^<>\s]+\.[^<>\s]+>$", identity[0]) or len(identity[0]) > LIST_ID_OCTETS:
        faults.append("List-Id is not of the form Name <label.domain>, or too long (RFC 2919)")
    for name in LIST_COMMANDS:
        values = mail.values(name)
        if len(values) > 1:
            faults.append(f"{name} stands in it {len(values)} times")
        faults += [f"{name} has to begin with < (RFC 2369)" for value in values[:1] if not value.startswith("<")]
        if any(re.search(r"\s", uri) for value in values for uri in _ANGLE.findall(value)):
            faults.append(f"{name} holds white space inside its brackets")
    yield from _told(
        "list-headers", faults, "the List-* headers are as they should be.", "What changes them on the way?"
    )


def _encoded(mail: Mail) -> Iterator[Finding]:
    """Encoded-words where none may stand, too long ones, and controls that hide in them."""
    faults = []
    for name, value in mail.fields:
        if _ENCODED_WORD.search(value) and (name.startswith("list-") or name == "message-id"):
            faults.append(f"{name} holds an encoded-word, which nobody reads there")
        if any(len(word) > 75 for word in _ENCODED_WORD.findall(value)):
            faults.append(f"{name} holds an encoded-word of more than 75 characters (RFC 2047)")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            faults.append(f"{name} holds a control character")
    yield from _told("headers-encoding", faults, "the headers are encoded as they should be.", "What wrote them?")


def _bulk(mail: Mail) -> Iterator[Finding]:
    if mail.is_notice:
        return
    missing = [
        name for name in ("Precedence", "Feedback-ID", "Archived-At", "Content-Language") if not mail.value(name)
    ]
    feedback = mail.value("Feedback-ID")
    sender = feedback.split(":")[-1]
    if feedback and (feedback.count(":") != 3 or not 5 <= len(sender) <= 15):
        yield warning(
            "headers-bulk",
            "Feedback-ID is not of the form a:b:c:SenderId with a SenderId of 5 to 15 characters: Gmail passes "
            "it over.",
            "The newsletter's key and list_id make it; what changed it?",
        )
    elif missing:
        yield warning(
            "headers-bulk",
            f"{', '.join(missing)} not there: auto-replies, statistics or the web version miss it.",
            "An issue that this program sends has them.",
        )
    else:
        yield ok("headers-bulk", "Precedence, Feedback-ID, Archived-At and Content-Language are there.")


def _lines(mail: Mail) -> Iterator[Finding]:
    faults = []
    longest = max((len(line) for line in re.split(rb"\r\n|\r|\n", mail.raw)), default=0)
    if longest > LONGEST_LINE:
        faults.append(f"a line has {longest:,} octets; {LONGEST_LINE} are allowed, and servers cut longer ones")
    if b"\0" in mail.raw:
        faults.append("it holds a NUL")
    if b"\r\n" in mail.raw and re.search(rb"\r(?!\n)|(?<!\r)\n", mail.raw):
        faults.append("it mixes line ends (bare CR or LF), which servers refuse")
    yield from _told(
        "lines", faults, f"no line is too long (the longest has {longest} octets).", "What wrote them?"
    )


def _parts(mail: Mail) -> Iterator[Finding]:
    check = "parts"
    parts = [part for part in mail.message.walk() if not part.is_multipart()]
    kinds = [part.get_content_type() for part in parts]
    faults = []
    if "text/html" in kinds:
        if "text/plain" not in kinds:
            faults.append("there is no plain text beside the HTML, which spam filters count against it")
        elif kinds.index("text/plain") > kinds.index("text/html"):
            faults.append("the plain text has to stand before the HTML: the last part is the one that is shown")
        if "text/plain" in kinds and not any(
            p.get_content_type() == "multipart/alternative" for p in mail.message.walk()
        ):
            faults.append("text and HTML are not multipart/alternative, so that both are shown")
    for part in parts:
        kind = part.get_content_type()
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
        if kind.startswith("text/"):
            charset = (part.get_content_charset() or "").lower()
            if charset not in {"utf-8", "us-ascii"}:
                faults.append(f"{kind} says charset {charset or 'nothing'}; utf-8 is what every client reads")
        if encoding in {"8bit", "binary"}:
            faults.append(f"{kind} is raw {encoding}: a server that re-encodes it breaks the DKIM signature")
    yield from _told(
        check, faults, f"its parts are in order ({', '.join(kinds)}).", "Use quoted-printable and both parts."
    )


def _addresses(mail: Mail) -> Iterator[Finding]:
    faults = []
    for name in ("From", "To", "Message-ID", "Return-Path"):
        value = mail.value(name)
        if any(ord(character) > 127 for character in value):
            faults.append(f"{name} holds letters beyond ASCII: domains go out as xn--, names as encoded-words")
    sender = mail.value("From")
    if sender and not re.search(r"[^@\s<]+@[^@\s>]+\.[^@\s>]+", sender):
        faults.append("From holds no address")
    identity = mail.value("Message-ID")
    if identity and not re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", identity):
        faults.append("Message-ID is not of the form <…@…>")
    yield from _told("addresses", faults, "From, To and Message-ID can be read by everybody.", "What wrote them?")


def _sizes(mail: Mail) -> Iterator[Finding]:
    html = _encoded_size(mail, "text/html")
    total = f"{len(mail.raw):,} bytes in all"
    if html > GMAIL_CUTS:
        yield failure(
            "size",
            f"the HTML part has {html:,} bytes ({total}); Gmail shows the first {GMAIL_CUTS:,} only, without "
            "the footer.",
            "Make the issue shorter; `mailer lint` says which section crosses the line.",
        )
    elif html > AIM:
        yield warning(
            "size",
            f"the HTML part has {html:,} bytes ({total}); Gmail cuts at {GMAIL_CUTS:,}.",
            "Keep some distance: what a server adds on the way counts too.",
        )
    elif not html:
        yield ok("size", f"there is no HTML part; {total}.")
    else:
        yield ok("size", f"the HTML part has {html:,} bytes, {total}: every client shows it whole.")


def _encoded_size(mail: Mail, kind: str) -> int:
    """Octets of the part as it was sent, undecoded."""
    sizes = [
        len(payload)
        for part in mail.message.walk()
        if part.get_content_type() == kind and isinstance(payload := part.get_payload(), str)
    ]
    return max(sizes, default=0)


def _tracking(mail: Mail) -> Iterator[Finding]:
    """An image of one pixel that somebody on the way put in."""
    for part in mail.message.walk():
        if part.get_content_type() != "text/html":
            continue
        markup = _decoded(part)
        pixel = any(
            all(re.search(_ONE_PIXEL.format(side), tag, re.IGNORECASE) for side in ("width", "height"))
            for tag in _IMAGE.findall(markup)
        )
        if pixel:
            yield warning(
                "tracking",
                "the HTML holds an image of one pixel, as those who count readers use.",
                "This program puts none in; switch off tracking at your mail provider.",
            )


def _decoded(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _told(check: str, faults: list[str], good: str, mend: str) -> Iterator[Finding]:
    for fault in list(dict.fromkeys(faults))[:5]:
        yield failure(check, f"{fault}.", mend)
    if not faults:
        yield ok(check, good)


RULES: Final[tuple[Rule, ...]] = (
    _once,
    _unsubscribe,
    _list_headers,
    _bulk,
    _addresses,
    _encoded,
    _lines,
    _parts,
    _sizes,
    _tracking,
)
"""In the order of RFC 8058, 2919, 2369, 5322, 2047, 2045."""
