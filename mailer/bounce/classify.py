"""From what a report says (codes, words, action, SMTP command) to a kind and a reason. All rules are here.

Law (standards of the house, RFC 3463): X.7 is never hard, class 4 is never hard, 5.1 and 5.2.1 are hard unless
the words blame the sender or the moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mailer.bounce.bounce import Kind, Reason
from mailer.bounce.codes import REPLIES, find_enhanced, find_reply, is_generic, reason_of_enhanced
from mailer.bounce.phrases import reason_of_text

R = Reason
KIND_OF_REASON: Final = MappingProxyType(
    {
        R.USER_UNKNOWN: Kind.HARD,
        R.HOST_UNKNOWN: Kind.HARD,
        R.HAS_MOVED: Kind.HARD,
        R.NOT_ACCEPT: Kind.HARD,
        R.DISABLED: Kind.HARD,
        R.SUSPEND: Kind.SOFT,
        R.MAILBOX_FULL: Kind.SOFT,
        R.MESSAGE_TOO_BIG: Kind.SOFT,
        R.EXPIRED: Kind.SOFT,
        R.NETWORK_ERROR: Kind.SOFT,
        R.SYSTEM_ERROR: Kind.SOFT,
        R.SYSTEM_FULL: Kind.SOFT,
        R.MAILER_ERROR: Kind.SOFT,
        R.TOO_MANY_CONNECTIONS: Kind.SOFT,
        R.ON_HOLD: Kind.SOFT,
        R.UNDEFINED: Kind.SOFT,
        R.SPEEDING: Kind.POLICY,
        R.FILTERED: Kind.POLICY,
        R.REJECTED: Kind.POLICY,
        R.BLOCKED: Kind.POLICY,
        R.AUTH_FAILURE: Kind.POLICY,
        R.REQUIRE_PTR: Kind.POLICY,
        R.SPAM_DETECTED: Kind.POLICY,
        R.VIRUS_DETECTED: Kind.POLICY,
        R.CONTENT_ERROR: Kind.POLICY,
        R.POLICY_VIOLATION: Kind.POLICY,
        R.SECURITY_ERROR: Kind.POLICY,
        R.NO_RELAYING: Kind.POLICY,
        R.SYNTAX_ERROR: Kind.POLICY,
        R.FEEDBACK: Kind.COMPLAINT,
        R.VACATION: Kind.AUTO_REPLY,
        R.RECEIPT: Kind.AUTO_REPLY,
        R.DELIVERED: Kind.SUCCESS,
    }
)

ACTIONS: Final = MappingProxyType(
    {
        "failed": None,
        "failure": None,
        "delayed": Kind.SOFT,
        "deferred": Kind.SOFT,
        "delivered": Kind.SUCCESS,
        "relayed": Kind.SUCCESS,
        "expanded": Kind.SUCCESS,
    }
)
"""RFC 3464 §2.3.3 and what is written instead; None means: look at the codes."""

# Detail codes of Gmail and Outlook that a sender mends, whatever class they come in.
SENDER_FAULTS: Final = frozenset(
    {f"{cls}.7.{detail}" for cls in "45" for detail in (23, 24, 25, 26, 27, 29, 30, 31, 32, 509, 515)}
)
# What filters write when they refuse a mail whose recipient was taken before; fuller sentences are believed.
_BORROWED = re.compile(r"(?i)user unknown|unknown user|no such user|unknown recipient|recipient unknown")
_PASSING = re.compile(r"(?i)temporar|for now|later")
_POLICY_CODE = re.compile(r"(?<![\d.])5\.7\.\d{1,3}(?![\d.])")
_VAGUE: Final = frozenset(
    {R.POLICY_VIOLATION, R.ON_HOLD, R.SYSTEM_ERROR, R.CONTENT_ERROR, R.SYNTAX_ERROR, R.FILTERED}
)
_NO_SUCH_PLACE: Final = frozenset({R.HOST_UNKNOWN, R.NOT_ACCEPT})
_ABOUT_THE_ADDRESS: Final = frozenset({R.USER_UNKNOWN, R.HOST_UNKNOWN, R.HAS_MOVED, R.NOT_ACCEPT, R.DISABLED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of ``classify``."""

    kind: Kind
    reason: Reason
    enhanced_code: str
    reply_code: int | None


