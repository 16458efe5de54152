"""What a server's reply means for the row, the person and the sending: tables of reply and enhanced codes.

Law: only a fault of the address itself (RFC 3463 x.1, x.2.1) is ever held against a person; what the server
has against the sender (policy, authentication, rate) stops the sending and touches nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from types import MappingProxyType
from typing import Final


class Stage(StrEnum):
    """What the reply answers."""

    MAIL = "MAIL FROM"
    RCPT = "RCPT TO"
    DATA = "DATA"
    BODY = "the message"


class Meaning(IntEnum):
    """What follows from a reply."""

    ACCEPTED = auto()
    DEFERRED = auto()  # later, this row only
    SLOWER = auto()  # later, and the whole sending slows down
    REFUSED = auto()  # this row, never again; the person is not blamed
    ADDRESS = auto()  # this row, never again, and the address is dead
    SENDER = auto()  # the sending pauses: its sender has to mend something
    DOUBTED = auto()  # the sender's fault, or the taste of this one recipient: ``suspicion`` finds out
    REST = auto()  # later, and nothing goes to this domain for a while


@dataclass(slots=True)
class Reply:
    """One whole reply: code, enhanced code ("" when there is none) and the words, lines joined by a space."""

    code: int
    enhanced_code: str
    text: str

    @property
    def words(self) -> str:
        """As the server said it, for the report."""
        return f"{self.code} {self.text}".strip()


M = Meaning
_ENHANCED: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?=[\s:;,)]|$)")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]+")

# Looked up as "5.7.26", then "5.7"; the class is the first digit. RFC 3463 and the IANA registry, Gmail's and
# Outlook's own numbers. What is not here is judged by the class alone.
ENHANCED: Final = MappingProxyType(
    {
        "5.1": M.ADDRESS,
        "5.1.5": M.REFUSED,  # "destination address valid"
        "5.1.7": M.SENDER,  # the sender's address
        "5.1.8": M.SENDER,
        "5.1.9": M.REFUSED,  # relayed to a system that does not speak the protocol
        "5.2.1": M.ADDRESS,
        "5.3.4": M.SENDER,  # larger than the server takes: so are all the others
        "5.5.1": M.SENDER,  # it does not know our commands, or wants them in another order
        "5.5.4": M.SENDER,
        "5.7": M.DOUBTED,
        "5.7.2": M.REFUSED,  # a list at the other end that we may not expand
        "5.7.3": M.REFUSED,
        "5.7.13": M.REFUSED,  # RFC 5248: user account disabled
        "5.7.17": M.REFUSED,  # RFC 7293: the mailbox has another owner now
        "5.7.18": M.REFUSED,  # RFC 7293: the domain has another owner now
        "5.7.19": M.REFUSED,
        "5.7.8": M.SENDER,  # credentials
        "5.7.9": M.SENDER,
        "5.7.11": M.SENDER,
        "5.7.14": M.SENDER,
        "5.7.20": M.SENDER,  # RFC 7372: no DKIM signature that passes; 21 to 26: SPF, PTR, and all of them
        "5.7.21": M.SENDER,
        "5.7.22": M.SENDER,
        "5.7.23": M.SENDER,
        "5.7.24": M.SENDER,
        "5.7.25": M.SENDER,
        "5.7.26": M.SENDER,
        "5.7.27": M.SENDER,
        "5.7.28": M.SENDER,
        "5.7.29": M.SENDER,
        "5.7.30": M.SENDER,
        "5.7.31": M.SENDER,
        "5.7.32": M.SENDER,
        "5.7.57": M.SENDER,  # Outlook: not logged in
        "5.7.60": M.SENDER,  # Outlook: may not send as this sender
        "5.7.509": M.SENDER,  # Outlook: DMARC
        "5.7.511": M.SENDER,  # Outlook: the sending server is banned
        "5.7.515": M.SENDER,  # Outlook: SPF, DKIM or DMARC
        "5.7.705": M.SENDER,  # Outlook: the tenant, 705 to 750
        "5.7.708": M.SENDER,
        "5.7.750": M.SENDER,
        "4.3.2": M.SLOWER,  # not accepting messages now
        "4.4.5": M.SLOWER,
        "4.5.3": M.SLOWER,
        "4.7": M.SLOWER,
        "4.7.23": M.SENDER,  # Gmail: no PTR that confirms
        "4.7.25": M.SENDER,
        "4.7.26": M.SENDER,  # neither SPF nor DKIM
        "4.7.27": M.SENDER,  # SPF
        "4.7.28": M.REST,  # more mail than it wants from us
        "4.7.29": M.SENDER,  # no TLS
        "4.7.30": M.SENDER,  # DKIM
        "4.7.31": M.SENDER,  # DMARC missing
        "4.7.32": M.SENDER,  # From is not aligned
    }
)

# At RCPT TO these speak of this one recipient, whatever they would say about the sender elsewhere.
RCPT: Final = MappingProxyType({"5.3.4": M.REFUSED, "5.5": M.REFUSED, "5.5.1": M.REFUSED, "5.5.4": M.REFUSED})

# Replies without an enhanced code that say more than their first digit.
BASIC: Final = MappingProxyType(
    {
        421: M.SLOWER,
        450: M.DEFERRED,
        451: M.DEFERRED,
        454: M.SLOWER,
        500: M.SENDER,
        501: M.REFUSED,
        502: M.SENDER,
        503: M.SENDER,
        504: M.SENDER,
        523: M.SENDER,  # message too large
        530: M.SENDER,  # authentication or TLS required
        534: M.SENDER,
        535: M.SENDER,
        538: M.SENDER,
        555: M.SENDER,  # parameters of MAIL or RCPT not known
    }
)

# Words in a doubtful reply that leave no doubt whose fault it is.
_OURS: Final = re.compile(
    r"\b(?:spf|dkim|dmarc|unauthenticated|reverse dns|rdns|ptr)\b"
    r"|not authenticated|authentication required|must (?:first )?authenticate|sender address rejected",
    re.IGNORECASE,
)

# What the operator should look at, for the sentence that says why a sending was paused.
MEND: Final = MappingProxyType(
    {
        "5.1.7": "Check the newsletter's sender and bounce_domain.",
        "5.1.8": "Check the newsletter's sender and bounce_domain: the domain needs an MX or A record.",
        "5.3.4": "Make the issue smaller, or ask the server's operator for a larger limit.",
        "x.7.0": "Ask the server's operator what this sender may do.",
        "x.7.8": "Check the user name and password in smtp.url.",
        "x.7.20": "Set up DKIM for the sender's domain.",
        "x.7.23": "Publish an SPF record that names the sending server.",
        "x.7.25": "Give the sending server's address a PTR record that confirms.",
        "x.7.26": "Set up SPF and DKIM for the sender's domain.",
        "x.7.27": "Publish an SPF record that names the sending server.",
        "x.7.28": "Send more slowly: lower smtp.rate.",
        "x.7.29": 'Send over TLS: smtp.tls = "required".',
        "x.7.30": "Set up DKIM for the sender's domain.",
        "x.7.31": "Publish a DMARC record for the sender's domain.",
        "x.7.32": "Align the domain of From with SPF or DKIM.",
        "x.7.60": "Check that the account may send as the newsletter's sender.",
        "x.7.515": "Set up SPF, DKIM and DMARC for the sender's domain.",
    }
)


def read_reply(code: int, text: str) -> Reply:
    """A reply from its code and its lines (joined by any line ends, without the codes)."""
    text = text.strip()
    match = _ENHANCED.match(text)
    enhanced = match[1] if match and int(match[1][0]) == code // 100 else ""
    if text.isprintable():  # one line, as nearly always
        words = text.removeprefix(enhanced).lstrip()
    else:
        lines = [line.strip().removeprefix(enhanced).strip() for line in text.splitlines()]
        words = _CONTROLS.sub(" ", " ".join(lines)).strip()
    return Reply(code, enhanced, f"{enhanced} {words}".strip())


def meaning_of(stage: Stage, reply: Reply) -> Meaning:
    """What a reply that settles a message at this stage means."""
    if reply.code < 300:
        return M.ACCEPTED
    subject = reply.enhanced_code.rpartition(".")[0]
    tables = (RCPT, ENHANCED) if stage is Stage.RCPT else (ENHANCED,)
    codes = (reply.enhanced_code, subject)
    found = next((table[code] for table in tables for code in codes if code in table), None)
    if reply.code == 421 and found not in {M.SENDER, M.REST}:
        return M.SLOWER
    if found is None:
        found = BASIC.get(reply.code)
    if found is None:
        found = M.DEFERRED if reply.code < 500 else M.REFUSED
    if reply.code >= 500 and stage is Stage.MAIL and found in {M.ADDRESS, M.REFUSED, M.DOUBTED}:
        return M.SENDER  # no recipient was named yet
    if found is M.DOUBTED and _OURS.search(reply.text):
        return M.SENDER
    return found


def mend(reply: Reply) -> str:
    """What the operator should do about a fault of the sender."""
    code = reply.enhanced_code
    hint = MEND.get(code) or MEND.get(f"x{code[1:]}" if code else "")
    return hint or "Mend that at the server or in mailer.toml."
