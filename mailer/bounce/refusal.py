"""A refusal at SMTP time, as the ledger keeps it, in the same terms as what comes back later by mail."""

from __future__ import annotations

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce
from mailer.bounce.classify import classify


def bounce_of_refusal(
    recipient: str,
    *,
    code: int | None,
    enhanced_code: str = "",
    reply: str = "",
    command: str = "",
    message_id: str = "",
) -> Bounce:
    """Judge a 4xx or 5xx reply.

    ``command`` is what was refused: "MAIL" (then the fault is the sender's), "RCPT", "DATA" (the command or the
    final dot), or "" where it is not known. ``enhanced_code`` may be empty; the reply's own is found.
    """
    text = " ".join(reply.split())
    verdict = classify(text, status=enhanced_code, action="failed", command=command, reply=code)
    return Bounce(
        kind=verdict.kind,
        recipient=recipient,
        enhanced_code=verdict.enhanced_code,
        reply_code=verdict.reply_code,
        reason=verdict.reason,
        diagnostic=text[:DIAGNOSTIC_LIMIT],
        message_id=message_id,
        reader="smtp",
    )
