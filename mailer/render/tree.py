"""Reads an issue's tokens as a tree, with text that every later step can carry.

Laws: no control characters (XML and mail forbid them), and no slot that an author wrote: ``@@ADDRESS@@`` in a text
is shown as such and never becomes somebody's address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from mailer.render.model import SLOTS

Node = SyntaxTreeNode

# C0 without tab and newline, DEL and C1, lone surrogates, noncharacters
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_WRITTEN_SLOT: Final = re.compile("|".join(re.escape(slot) for slot in SLOTS))
_LETTERS: Final = re.compile(r"\w+")
JOINER: Final = "\u2060"  # word joiner: no width, no break


def clean(text: str) -> str:
    """The text without what cannot be printed, and with any slot in it disarmed."""
    if text.isascii() and text.isprintable() and "@@" not in text:
        return text
    text = _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _WRITTEN_SLOT.sub(lambda slot: f"@{JOINER}{slot[0][1:-1]}{JOINER}@", text)


def clean_url(url: str) -> str:
    """The same for an address: no white space either."""
    url = re.sub(r"\s", "%20", _UNPRINTABLE.sub("", url.strip()))
    return _WRITTEN_SLOT.sub(lambda slot: slot[0].replace("@@", "%40%40"), url)


def tree(tokens: Sequence[Token]) -> list[Node]:
    """Top-level nodes of a document, in reading order."""
    return SyntaxTreeNode(tokens).children


def plain(node: Node) -> str:
    """The words of a node on one line: what a table of contents or a caption needs."""
    return " ".join("".join(_words([node])).split())


def _words(nodes: Iterable[Node]) -> Iterable[str]:
    for node in nodes:
        if node.type in ("text", "code_inline"):
            yield clean(node.content)
        elif node.type == "image":
            yield alternative(node)
        elif node.type in ("softbreak", "hardbreak"):
            yield " "
        else:
            yield from _words(node.children)


def attribute(node: Node, name: str) -> str:
    """An attribute as text, "" when absent."""
    value = node.attrs.get(name)
    return "" if value is None else str(value)


def alternative(image: Node) -> str:
    """What stands for an image when it cannot be seen; "" for a decoration."""
    words = "".join(_words(image.children)) if image.children else attribute(image, "alt") or image.content
    return " ".join(clean(words).split())


def say_the_same(one: str, other: str) -> bool:
    """Whether two texts have the same words, whatever their case and punctuation: "The crane." and "the crane"."""
    return bool(one) and _LETTERS.findall(one.casefold()) == _LETTERS.findall(other.casefold())


def alignment(node: Node) -> str:
    """ "left", "center" or "right" where the author set it, else ""."""
    style = attribute(node, "style").replace(" ", "")
    return next((side for side in ("left", "center", "right") if f"text-align:{side}" in style), "")
