"""Marks that speak to a site generator, not to a reader: ``[TOC]``, ``{: .class}``, ``[!NOTE]``."""

from __future__ import annotations

import re
from typing import Final

from markdown_it.token import Token

from mailer.issue.markdown import plain_text
from mailer.issue.native import make, merged, text_token

_CONTENTS: Final = re.compile(r"^\s*(?:\[TOC\]|\[\[_?TOC_?\]\]|\$\{toc\})\s*$", re.IGNORECASE)
_TOC_LINE: Final = re.compile(r"^\s*\{:+\s*toc\b[^{}]*\}\s*$", re.IGNORECASE)
_ATTRIBUTES: Final = re.compile(r"^\s*\{:[^{}\n]*\}\s*$")
_TRAILING_ATTRIBUTES: Final = re.compile(r"\{:\s*(?:[.#][\w-]+|[\w-]+\s*=\s*(?:\"[^\"]*\"|\S+?)|\s)+\}")
_ALERT: Final = re.compile(r"^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$", re.IGNORECASE)


def without_site_marks(children: list[Token], *, quoted: bool) -> list[Token]:
    """Inline tokens of one block without such marks; ``quoted``: they open a block quote."""
    if not any(token.type == "text" and ("{:" in token.content or "[" in token.content) for token in children):
        return children
    lines: list[list[Token]] = [[]]
    for token in children:
        if token.type == "softbreak":
            lines.append([])
        else:
            lines[-1].append(token)
    if any(_TOC_LINE.match(plain_text(line)) for line in lines):
        return []
    kept: list[list[Token]] = []
    for number, line in enumerate(lines):
        said = plain_text(line) if all(token.type == "text" for token in line) else ""
        alert = _ALERT.match(said.strip()) if quoted and number == 0 else None
        if alert:
            word = alert.group(1).capitalize()
            kept.append([make("strong_open", "strong", 1), text_token(word), make("strong_close", "strong", -1)])
        elif not (_ATTRIBUTES.match(said) or _CONTENTS.match(said)):
            for token in line:
                if token.type == "text" and "{:" in token.content:
                    token.content = _TRAILING_ATTRIBUTES.sub("", token.content)
            kept.append(line)
    return merged([token for line in kept for token in [*line, make("softbreak", "br", 0)]])
