"""flufl.bounce, asked last about mail that no reader of ours understood. Optional: extra ``[bounces]``.

Law: it may say "a bounce, of these addresses"; it never says hard by itself, the words around it must.
"""

from __future__ import annotations

import contextlib
import email
import email.policy
import io
from types import ModuleType
from typing import Final

from mailer.bounce.bounce import Bounce
from mailer.bounce.classify import classify
from mailer.bounce.evidence import from_system, opens_text_readers
from mailer.bounce.incoming import Incoming
from mailer.bounce.readers.transcript import ENTRIES_LIMIT, Listener
from mailer.bounce.told import told

# Its patterns, and the address parser below it, are not bounded: what it is asked about must be.
_LINES_LIMIT: Final = 300
_LINE_LIMIT_BYTES: Final = 300


def read_second_opinion(incoming: Incoming, raw: bytes) -> list[Bounce]:
    """Bounces of the addresses it finds; none without it, or for mail that no mail system sent."""
    flufl = _library()
    if flufl is None or not from_system(incoming) or not opens_text_readers(incoming, names_somebody=True):
        return []
    temporary, permanent = _asked(flufl, _bounded(raw))
    listener = Listener(incoming)
    found = []
    for address in sorted(temporary | permanent)[:ENTRIES_LIMIT]:
        heard = listener.said_about(address)
        verdict = classify(
            heard.text, action="failed" if address in permanent else "delayed", command=heard.command
        )
        found.append(told(incoming, address, verdict, heard.text, reader="flufl.bounce"))
    return found


def _bounded(raw: bytes) -> bytes:
    lines = raw[: _LINES_LIMIT * _LINE_LIMIT_BYTES].split(b"\n")[:_LINES_LIMIT]
    return b"\n".join(line[:_LINE_LIMIT_BYTES] for line in lines)


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
