"""Words of a header that are not ASCII, as RFC 2047 encoded-words; and folding of header lines (RFC 5322 §2.2.3).

Laws: an encoded-word has at most 75 characters, holds whole characters, and its line at most 76; plain lines aim
at 78; what cannot be folded at a space below 998 is encoded, so that it can.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Final

WORD_CHARACTERS: Final = 75
ENCODED_LINE: Final = 76
PLAIN_LINE: Final = 78
LONGEST_PLAIN_WORD: Final = 200
"""A run without a space that is longer than this is encoded, which makes it foldable."""

_ATEXT: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~")
_Q_PLAIN: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
"""What Q leaves as it is, also in a phrase (RFC 2047 §5.3)."""


def header_line(name: str, words: Iterable[str]) -> str:
    """``Name: words``, folded before words that would pass column 78, with CRLF at the end."""
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > PLAIN_LINE and lines[-1] not in ("", f"{name}:"):
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def text_words(text: str, taken: int) -> list[str]:
    """Unstructured text (a Subject) as foldable words; ``taken`` columns of the first line are used.

    ``text`` has no control characters. Text that looks like an encoded-word is encoded, so that it stays text.
    """
    words = text.split(" ")
    return words if _is_plain(text, words) else encoded_words(text, taken)


def phrase_words(text: str, taken: int) -> list[str]:
    """A display name (RFC 5322 ``phrase``) as foldable words: atoms, one quoted string, or encoded-words."""
    words = text.split(" ")
    if not _is_plain(text, words):
        return encoded_words(text, taken)
    if all(character in _ATEXT for character in text.replace(" ", "")):
        return words
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.split(" ")


def _is_plain(text: str, words: list[str]) -> bool:
    return (
        text.isascii() and text.isprintable() and "=?" not in text and max(map(len, words)) <= LONGEST_PLAIN_WORD
    )


def encoded_words(text: str, taken: int) -> list[str]:
    """``text`` as UTF-8 encoded-words, Q while most stays readable, else B; blanks between them do not count."""
    data = text.encode()
    q_size = sum(1 if octet in _Q_PLAIN or octet == 0x20 else 3 for octet in data)
    use_q = q_size <= 2 * len(data)
    frame = "=?utf-8?q?" if use_q else "=?utf-8?b?"
    words: list[str] = []
    chunk = b""
    room = min(WORD_CHARACTERS, ENCODED_LINE - taken - 1)
    for character in text:
        longer = chunk + character.encode()
        if chunk and len(frame) + _encoded_size(longer, use_q) + 2 > room:
            words.append(_word(frame, chunk, use_q))
            chunk, room = character.encode(), WORD_CHARACTERS
        else:
            chunk = longer
    words.append(_word(frame, chunk, use_q))
    return words


def _encoded_size(chunk: bytes, use_q: bool) -> int:
    if use_q:
        return sum(1 if octet in _Q_PLAIN or octet == 0x20 else 3 for octet in chunk)
    return (len(chunk) + 2) // 3 * 4


def _word(frame: str, chunk: bytes, use_q: bool) -> str:
    if not use_q:
        return f"{frame}{b64encode(chunk).decode('ascii')}?="
    body = "".join(chr(o) if o in _Q_PLAIN else "_" if o == 0x20 else f"={o:02X}" for o in chunk)
    return f"{frame}{body}?="
