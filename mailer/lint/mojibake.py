"""Text that was decoded with the wrong encoding, and what it was meant to be.

ftfy with everything switched off that would also change clean text: quotes, ligatures, widths, entities stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


@dataclass(frozen=True, slots=True)
class Mojibake:
    """A broken piece of a line: its span in the line, and what belongs there."""

    start: int
    end: int
    broken: str
    mended: str


@cache
def _config() -> TextFixerConfig:
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,
        uncurl_quotes=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        normalization=None,
        fix_line_breaks=False,
        remove_terminal_escapes=False,
        fix_surrogates=False,
        remove_control_chars=False,
    )


def broken_pieces(line: str) -> Iterator[Mojibake]:
    """The broken pieces of one line, word by word, so that a line of many languages is judged in parts."""
    if line.isascii():
        return
    from ftfy import fix_text_segment

    position = 0
    for word in line.split(" "):
        if not word.isascii():
            mended = fix_text_segment(word, _config())
            if mended != word and len(mended) < len(word):
                yield Mojibake(position, position + len(word), word, mended)
        position += len(word) + 1
