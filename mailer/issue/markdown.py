"""Markdown into markdown-it tokens: CommonMark, tables, strikethrough, footnotes, definition lists, task lists,
autolinks. Links stay as written here (``links.py`` judges them), raw HTML stays raw (``rawhtml.py`` reads it).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

MAX_NESTING: Final = 60  # deeper lists and quotes are noise, and Python's stack is finite

_URL: Final = r"(?:https?://|mailto:|xmpp:|www\.)"
_MENDED_LINK = re.compile(
    r" ?\(\(?\s*<?\s*(" + _URL + r"[^()\n<>]*(?:\([^()\n<>]*\)[^()\n<>]*)*)>?\s*\)"
    r"|\((" + _URL + r"[^\s()<>\"]+)(?=\s|$)"
    r"|\((/[^\s()<>\"]*)[ \t]*(?=\n|$)"
)
_SECOND_BRACKET = re.compile(r"[^\[\]\n]*(?=\]\()")
_SPOILED_TITLE = re.compile(r"""\s+["'“].*$|["'\s]+$""")


@cache
def parser() -> MarkdownIt:
    """The one parser; it keeps nothing between two texts."""
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": MAX_NESTING})
    md.enable(["table", "strikethrough"])
    md.use(footnote_plugin, inline=False).use(deflist_plugin).use(tasklists_plugin).use(gfm_autolink_plugin)
    md.inline.ruler.after("link", "mended_link", _mended_link)
    # Destinations are judged and encoded once, by links.py, for Markdown and raw HTML alike.
    for name, function in (
        ("validateLink", _any_link),
        ("normalizeLink", _as_written),
        ("normalizeLinkText", _as_written),
    ):
        setattr(md, name, function)  # an instance may carry its own, says markdown-it's manual
    return md


References = dict[str, object]  # what markdown-it learned of ``[name]: address`` lines


def parse(text: str) -> tuple[list[Token], References]:
    """Block tokens of a body, ``map`` counting lines of this text from 0, and its reference links."""
    environment: References = {}
    tokens = parser().parse(text, environment)
    return tokens, {"references": environment.get("references", {})}


def parse_inline(text: str, references: References | None = None) -> list[Token]:
    """The inline tokens of one paragraph's text."""
    tokens = parser().parseInline(text, dict(references or {}))
    return (tokens[0].children or []) if tokens else []


def plain_text(children: list[Token] | None) -> str:
    """What inline tokens say, without marks: for titles, anchors and summaries."""
    said = []
    for token in children or []:
        if token.type in ("text", "code_inline", "text_special"):
            said.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif token.type == "image":
            said.append(plain_text(token.children))
    return "".join(said)


def _any_link(url: str) -> bool:
    return True


def _as_written(url: str) -> str:
    return url


def _mended_link(state: StateInline, silent: bool) -> bool:
    """Slips that would show their brackets to every reader: ``[text]((https://…)``, ``[text] (https://…)``,
    spaces in the address, a bracket too few or too many.
    """
    if state.src[state.pos] != "[" or state.linkLevel:
        return False
    label_end = state.md.helpers.parseLinkLabel(state, state.pos, True)
    if label_end < 0:
        return False
    match = _MENDED_LINK.match(state.src, label_end + 1, state.posMax)
    second = (
        _SECOND_BRACKET.match(state.src, label_end + 1, state.posMax) if match is None and not silent else None
    )
    if second is not None:  # [a] b](address): the label has a bracket of its own
        label_end = second.end()
        match = _MENDED_LINK.match(state.src, label_end + 1, state.posMax)
    if match is None or label_end == state.pos + 1:
        return False
    if not silent:
        label_start, end = state.pos + 1, state.posMax
        token = state.push("link_open", "a", 1)
        token.attrs = {"href": _SPOILED_TITLE.sub("", match.group(1) or match.group(2) or match.group(3))}
        token.info = "mended"
        state.pos, state.posMax = label_start, label_end
        state.linkLevel += 1
        state.md.inline.tokenize(state)
        state.linkLevel -= 1
        state.push("link_close", "a", -1)
        state.posMax = end
    state.pos = match.end()
    return True
