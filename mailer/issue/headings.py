"""Anchors and the list of sections: every heading gets an id as GitHub and Hugo would make it, once per issue."""

from __future__ import annotations

import re
import unicodedata

from markdown_it.token import Token

from mailer.issue.markdown import plain_text
from mailer.issue.model import Section

_EXPLICIT = re.compile(r"\s*\{:?\s*((?:[#.][\w:.-]+\s*)+)\}\s*$")


def number_headings(tokens: list[Token]) -> tuple[Section, ...]:
    """Give each ``heading_open`` its unique ``id``; the sections in reading order."""
    headings = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    for index in headings:
        _take_explicit(tokens[index], tokens[index + 1])
    taken = {str(tokens[index].attrs["id"]) for index in headings if tokens[index].attrs.get("id")}
    counts: dict[str, int] = {}
    sections = []
    for index in headings:
        token = tokens[index]
        title = " ".join(plain_text(tokens[index + 1].children).split())
        if not token.attrs.get("id"):
            token.attrs["id"] = _unique(anchor_of(title), taken, counts)
        line = token.map[0] + 1 if token.map else 1
        sections.append(Section(int(token.tag[1]), title, str(token.attrs["id"]), line))
    return tuple(sections)


def anchor_of(title: str) -> str:
    """GitHub's rule: lower case, punctuation out, spaces become hyphens."""
    kept = []
    for letter in title.strip().lower():
        if letter.isspace():
            kept.append("-")
        elif letter in "-_" or unicodedata.category(letter)[0] in "LNM":
            kept.append(letter)
    return "".join(kept) or "section"


def _unique(anchor: str, taken: set[str], counts: dict[str, int]) -> str:
    candidate = anchor
    while candidate in taken:
        counts[anchor] = counts.get(anchor, 0) + 1
        candidate = f"{anchor}-{counts[anchor]}"
    taken.add(candidate)
    return candidate


def _take_explicit(token: Token, inline: Token) -> None:
    """``## Title {#id .class}`` (Hugo, kramdown): the id is taken, the braces go."""
    last = inline.children[-1] if inline.children else None
    match = _EXPLICIT.search(last.content) if last is not None and last.type == "text" else None
    if last is None or match is None:
        return
    last.content = last.content[: match.start()]
    if not last.content and inline.children:
        inline.children.pop()
    for word in match.group(1).split():
        if word.startswith("#"):
            token.attrs["id"] = word[1:]
