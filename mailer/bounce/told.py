"""What one incoming mail told of one recipient, once its words were judged."""

from __future__ import annotations

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce
from mailer.bounce.classify import Verdict
from mailer.bounce.envelope import return_paths
from mailer.bounce.incoming import Incoming


def told(
    incoming: Incoming,
    recipient: str,
    verdict: Verdict,
    diagnostic: str,
    *,
    reader: str,
    paths: tuple[str, ...] | None = None,
) -> Bounce:
    """The bounce; ``paths``: return paths that the reader found, None: those of the mail."""
    return Bounce(
        kind=verdict.kind,
        recipient=recipient,
        enhanced_code=verdict.enhanced_code,
        reply_code=verdict.reply_code,
        reason=verdict.reason,
        diagnostic=diagnostic[:DIAGNOSTIC_LIMIT],
        message_id=incoming.message_id,
        return_paths=return_paths(incoming) if paths is None else paths,
        returned_headers=incoming.kept_headers(),
        reader=reader,
    )
