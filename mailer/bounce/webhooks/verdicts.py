"""A provider's own word (hard, blocked, …) and the server's reply, made one kind and reason."""

from __future__ import annotations

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce, Kind, Reason
from mailer.bounce.classify import classify

Meaning = tuple[Kind, Reason]
"""What a provider's word means by itself."""


def judged(
    meaning: Meaning,
    *,
    reader: str,
    event_id: str,
    recipient: str,
    diagnostic: str = "",
    status: str = "",
    reply_code: int | None = None,
    message_id: str = "",
    return_path: str = "",
) -> Bounce:
    """The event as a ``Bounce``: codes refine a provider's word, and can take "hard" back, but never add it.

    A provider that says "hard" saw the address fail; when the reply shows our own fault (5.7.x) it is policy.
    When it says "soft", the reply's 5.1.1 does not count: the provider goes on trying.
    """
    kind, reason = meaning
    enhanced_code = status
    if kind in {Kind.HARD, Kind.SOFT, Kind.POLICY} and (diagnostic or status):
        verdict = classify(diagnostic, status=status, action="failed", reply=reply_code)
        enhanced_code, reply_code = verdict.enhanced_code, verdict.reply_code
        if verdict.reason is not Reason.UNDEFINED and not (kind is not Kind.HARD and verdict.kind is Kind.HARD):
            vague = verdict.reason in {Reason.ON_HOLD, Reason.SYSTEM_ERROR, Reason.MAILER_ERROR}
            if not (kind is Kind.HARD and vague):
                kind, reason = verdict.kind, verdict.reason
    return Bounce(
        kind=kind,
        recipient=recipient[:320],
        enhanced_code=enhanced_code,
        reply_code=reply_code,
        reason=reason,
        diagnostic=" ".join(diagnostic.split())[:DIAGNOSTIC_LIMIT],
        message_id=message_id.strip("<> ")[:250],
        return_paths=(return_path,) if return_path else (),
        reader=reader,
        event_id=event_id[:200],
    )
