"""Quoted-printable (RFC 2045 §6.7) for bodies that are encoded once and for values that are set in later.

Laws: lines end in CRLF and have at most 76 octets; no line begins with a dot, so dot-stuffing (RFC 5321 §4.5.2)
has nothing to do; none begins with "From ", so an mbox does not change it; no octet is a control but CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LINE_OCTETS: Final = 76
"""The longest line that RFC 2045 allows, the "=" of a soft line break included."""

SOFT_BREAK: Final = b"=\r\n"
_UNSAFE: Final = re.compile(rb"[^\t -<>-~]")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def encode_around_slots(text: str, slots: Sequence[str]) -> tuple[list[bytes], list[str]]:
    """Encode ``text`` to the pieces before, between and after the slots in it, and name those slots in order.

    Between two pieces belongs what ``encode_value`` makes of the person's value. There is always one piece more
    than there are slots. The encoded text ends as ``text`` does: a line end is only written where one was.
    Raises ``UnicodeEncodeError`` for lone surrogates.
    """
    pieces: list[bytes] = []
    found: list[str] = []
    at_slot = re.compile("(" + "|".join(map(re.escape, slots)) + ")") if slots else None
    out: list[bytes] = []
    for number, line in enumerate(_LINE_END.split(text)):
        if number:
            out.append(b"\r\n")
        parts = at_slot.split(line) if at_slot else [line]
        for index, part in enumerate(parts):
            if index % 2:
                # The value stands on lines of its own, so that its length is nobody else's concern.
                out.append(SOFT_BREAK if parts[index - 1] else b"")
                pieces.append(b"".join(out))
                found.append(part)
                is_last = index == len(parts) - 2 and not parts[index + 1]
                out = [b"" if is_last else SOFT_BREAK]
            elif part:
                out.append(_encode_line(part.encode(), ends_here=index == len(parts) - 1))
    pieces.append(b"".join(out))
    return pieces, found


def encode_value(value: str) -> bytes:
    """Encode one person's value for a slot: one or more lines, without a line end after the last.

    A soft break or CRLF follows in the template, so the last line keeps one octet free for it.
    """
    if value.isascii() and value.isprintable():
        # Only "=" and a blank at the end need an escape: no search through the octets, once or twice a message.
        encoded = value.encode("ascii").replace(b"=", b"=3D")
        if encoded.endswith(b" "):
            encoded = encoded[:-1] + b"=20"
        return SOFT_BREAK.join(_cut(encoded))
    return _encode_line(value.encode(), ends_here=True)


def _encode_line(line: bytes, *, ends_here: bool) -> bytes:
    """Encode octets without a hard line end; ``ends_here`` says that one follows, or may."""
    encoded = _UNSAFE.sub(_escape, line)
    if ends_here and encoded[-1:] in (b" ", b"\t"):
        encoded = encoded[:-1] + b"=%02X" % encoded[-1]
    return SOFT_BREAK.join(_cut(encoded))


def _escape(match: re.Match[bytes]) -> bytes:
    return b"".join(b"=%02X" % octet for octet in match[0])


def _cut(encoded: bytes) -> list[bytes]:
    """Cut into lines that leave room for the soft break, between characters, none beginning in a harmful way."""
    lines: list[bytes] = []
    start, room = 0, LINE_OCTETS - 1
    while True:
        first = encoded[start : start + 1]
        opening = b""
        if first == b"." or encoded.startswith(b"From ", start):
            opening = b"=%02X" % first[0]
            start += 1
        end = start + room - len(opening)
        if end >= len(encoded):
            lines.append(opening + encoded[start:])
            return lines
        # "=C3" is one thing: step back to before its "=".
        escape = encoded.rfind(b"=", end - 2, end)
        end = escape if escape != -1 else end
        lines.append(opening + encoded[start:end])
        start = end
