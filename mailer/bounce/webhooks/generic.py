"""Our own signed webhook, for relays without one: HMAC-SHA256 over timestamp and raw body.

Header ``X-Mailer-Timestamp``: seconds since 1970. Header ``X-Mailer-Signature``: ``v1=`` and the hex digest of
``timestamp "." body``; several, comma-separated, while a key is changed. Body: ``{"events": [{…}]}``.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.classify import classify
from mailer.bounce.webhooks.request import (
    BODY_LIMIT_BYTES,
    Accepted,
    Refusal,
    Request,
    code,
    is_fresh,
    items,
    mapping,
    read_json,
    same_secret,
    text,
    time_of_seconds,
)
from mailer.bounce.webhooks.verdicts import Meaning, judged

R = Reason
SIGNATURE: Final = "X-Mailer-Signature"
TIMESTAMP: Final = "X-Mailer-Timestamp"
MAX_AGE: Final = timedelta(minutes=5)
# ``class`` of an event → what it means by itself; without one, codes and diagnostic decide.
CLASSES: Final = MappingProxyType(
    {
        "hard": (Kind.HARD, R.USER_UNKNOWN),
        "soft": (Kind.SOFT, R.UNDEFINED),
        "policy": (Kind.POLICY, R.POLICY_VIOLATION),
        "complaint": (Kind.COMPLAINT, R.FEEDBACK),
        "auto-reply": (Kind.AUTO_REPLY, R.VACATION),
        "success": (Kind.SUCCESS, R.DELIVERED),
    }
)
UNKNOWN: Final[Meaning] = (Kind.UNRECOGNISED, R.UNDEFINED)


@dataclass(frozen=True, slots=True)
class GenericHook:
    """``secrets``: newest first; any of them may have signed."""

    secrets: tuple[str, ...] = field(repr=False)

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """Verify and parse; an event without an ``id`` refuses the batch, since nothing else tells a replay."""
        timestamp = request.header(TIMESTAMP)
        if len(request.body) > BODY_LIMIT_BYTES:
            return Refusal(413, "the batch is too large")
        if not self._is_signed(request, timestamp):
            return Refusal(401, "the signature is wrong")
        if not is_fresh(time_of_seconds(timestamp), now, MAX_AGE):
            return Refusal(401, "the batch is too old or from the future")
        events = [mapping(event) for event in items(mapping(read_json(request.body)).get("events"))]
        if not events or not all(text(event.get("id")) for event in events):
            return Refusal(400, 'the body is not {"events": [{"id": …}]}')
        replay_id = hashlib.sha256(timestamp.encode() + request.body).hexdigest()
        return Accepted(tuple(_bounce(event) for event in events), replay_id)

    def _is_signed(self, request: Request, timestamp: str) -> bool:
        given = [value.strip() for value in request.header(SIGNATURE)[:1000].split(",")]
        expected = [sign(secret, timestamp, request.body) for secret in self.secrets if secret]
        return any(same_secret(value, wanted) for value in given for wanted in expected)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header; what a sender of events computes too."""
    signed = timestamp.encode("utf-8", "replace") + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def meaning_of(event: dict[str, Any], diagnostic: str, status: str) -> Meaning:
    """The class it names, else what codes and words say, else unknown."""
    named = text(event.get("class"), 40).lower()
    if named:
        return CLASSES.get(named, UNKNOWN)
    if not diagnostic and not status:
        return UNKNOWN
    verdict = classify(diagnostic, status=status)
    return verdict.kind, verdict.reason


def _bounce(event: dict[str, Any]) -> Bounce:
    diagnostic, status = text(event.get("diagnostic"), 1200), code(event.get("enhanced_code"))
    reply = event.get("reply_code")
    return judged(
        meaning_of(event, diagnostic, status),
        reader="generic",
        event_id=text(event.get("id"), 150),
        recipient=text(event.get("recipient")),
        diagnostic=diagnostic,
        status=status,
        reply_code=reply if isinstance(reply, int) and 200 <= reply < 600 else None,
        message_id=text(event.get("message_id")),
        return_path=text(event.get("return_path")),
    )
