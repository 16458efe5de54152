"""Notices in plain words from any mail server, and those that put the recipients into X-Failed-Recipients."""

from __future__ import annotations

import re

from mailer.bounce.addresses import every_address, first_address
from mailer.bounce.bounce import Bounce
from mailer.bounce.classify import classify
from mailer.bounce.evidence import opens_text_readers
from mailer.bounce.incoming import Incoming
from mailer.bounce.readers.transcript import ENTRIES_LIMIT, Heard, Listener, command_in
from mailer.bounce.told import told

_DELAY = re.compile(
    r"(?i)warning message only|has been delayed|do not need to resend|not yet been delivered|will (?:be retried"
    r"|keep trying)"
    r"|\bdelayed\b|still (?:trying|being)|temporary (?:failure|problem)"
)
_RECEIVED_FOR = re.compile(r"(?i)\bfor\s+<?([^\s<>;]+@[^\s<>;]+)>?")


def read_notice(incoming: Incoming) -> list[Bounce]:
    """One value per recipient named; one from the returned mail's own fields where the words name nobody."""
    listener = Listener(incoming)
    if not opens_text_readers(incoming, names_somebody=bool(listener.named)):
        return []
    failed = every_address(incoming.header("x-failed-recipients"))[:ENTRIES_LIMIT]
    recipients = failed or list(listener.named) or [_from_returned(incoming)]
    delayed = bool(_DELAY.search(incoming.header("subject")) or _DELAY.search(incoming.text[:3000]))
    return [_bounce(incoming, recipient, listener.said_about(recipient), delayed) for recipient in recipients]


def _bounce(incoming: Incoming, recipient: str, heard: Heard, delayed: bool) -> Bounce:
    context = f"{incoming.header('subject')} {incoming.text[:1500]}"
    verdict = classify(
        heard.text,
        action="delayed" if delayed else "failed",
        command=heard.command or command_in(heard.text),
        context=context,
        relayed=True,
    )
    return told(incoming, recipient, verdict, heard.text, reader="notice")


def _from_returned(incoming: Incoming) -> str:
    for name in ("x-envelope-to", "delivered-to", "x-original-to", "to", "cc"):
        found = first_address(incoming.returned_header(name))
        if found:
            return found
    for name, value in incoming.returned:
        match = _RECEIVED_FOR.search(value) if name == "received" else None
        if match:
            return first_address(match[1])
    return ""
