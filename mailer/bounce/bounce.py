"""What came back, as one value per recipient: a bounce, a complaint, an auto-reply, or a success.

Pure: no clock, no network, no database. Reading never decides about a person; ``policy`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The classes that a person and a program see (the ``class`` of ``mailer bounces read``)."""

    HARD = "hard"  # the address is dead: nobody will ever read mail there
    SOFT = "soft"  # not now: full, slow, down, or too vague to blame the address
    POLICY = "policy"  # the sender's or the message's fault, in the receiver's eyes
    COMPLAINT = "complaint"  # the person pressed "this is spam"
    AUTO_REPLY = "auto-reply"  # a vacation note, a read receipt, an acknowledgement
    SUCCESS = "success"  # a report that it arrived
    UNRECOGNISED = "unrecognised"  # nothing we understand: left untouched


class Reason(StrEnum):
    """Why, in one word that a report can be grouped by."""

    USER_UNKNOWN = "userunknown"
    HOST_UNKNOWN = "hostunknown"
    HAS_MOVED = "hasmoved"
    NOT_ACCEPT = "notaccept"  # the domain says that it takes no mail (null MX, RFC 7505)
    DISABLED = "disabled"  # X.2.1: mailbox disabled, not accepting messages
    SUSPEND = "suspend"
    MAILBOX_FULL = "mailboxfull"
    MESSAGE_TOO_BIG = "mesgtoobig"
    EXPIRED = "expired"
    NETWORK_ERROR = "networkerror"
    SYSTEM_ERROR = "systemerror"
    SYSTEM_FULL = "systemfull"
    MAILER_ERROR = "mailererror"
    TOO_MANY_CONNECTIONS = "toomanyconn"
    SPEEDING = "speeding"
    ON_HOLD = "onhold"  # greylisted, deferred, or no reason given
    FILTERED = "filtered"  # taken at RCPT, refused once the message was seen
    REJECTED = "rejected"  # the sender's address is not wanted
    BLOCKED = "blocked"
    AUTH_FAILURE = "authfailure"
    REQUIRE_PTR = "requireptr"
    SPAM_DETECTED = "spamdetected"
    VIRUS_DETECTED = "virusdetected"
    CONTENT_ERROR = "contenterror"
    POLICY_VIOLATION = "policyviolation"
    SECURITY_ERROR = "securityerror"
    NO_RELAYING = "norelaying"
    SYNTAX_ERROR = "syntaxerror"
    FEEDBACK = "feedback"
    VACATION = "vacation"
    RECEIPT = "receipt"
    DELIVERED = "delivered"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Bounce:
    """What one mail (or one webhook event) says about one recipient.

    ``recipient`` is empty where the report hides it (redacted ARF, RFC 6590). ``return_paths`` are addresses
    and envelope ids that may carry our VERP token, likeliest first; nothing here is proven until one of them,
    or the ``message_id`` of the returned mail, names a real delivery.
    """

    kind: Kind
    recipient: str = ""
    enhanced_code: str = ""  # RFC 3463, "5.1.1"
    reply_code: int | None = None  # SMTP reply, 421 … 556
    reason: Reason = Reason.UNDEFINED
    diagnostic: str = ""  # one line, at most DIAGNOSTIC_LIMIT characters
    message_id: str = ""  # of the mail that came back, without angle brackets
    return_paths: tuple[str, ...] = ()
    returned_headers: tuple[tuple[str, str], ...] = ()  # (lower-case name, value) of the mail that came back
    reader: str = ""  # which reader understood it
    event_id: str = ""  # the provider's id of a webhook event; empty for mails

    @property
    def is_bounce(self) -> bool:
        """Whether a mail of ours did not arrive (or not yet)."""
        return self.kind in {Kind.HARD, Kind.SOFT, Kind.POLICY}


DIAGNOSTIC_LIMIT = 600
"""Characters of a diagnostic that are kept: a person reads a sentence, not a transcript."""
