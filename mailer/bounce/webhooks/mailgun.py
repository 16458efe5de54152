"""Mailgun events: HMAC-SHA256 over timestamp and token.

The body is not signed: a token that was seen before (``replay_id``) must change nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from mailer.bounce.bounce import Kind, Reason
from mailer.bounce.webhooks.request import (
    Accepted,
    Refusal,
    Request,
    code,
    is_fresh,
    mapping,
    read_json,
    same_secret,
    text,
    time_of_seconds,
)
from mailer.bounce.webhooks.verdicts import Meaning, judged

R = Reason
MAX_AGE: Final = timedelta(minutes=15)  # each retry is signed anew
# (event, severity or reason) → what it means by itself; looked up with the reason, the severity, then "".
EVENTS: Final = MappingProxyType(
    {
        ("failed", "permanent"): (Kind.HARD, R.USER_UNKNOWN),
        ("failed", "temporary"): (Kind.SOFT, R.UNDEFINED),
        ("failed", "suppress-bounce"): (Kind.HARD, R.USER_UNKNOWN),
        ("failed", "suppress-complaint"): (Kind.COMPLAINT, R.FEEDBACK),
        ("failed", "old"): (Kind.SOFT, R.EXPIRED),
        ("failed", "espblock"): (Kind.POLICY, R.BLOCKED),
        ("rejected", ""): (Kind.POLICY, R.POLICY_VIOLATION),
        ("complained", ""): (Kind.COMPLAINT, R.FEEDBACK),
        ("delivered", ""): (Kind.SUCCESS, R.DELIVERED),
    }
)
UNKNOWN: Final[Meaning] = (Kind.UNRECOGNISED, R.UNDEFINED)


@dataclass(frozen=True, slots=True)
class MailgunHook:
    """``signing_key``: the account's HTTP webhook signing key."""

    signing_key: str = field(repr=False)

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """Verify and parse one event."""
        document = mapping(read_json(request.body))
        signed = mapping(document.get("signature"))
        timestamp, token = text(signed.get("timestamp"), 20), text(signed.get("token"), 100)
        if not timestamp or not token:
            return Refusal(400, "not a Mailgun event")
        expected = hmac.new(self.signing_key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
        if not self.signing_key or not same_secret(text(signed.get("signature"), 100), expected):
            return Refusal(401, "the signature is wrong")
        if not is_fresh(time_of_seconds(timestamp), now, MAX_AGE):
            return Refusal(401, "the event is too old or from the future")
        return _accepted(mapping(document.get("event-data")), token)


def meaning_of(event: dict[str, Any]) -> Meaning:
    """What event, severity and reason mean together."""
    name = text(event.get("event"), 40).lower()
    said = [text(event.get(key), 60).lower() for key in ("reason", "severity")]
    return next((EVENTS[name, word] for word in [*filter(None, said), ""] if (name, word) in EVENTS), UNKNOWN)


def _accepted(event: dict[str, Any], token: str) -> Accepted:
    status = mapping(event.get("delivery-status"))
    reply = status.get("code")
    message = mapping(mapping(event.get("message")).get("headers"))
    bounce = judged(
        meaning_of(event),
        reader="mailgun",
        event_id=text(event.get("id"), 150) or token,
        recipient=text(event.get("recipient")),
        diagnostic=text(status.get("message"), 1200) or text(status.get("description"), 1200),
        status=code(status.get("enhanced-code")),
        reply_code=reply if isinstance(reply, int) and 200 <= reply < 600 else None,
        message_id=text(message.get("message-id")),
        return_path=text(mapping(event.get("envelope")).get("sender")),
    )
    return Accepted((bounce,), token)
