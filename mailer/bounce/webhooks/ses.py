"""Amazon SES notifications (bounce, complaint, delivery) as they stand in SNS messages; ``sns`` verifies them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.complaints import complaint
from mailer.bounce.webhooks.request import code, items, mapping, text
from mailer.bounce.webhooks.verdicts import Meaning, judged

R = Reason
# (bounceType, bounceSubType) → what it means by itself. Unknown pairs: UNKNOWN.
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
UNKNOWN: Final[Meaning] = (Kind.SOFT, R.UNDEFINED)
DELIVERY: Final[Meaning] = (Kind.SUCCESS, R.DELIVERED)


def bounces_of_notification(document: dict[str, Any], event_id: str = "") -> list[Bounce]:
    """One value per recipient of a notification; other kinds of event give one ``unrecognised`` value.

    ``event_id``: the id of the SNS message; without one, SES's own feedback id stands for it.
    """
    kind = text(document.get("notificationType") or document.get("eventType"), 60).lower()
    mail = mapping(document.get("mail"))
    details = mapping(document.get(kind))
    event_id = event_id or text(details.get("feedbackId") or mail.get("messageId"), 150)
    found = [_event(event, n, event_id, mail) for n, event in enumerate(_events(kind, details))]
    if found or not kind:
        return found
    return [
        judged((Kind.UNRECOGNISED, R.UNDEFINED), reader="ses", event_id=event_id, recipient="", diagnostic=kind)
    ]


def _events(kind: str, details: dict[str, Any]) -> list[tuple[Meaning, dict[str, Any]]]:
    if kind == "bounce":
        pair = (text(details.get("bounceType"), 60), text(details.get("bounceSubType"), 60))
        meaning = BOUNCE_TYPES.get(pair, UNKNOWN)
        return [(meaning, mapping(person)) for person in items(details.get("bouncedRecipients"))]
    if kind == "complaint":
        feedback_type = text(details.get("complaintFeedbackType"), 60) or "abuse"
        said = {"diagnosticCode": feedback_type}
        return [
            (complaint(feedback_type), mapping(person) | said)
            for person in items(details.get("complainedRecipients"))
        ]
    if kind == "delivery":
        said = {"diagnosticCode": text(details.get("smtpResponse"), 600)}
        return [(DELIVERY, said | {"emailAddress": person}) for person in items(details.get("recipients"))]
    return []


def _event(event: tuple[Meaning, dict[str, Any]], number: int, event_id: str, mail: dict[str, Any]) -> Bounce:
    meaning, person = event
    headers = mapping(mail.get("commonHeaders"))
    return judged(
        meaning,
        reader="ses",
        event_id=f"{event_id}/{number}" if event_id else "",
        recipient=text(person.get("emailAddress")),
        diagnostic=text(person.get("diagnosticCode"), 1200).removeprefix("smtp; "),
        status=code(person.get("status")),
        message_id=text(headers.get("messageId")) or text(mail.get("messageId")),
        return_path=text(mail.get("source")),
    )
