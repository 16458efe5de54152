"""Text and addresses as HTML. Every ``>`` is escaped: MJML's parser panics on one after a multibyte character."""

from __future__ import annotations

from typing import Final

from mailer.render.tree import clean, clean_url

_SPECIAL: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def escape(text: str) -> str:
    """Text for an element or a double-quoted attribute."""
    return clean(text).translate(_SPECIAL)


def escape_url(url: str) -> str:
    """An address for a double-quoted attribute."""
    return clean_url(url).translate(_SPECIAL)
