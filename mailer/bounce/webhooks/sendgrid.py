"""SendGrid's event webhook: ECDSA P-256 over timestamp and raw body (signed event webhook)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailer.bounce.bounce import Bounce, Kind, Reason
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
    text,
    time_of_seconds,
)
from mailer.bounce.webhooks.verdicts import Meaning, judged

R = Reason
SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP: Final = "X-Twilio-Email-Event-Webhook-Timestamp"
MAX_AGE: Final = timedelta(hours=24)  # a request that failed is sent again, under its first signature, for a day
# (event, type or reason) → what it means by itself; looked up with the type, the reason, then "".
EVENTS: Final = MappingProxyType(
    {
        ("bounce", "bounce"): (Kind.HARD, R.USER_UNKNOWN),
        ("bounce", "blocked"): (Kind.POLICY, R.BLOCKED),
        ("bounce", "expired"): (Kind.SOFT, R.EXPIRED),
        ("bounce", ""): (Kind.SOFT, R.UNDEFINED),
        ("blocked", ""): (Kind.POLICY, R.BLOCKED),
        ("deferred", ""): (Kind.SOFT, R.UNDEFINED),
        ("dropped", "bounced address"): (Kind.HARD, R.USER_UNKNOWN),
        ("dropped", "invalid"): (Kind.HARD, R.USER_UNKNOWN),
        ("dropped", "spam reporting address"): (Kind.COMPLAINT, R.FEEDBACK),
        ("dropped", "spam content"): (Kind.POLICY, R.SPAM_DETECTED),
        ("dropped", ""): (Kind.POLICY, R.POLICY_VIOLATION),
        ("spamreport", ""): (Kind.COMPLAINT, R.FEEDBACK),
        ("delivered", ""): (Kind.SUCCESS, R.DELIVERED),
    }
)
UNKNOWN: Final[Meaning] = (Kind.UNRECOGNISED, R.UNDEFINED)


@dataclass(frozen=True, slots=True)
class SendgridHook:
    """``public_key``: the verification key as SendGrid shows it (base64 of a DER SubjectPublicKeyInfo)."""

    public_key: str

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """Verify and parse a batch of events."""
        timestamp = request.header(TIMESTAMP)
        if len(request.body) > BODY_LIMIT_BYTES:
            return Refusal(413, "the batch is too large")
        if not self._is_signed(request, timestamp):
            return Refusal(401, "the signature is wrong")
        if not is_fresh(time_of_seconds(timestamp), now, MAX_AGE):
            return Refusal(401, "the batch is too old or from the future")
        events = read_json(request.body)
        if not isinstance(events, list):
            return Refusal(400, "not a batch of SendGrid events")
        replay_id = hashlib.sha256(timestamp.encode() + request.body).hexdigest()
        return Accepted(tuple(_bounce(mapping(event)) for event in items(events)), replay_id)

    def _is_signed(self, request: Request, timestamp: str) -> bool:
        try:
            key = load_der_public_key(base64.b64decode(self.public_key, validate=True))
            signature = base64.b64decode(request.header(SIGNATURE)[:1000], validate=True)
            if not isinstance(key, ec.EllipticCurvePublicKey):
                return False
            key.verify(signature, timestamp.encode("utf-8", "replace") + request.body, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
            return False
        return True


def meaning_of(event: dict[str, Any]) -> Meaning:
    """What event, type and reason mean together."""
    name = text(event.get("event"), 40).lower()
    said = [text(event.get(key), 60).strip().lower() for key in ("type", "reason")]
    return next((EVENTS[name, word] for word in [*filter(None, said), ""] if (name, word) in EVENTS), UNKNOWN)


def _bounce(event: dict[str, Any]) -> Bounce:
    return judged(
        meaning_of(event),
        reader="sendgrid",
        event_id=text(event.get("sg_event_id"), 150),
        recipient=text(event.get("email")),
        diagnostic=text(event.get("reason") or event.get("response"), 1200),
        status=code(event.get("status")),
        message_id=text(event.get("smtp-id")),
    )
