"""RFC 3463 enhanced codes and SMTP reply codes: found in text, and what each means, in two tables."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from mailer.bounce.bounce import Reason

R = Reason
_ENHANCED = re.compile(r"(?<![\d.\-])([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)")
_IN_BRACKETS = re.compile(r"#\s?([245]\.\d{1,3}\.\d{1,3})(?!\d)")
_REPLY = re.compile(
    r"(?<![\w.\-:/=+@#])([245][0-5]\d)(?=[ \t\-;,:]|$)(?![ \t]*(?:days?|hours?|bytes|seconds|minutes|kb|mb))"
)
_REPLY_THEN_ENHANCED = re.compile(r"(?<![\w.\-])([245][0-5]\d)[ \-]{1,3}#?([245]\.\d{1,3}\.\d{1,3})(?![\d]|\.\d)")

# Subject and detail of RFC 3463 (class 5, 4 or both); looked up as "5.1.1", then "x.1.1", then "x.1".
ENHANCED: Final = MappingProxyType(
    {
        "x.1": R.USER_UNKNOWN,
        "x.1.0": R.USER_UNKNOWN,  # other address status
        "x.1.1": R.USER_UNKNOWN,
        "x.1.2": R.HOST_UNKNOWN,
        "x.1.3": R.USER_UNKNOWN,  # bad address syntax: this address never works
        "x.1.4": R.USER_UNKNOWN,  # ambiguous
        "x.1.6": R.HAS_MOVED,
        "x.1.7": R.REJECTED,  # the sender's address
        "x.1.8": R.REJECTED,
        "x.1.9": R.SYSTEM_ERROR,  # relayed to a system that does not speak the protocol
        "x.1.10": R.NOT_ACCEPT,  # RFC 7505; Exchange Online says it for a missing recipient: dead either way
        "x.1.90": R.SPEEDING,  # Exchange Online: the sender's daily limit
        "x.2": R.ON_HOLD,
        "x.2.1": R.DISABLED,
        "x.2.2": R.MAILBOX_FULL,
        "x.2.3": R.MESSAGE_TOO_BIG,
        "x.2.4": R.SYSTEM_ERROR,  # mailing list expansion
        "x.3": R.SYSTEM_ERROR,
        "x.3.1": R.SYSTEM_FULL,
        "x.3.2": R.SYSTEM_ERROR,
        "x.3.4": R.MESSAGE_TOO_BIG,
        "x.4": R.NETWORK_ERROR,
        "x.4.1": R.EXPIRED,
        "x.4.3": R.NETWORK_ERROR,
        "x.4.4": R.NETWORK_ERROR,  # unable to route: a DNS fault as often as a dead domain
        "x.4.5": R.SPEEDING,
        "x.4.6": R.NETWORK_ERROR,
        "x.4.7": R.EXPIRED,
        "x.5": R.MAILER_ERROR,
        "x.5.3": R.TOO_MANY_CONNECTIONS,
        "x.6": R.CONTENT_ERROR,
        "x.7": R.SECURITY_ERROR,
        "x.7.1": R.POLICY_VIOLATION,
        "x.7.9": R.POLICY_VIOLATION,
        "x.7.13": R.SUSPEND,
        "x.7.15": R.POLICY_VIOLATION,
        "x.7.20": R.AUTH_FAILURE,
        "x.7.21": R.AUTH_FAILURE,
        "x.7.22": R.AUTH_FAILURE,
        "x.7.23": R.AUTH_FAILURE,
        "x.7.24": R.AUTH_FAILURE,
        "x.7.25": R.REQUIRE_PTR,
        "x.7.26": R.AUTH_FAILURE,
        "x.7.27": R.AUTH_FAILURE,
        "x.7.28": R.SPEEDING,
        "x.7.29": R.AUTH_FAILURE,  # no TLS (Gmail)
        "x.7.30": R.AUTH_FAILURE,
        "x.7.31": R.AUTH_FAILURE,
        "x.7.32": R.AUTH_FAILURE,
        "x.7.509": R.AUTH_FAILURE,
        "x.7.515": R.AUTH_FAILURE,
    }
)

REPLIES: Final = MappingProxyType(
    {
        421: R.TOO_MANY_CONNECTIONS,
        422: R.MAILBOX_FULL,
        432: R.ON_HOLD,
        441: R.NETWORK_ERROR,
        442: R.NETWORK_ERROR,
        446: R.NETWORK_ERROR,
        447: R.EXPIRED,
        450: R.ON_HOLD,
        451: R.SYSTEM_ERROR,
        452: R.SYSTEM_FULL,
        454: R.SECURITY_ERROR,
        455: R.SYSTEM_ERROR,
        500: R.SYNTAX_ERROR,
        501: R.SYNTAX_ERROR,
        502: R.SYNTAX_ERROR,
        503: R.SYNTAX_ERROR,
        504: R.SYNTAX_ERROR,
        521: R.NOT_ACCEPT,  # RFC 7504: this host takes no mail
        523: R.MESSAGE_TOO_BIG,
        525: R.SUSPEND,
        530: R.SECURITY_ERROR,
        535: R.SECURITY_ERROR,
        541: R.SPAM_DETECTED,
        550: R.ON_HOLD,  # without a word of explanation it blames nobody
        551: R.HAS_MOVED,
        552: R.MAILBOX_FULL,
        553: R.REJECTED,
        554: R.ON_HOLD,
        556: R.NOT_ACCEPT,  # RFC 7505
    }
)


def reason_of_enhanced(code: str) -> Reason | None:
    """What an enhanced code says; None for x.0.z (RFC 3463: "other or undefined") and unknown subjects."""
    if not code:
        return None
    _, subject, detail = code.split(".")
    return ENHANCED.get(f"x.{subject}.{detail}") or ENHANCED.get(f"x.{subject}")


def find_enhanced(text: str) -> str:
    """The first enhanced code of class 4 or 5 in a text (class 2 when there is no other), or an empty string."""
    bound = _REPLY_THEN_ENHANCED.search(text)
    if bound and bound[2][0] != "2":
        return bound[2]
    codes = [match[1] for match in _IN_BRACKETS.finditer(text)] + [match[1] for match in _ENHANCED.finditer(text)]
    return next((code for code in codes if code[0] != "2"), codes[0] if codes else "")


def find_reply(text: str) -> int | None:
    """The first SMTP reply code of class 4 or 5 in a text (class 2 when there is no other)."""
    bound = [int(match[1]) for match in _REPLY_THEN_ENHANCED.finditer(text)]
    codes = bound + [int(match[1]) for match in _REPLY.finditer(text)]
    return next((code for code in codes if code >= 400), codes[0] if codes else None)


def is_generic(code: str) -> bool:
    """Whether an enhanced code only repeats its class ("5.0.0"), as gateways write when they know no better."""
    return not code or code.split(".")[1] == "0" or code in {"5.5.0", "5.3.0", "4.5.0", "4.3.0", "5.4.0"}
