"""Amazon SES notifications (bounce, complaint, delivery) as they stand in SNS messages; see ``sns`` for "
"signatures."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce, Kind, Reason
from mailer.bounce.classify import classify

R = Reason
# (bounceType, bounceSubType) → what it means when the diagnostic has nothing better. Unknown pairs: see UNKNOWN.
BOUNCE_TYPES: Final = MappingProxyType(
    {
        ("Permanent", "General"): (Kind.HARD, R.USER_UNKNOWN),
        ("Permanent", "NoEmail"): (Kind.HARD, R.USER_UNKNOWN),
        ("Permanent", "Suppressed"): (Kind.HARD, R.USER_UNKNOWN),
        ("Permanent", "OnAccountSuppressionList"): (Kind.HARD, R.USER_UNKNOWN),
        ("Permanent", "UnsubscribedRecipient"): (Kind.COMPLAINT, R.FEEDBACK),
        ("Transient", "General"): (Kind.SOFT, R.UNDEFINED),
        ("Transient", "MailboxFull"): (Kind.SOFT, R.MAILBOX_FULL),
        ("Transient", "MessageTooLarge"): (Kind.SOFT, R.MESSAGE_TOO_BIG),
        ("Transient", "CustomTimeoutExceeded"): (Kind.SOFT, R.EXPIRED),
        ("Transient", "ContentRejected"): (Kind.POLICY, R.CONTENT_ERROR),
        ("Transient", "AttachmentRejected"): (Kind.POLICY, R.CONTENT_ERROR),
        ("Undetermined", "Undetermined"): (Kind.SOFT, R.UNDEFINED),
    }
)
UNKNOWN: Final = (Kind.SOFT, R.UNDEFINED)
_RECIPIENTS: Final = MappingProxyType({"bounce": "bouncedRecipients", "complaint": "complainedRecipients"})


def bounces_of_notification(document: dict[str, Any]) -> list[Bounce]:
    """One value per recipient of a notification; unknown types give one ``unrecognised`` value."""
    kind = str(document.get("notificationType") or document.get("eventType") or "").lower()
    mail = _mapping(document.get("mail"))
    details = _mapping(document.get(kind))
    if kind == "bounce":
        return [_bounced(_mapping(person), details, mail) for person in _items(details.get("bouncedRecipients"))]
    if kind == "complaint":
        people = [
            str(_mapping(person).get("emailAddress", "")) for person in _items(details.get("complainedRecipients"))
        ]
        said = str(details.get("complaintFeedbackType") or "abuse")
        return [_event(Kind.COMPLAINT, R.FEEDBACK, person, said, details, mail) for person in people]
    if kind == "delivery":
        people = [str(person) for person in _items(details.get("recipients"))]
        said = str(details.get("smtpResponse") or "")
        return [_event(Kind.SUCCESS, R.DELIVERED, person, said, details, mail) for person in people]
    return [_event(Kind.UNRECOGNISED, R.UNDEFINED, "", kind[:60], details, mail)] if kind else []


def _bounced(person: dict[str, Any], details: dict[str, Any], mail: dict[str, Any]) -> Bounce:
    pair = (str(details.get("bounceType")), str(details.get("bounceSubType")))
    kind, reason = BOUNCE_TYPES.get(pair, UNKNOWN)
    diagnostic = str(person.get("diagnosticCode") or "")
    status = str(person.get("status") or "")
    event = _event(kind, reason, str(person.get("emailAddress", "")), diagnostic, details, mail)
    if not diagnostic and not status:
        return event
    verdict = classify(
        diagnostic, status=status if _is_code(status) else "", action=str(person.get("action") or "failed")
    )
    judged = verdict.reason is not R.UNDEFINED and pair[1] not in {
        "Suppressed",
        "OnAccountSuppressionList",
        "NoEmail",
    }
    if judged:
        kind, reason = verdict.kind, verdict.reason
        if kind is Kind.HARD and pair[0] == "Transient":
            kind = Kind.SOFT
    return _replaced(event, kind, reason, verdict.enhanced_code, verdict.reply_code)


def _replaced(event: Bounce, kind: Kind, reason: Reason, enhanced_code: str, reply_code: int | None) -> Bounce:
    return replace(event, kind=kind, reason=reason, enhanced_code=enhanced_code, reply_code=reply_code)


def _event(
    kind: Kind, reason: Reason, recipient: str, diagnostic: str, details: dict[str, Any], mail: dict[str, Any]
) -> Bounce:
    headers = _mapping(mail.get("commonHeaders"))
    message_id = str(headers.get("messageId") or "").strip("<> ") or str(mail.get("messageId") or "")
    source = str(mail.get("source") or "")
    return Bounce(
        kind=kind,
        recipient=recipient[:320],
        reason=reason,
        diagnostic=diagnostic[:DIAGNOSTIC_LIMIT],
        message_id=message_id[:250],
        return_paths=(source[:320],) if source else (),
        reader="ses",
        event_id=str(details.get("feedbackId") or mail.get("messageId") or "")[:200],
    )


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_code(status: str) -> bool:
    pieces = status.split(".")
    return len(pieces) == 3 and all(piece.isdecimal() for piece in pieces) and pieces[0] in {"2", "4", "5"}