def classify(
    text: str,
    *,
    status: str = "",
    action: str = "",
    command: str = "",
    context: str = "",
    reply: int | None = None,
    relayed: bool = False,
) -> Verdict:
    """Judge one recipient's failure.

    ``text`` is the diagnostic; ``context`` is the notice around it, asked only when the diagnostic has no known
    word; ``command`` is the SMTP command that was refused ("DATA", "MAIL", "RCPT"), where it is known;
    ``relayed``: a notice passes the reply on.
    """
    said = find_enhanced(text)
    enhanced = said if said and is_generic(status) and not _contradict(said, status) else status or said
    if enhanced.endswith(".1.0") and (policy := _POLICY_CODE.search(text)):
        enhanced = policy[0]  # "other address status" around a reply that says more
    code = reply or find_reply(text)
    told = ACTIONS.get(action.strip().lower())
    if told is Kind.SUCCESS or (told is None and not action and enhanced.startswith("2.")):
        return Verdict(Kind.SUCCESS, R.DELIVERED, enhanced, code)
    reason = _reason(text, context, enhanced, code, command)
    kind = _kind(reason, enhanced, code)
    if told is None and action and code is None and enhanced == "4.0.0" and reason in _NO_SUCH_PLACE:
        kind = Kind.HARD  # given up, and DNS is the witness: the class of "4.0.0" says nothing against it
    if relayed and reason is R.USER_UNKNOWN and not command and code and _unproven(text, enhanced):
        kind = Kind.SOFT
    if told is Kind.SOFT and kind is Kind.HARD:
        kind = Kind.SOFT
    return Verdict(kind, reason, enhanced, code)


def _unproven(text: str, enhanced: str) -> bool:
    """Whether it is a bare "550 user unknown" of which nobody says what it answered, nor with which code.

    Some of these are filters that spoke after DATA (see ``_reason``): soft, which ends as hard does if it goes on.
    """
    return enhanced in {"", "5.0.0"} and _BORROWED.search(text) is not None


def _contradict(said: str, status: str) -> bool:
    return bool(status) and said[0] != status[0]


def _reason(text: str, context: str, enhanced: str, code: int | None, command: str) -> Reason:
    words = reason_of_text(text)
    by_code = reason_of_enhanced(enhanced)
    if words in _VAGUE and by_code is not None:
        words = None if by_code in _ABOUT_THE_ADDRESS or words is R.POLICY_VIOLATION else words
    if text.startswith("x-unix") and (words is None or words in _ABOUT_THE_ADDRESS):
        words = R.MAILER_ERROR  # a delivery program speaks: its "no such user" is about files and accounts here
    if words is R.SUSPEND and (
        by_code is R.MAILBOX_FULL or (by_code in _ABOUT_THE_ADDRESS and not _PASSING.search(text))
    ):
        words = by_code
    borrowed = command == "DATA" and _BORROWED.search(text) is not None
    if borrowed and words in _ABOUT_THE_ADDRESS and by_code not in _ABOUT_THE_ADDRESS:
        # the address was taken at RCPT: what refuses later is a filter that borrows the words
        words = R.FILTERED
    reason = words or by_code
    if command == "MAIL" and reason in _ABOUT_THE_ADDRESS:
        return R.REJECTED  # no recipient had been named yet: the address that failed is the sender's
    if reason is None and context:
        reason = reason_of_text(context)
    if reason is None and code is not None:
        reason = REPLIES.get(code)
    return reason or R.UNDEFINED


def _kind(reason: Reason, enhanced: str, code: int | None) -> Kind:
    kind = KIND_OF_REASON[reason]
    subject = enhanced.split(".")[1] if enhanced else ""
    if enhanced in SENDER_FAULTS:
        return Kind.POLICY
    permanence = enhanced[:1] or (str(code)[0] if code else "")
    if permanence == "4":
        return Kind.SOFT
    if subject == "7":
        return Kind.POLICY
    return kind
