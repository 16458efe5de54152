"""Feedback reports (RFC 5965, redacted ones RFC 6590) and the two older forms of complaint that still come."""

from __future__ import annotations

import re
from typing import Final

from mailer.bounce.addresses import first_address, typed_address
from mailer.bounce.bounce import Bounce
from mailer.bounce.complaints import complaint
from mailer.bounce.envelope import return_paths
from mailer.bounce.incoming import Incoming
from mailer.bounce.mime import Header

_REDACTED = re.compile(r"(?i)^(?:redacted|x{3,}|anonymous|hidden|\*+|unknown|[0-9a-f]{24,})$")
_COMPLAINT_SUBJECT = re.compile(
    r"(?i)complaint about (?:message|mail|e-?mail)|abuse report|spam report|feedback report"
)
_RECIPIENT_FIELDS: Final = ("removal-recipient", "original-rcpt-to", "original-recipient", "final-recipient")
# Headers in which receivers keep the recipient of the returned mail when they take it out of To.
_RETURNED_FIELDS: Final = (
    "x-hmxmroriginalrecipient",
    "x-original-to",
    "x-envelope-to",
    "delivered-to",
    "envelope-to",
)


def read_arf(incoming: Incoming) -> list[Bounce]:
    """One complaint per recipient named; exactly one with an empty recipient where it is redacted."""
    is_report = incoming.root.parameter("report-type").lower() == "feedback-report"
    if incoming.feedback is None and not is_report and not _is_older_form(incoming):
        return []
    fields = incoming.feedback or ()
    told = dict(reversed(fields))
    envelope = return_paths(incoming, told.get("original-mail-from", ""), told.get("original-envelope-id", ""))
    said = told.get("feedback-type", "abuse").strip().lower() or "abuse"
    kind, reason = complaint(said)
    diagnostic = f"feedback-type: {said}"[:100]
    return [
        Bounce(
            kind=kind,
            recipient=recipient,
            reason=reason,
            diagnostic=diagnostic,
            message_id=incoming.message_id,
            return_paths=envelope,
            returned_headers=incoming.kept_headers(),
            reader="arf",
        )
        for recipient in _recipients(incoming, fields)
    ]


def _is_older_form(incoming: Incoming) -> bool:
    """Outlook.com's JMRP and its like: the mail itself, enclosed, under a subject that says complaint."""
    if not incoming.has_returned_part or not _COMPLAINT_SUBJECT.search(incoming.header("subject")[:300]):
        return False
    return bool(incoming.returned_header("x-hmxmroriginalrecipient")) or not "".join(incoming.notice).strip()


def _recipients(incoming: Incoming, fields: tuple[Header, ...]) -> list[str]:
    for name in _RECIPIENT_FIELDS:
        found = [typed_address(value) for key, value in fields if key == name]
        clear = list(dict.fromkeys(address for address in found if address and not is_redacted(address)))
        if clear:
            return clear
    for name in (*_RETURNED_FIELDS, "to"):
        address = first_address(incoming.returned_header(name))
        if address and not is_redacted(address):
            return [address]
    return [""]


def is_redacted(address: str) -> bool:
    """Whether a receiver hid the local part (RFC 6590); a domain alone is nobody."""
    local = address.rpartition("@")[0]
    return not local or bool(_REDACTED.match(local))
