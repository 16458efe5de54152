"""Postmark's webhooks: a shared secret in a header or as the password of basic authentication."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.webhooks.request import (
    Accepted,
    Refusal,
    Request,
    is_fresh,
    mapping,
    read_json,
    same_secret,
    text,
    time_of_iso,
)
from mailer.bounce.webhooks.verdicts import Meaning, judged

R = Reason
HEADER: Final = "X-Webhook-Secret"
MAX_AGE: Final = timedelta(days=3)  # nothing is signed here; its own retries end within a day
# Type of a bounce → what it means by itself (Postmark's list of bounce types). Unknown types: UNKNOWN.
BOUNCE_TYPES: Final = MappingProxyType(
    {
        "HardBounce": (Kind.HARD, R.USER_UNKNOWN),
        "BadEmailAddress": (Kind.HARD, R.USER_UNKNOWN),
        "ManuallyDeactivated": (Kind.HARD, R.USER_UNKNOWN),
        "AddressChange": (Kind.HARD, R.HAS_MOVED),
        "SoftBounce": (Kind.SOFT, R.UNDEFINED),
        "Transient": (Kind.SOFT, R.UNDEFINED),
        "DnsError": (Kind.SOFT, R.NETWORK_ERROR),
        "SMTPApiError": (Kind.SOFT, R.SYSTEM_ERROR),
        "TemplateRenderingFailed": (Kind.POLICY, R.CONTENT_ERROR),
        "Blocked": (Kind.POLICY, R.BLOCKED),
        "SpamNotification": (Kind.POLICY, R.SPAM_DETECTED),
        "VirusNotification": (Kind.POLICY, R.VIRUS_DETECTED),
        "DMARCPolicy": (Kind.POLICY, R.AUTH_FAILURE),
        "SpamComplaint": (Kind.COMPLAINT, R.FEEDBACK),
        "AutoResponder": (Kind.AUTO_REPLY, R.VACATION),
        "ChallengeVerification": (Kind.AUTO_REPLY, R.VACATION),
        "OpenRelayTest": (Kind.UNRECOGNISED, R.UNDEFINED),
        "Unknown": (Kind.SOFT, R.UNDEFINED),
    }
)
UNKNOWN: Final[Meaning] = (Kind.UNRECOGNISED, R.UNDEFINED)
_TIMES: Final = ("BouncedAt", "DeliveredAt", "ChangedAt")


@dataclass(frozen=True, slots=True)
class PostmarkHook:
    """``secret``: what we told Postmark to send, 16 characters at least."""

    secret: str = field(repr=False)

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """Verify and parse one event."""
        given = request.header(HEADER) or _password(request.header("Authorization"))
        if not same_secret(given, self.secret):
            return Refusal(401, "the shared secret is wrong")
        event = mapping(read_json(request.body))
        if "RecordType" not in event:
            return Refusal(400, "not a Postmark event")
        at = next((time_of_iso(event[name]) for name in _TIMES if name in event), None)
        if not is_fresh(at, now, MAX_AGE):
            return Refusal(401, "the event is too old, from the future, or has no time")
        bounce = _bounce(event)
        return Accepted((bounce,), bounce.event_id)


def meaning_of(event: dict[str, Any]) -> Meaning:
    """What record type and bounce type mean together."""
    record = text(event.get("RecordType"), 40)
    if record == "Delivery":
        return Kind.SUCCESS, R.DELIVERED
    if record == "SpamComplaint":
        return Kind.COMPLAINT, R.FEEDBACK
    return BOUNCE_TYPES.get(text(event.get("Type"), 60), UNKNOWN) if record == "Bounce" else UNKNOWN


def _bounce(event: dict[str, Any]) -> Bounce:
    record = text(event.get("RecordType"), 40)
    message_id = text(event.get("MessageID"), 100)
    return judged(
        meaning_of(event),
        reader="postmark",
        event_id=f"{record}/{text(event.get('ID'), 100) or message_id}",
        recipient=text(event.get("Email") or event.get("Recipient")),
        diagnostic=text(event.get("Details") or event.get("Description"), 1200),
        message_id=text(mapping(event.get("Metadata")).get("message-id")) or message_id,
        return_path=text(event.get("From")) if record == "Bounce" else "",
    )


def _password(authorization: str) -> str:
    scheme, _, value = authorization[:2000].partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode("utf-8", "replace").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
