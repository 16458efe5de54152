"""Tokens as Markdown would make them, for what raw HTML and shortcodes say, and inline lists put in order."""

from __future__ import annotations

from itertools import pairwise

from markdown_it.token import Token


def make(kind: str, tag: str, nesting: int, **attrs: str) -> Token:
    """A token with its attributes; empty ones are left out."""
    direction = 1 if nesting > 0 else -1 if nesting < 0 else 0
    return Token(kind, tag, direction, attrs={key: value for key, value in attrs.items() if value})  # type: ignore[arg-type]  # Literal


def text_token(content: str) -> Token:
    token = make("text", "", 0)
    token.content = content
    return token


def link(href: str, words: str, title: str = "") -> list[Token]:
    return [make("link_open", "a", 1, href=href, title=title), text_token(words), make("link_close", "a", -1)]


def image(attrs: dict[str, str]) -> Token:
    """An ``image`` token as Markdown makes it: alt text as children, sizes in pixels as attributes."""
    token = make("image", "img", 0, src=attrs.get("src") or attrs.get("data-src", ""))
    token.attrs["alt"] = ""
    alt = " ".join(attrs.get("alt", "").split())
    token.children = [text_token(alt)] if alt else []
    token.content = alt
    if attrs.get("title", "").strip():
        token.attrs["title"] = attrs["title"].strip()
    for side in ("width", "height"):
        size = attrs.get(side, "").strip().lower().removesuffix("px")
        if size.isdigit() and 0 < int(size[:6]) < 10_000:
            token.attrs[side] = size
    return token


def merged(tokens: list[Token]) -> list[Token]:
    """Neighbouring texts joined, breaks at the ends left out, levels counted anew."""
    out: list[Token] = []
    for token in tokens:
        if token.type == "text" and not token.content:
            continue
        if token.type == "text" and out and out[-1].type == "text":
            out[-1].content += token.content
            continue
        if is_break(token) and (not out or is_break(out[-1])):
            if out and token.type == "hardbreak" and out[-1].type == "softbreak":
                out[-1] = token
            elif out and token.type == "hardbreak":
                out.append(token)
            continue
        out.append(token)
    while out and is_break(out[-1]):
        out.pop()
    for before, after in pairwise(out):
        if before.type == "hardbreak" and after.type == "text":
            after.content = after.content.lstrip(" ")
        elif after.type == "hardbreak" and before.type == "text":
            before.content = before.content.rstrip(" ")
    level = 0
    for token in out:
        level -= token.nesting < 0
        token.level = level
        level += token.nesting > 0
    return out


def is_break(token: Token) -> bool:
    return token.type in ("softbreak", "hardbreak")
