"""flufl.bounce, asked last about mail that no reader of ours understood. Optional: extra ``[bounces]``.

Law: it may say "a bounce, of these addresses"; it never says hard by itself, the words around it must.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import io
from types import ModuleType

from mailer.bounce.bounce import DIAGNOSTIC_LIMIT, Bounce
from mailer.bounce.classify import classify
from mailer.bounce.envelope import return_paths
from mailer.bounce.evidence import from_system, is_forwarded, is_list_mail
from mailer.bounce.incoming import Incoming
from mailer.bounce.readers.transcript import said_about

_OPINION_LIMIT_BYTES = 64 * 1024  # its patterns are not bounded: what it is asked about must be


def read_second_opinion(incoming: Incoming, raw: bytes) -> list[Bounce]:
    """Bounces of the addresses it finds; none without it, or for mail that no mail system sent."""
    flufl = _library()
    if flufl is None or not from_system(incoming) or is_list_mail(incoming) or is_forwarded(incoming):
        return []
    temporary, permanent = _asked(flufl, raw[:_OPINION_LIMIT_BYTES])
    found = []
    for address in sorted(temporary | permanent):
        heard = said_about(incoming, address)
        verdict = classify(
            heard.text, action="failed" if address in permanent else "delayed", command=heard.command
        )
        found.append(
            Bounce(
                kind=verdict.kind,
                recipient=address,
                enhanced_code=verdict.enhanced_code,
                reply_code=verdict.reply_code,
                reason=verdict.reason,
                diagnostic=heard.text[:DIAGNOSTIC_LIMIT],
                message_id=incoming.message_id,
                return_paths=return_paths(incoming),
                returned_headers=incoming.kept_headers(),
                reader="flufl.bounce",
            )
        )
    return found


def _library() -> ModuleType | None:
    try:
        import flufl.bounce
    except ImportError:
        return None
    module: ModuleType = flufl.bounce
    return module


def _asked(flufl: ModuleType, raw: bytes) -> tuple[set[str], set[str]]:
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            message = email.message_from_bytes(raw, policy=email.policy.compat32)
            temporary, permanent = flufl.all_failures(message)
    except Exception:  # a foreign parser on hostile bytes: whatever it raises, it has no opinion
        return set(), set()
    return ({item.decode("utf-8", "replace") for item in group} for group in (temporary, permanent))  # type: ignore[return-value]  # two groups
