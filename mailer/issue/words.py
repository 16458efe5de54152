"""The words that a reader must find in what is made of an issue: the yardstick of "the text is all there"."""

from __future__ import annotations

import re

from mailer.issue.model import Issue

_WORD = re.compile(r"\w+", re.UNICODE)
_SAID = frozenset({"text", "code_inline", "text_special"})


def visible_words(issue: Issue) -> list[str]:
    """Words of the body in reading order: text and code, captions and cells, but no alt texts and no addresses."""
    words: list[str] = []
    for token in issue.tokens:
        if token.type in ("fence", "code_block"):
            words += _WORD.findall(token.content)
        elif token.type == "inline":
            said = "".join(
                child.content if child.type in _SAID else " " if child.type.endswith("break") else ""
                for child in token.children or []
            )
            words += _WORD.findall(said)
    return words
