"""Raw HTML as words for the plain-text part: what it says, where it links, what its pictures show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from lxml import etree, html

# fmt: off
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "center", "dd", "details", "dl", "dt", "div", "figcaption",
    "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on

Mark = Callable[[str, str], str]


def html_words(fragment: str, mark: Mark) -> str:
    """The words of a fragment, a line for each block; ``mark(words, url)`` writes a link."""
    if not fragment.strip():
        return ""
    holder = html.fragment_fromstring(fragment, create_parent="div")
    text = "".join(_words(holder, mark))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{2,}", "\n", "\n".join(line for line in lines)).strip()


def _words(element: html.HtmlElement, mark: Mark) -> Iterator[str]:
    for child in _in_order(element):
        if isinstance(child, str):
            yield " ".join(child.split("\n"))
        elif isinstance(child.tag, str):
            yield _element(child, mark)


def _in_order(element: html.HtmlElement) -> Iterator[html.HtmlElement | str]:
    if element.text:
        yield element.text
    for child in element:
        yield child
        if child.tail:
            yield child.tail


def _element(element: html.HtmlElement, mark: Mark) -> str:
    inside = "".join(_words(element, mark))
    if element.tag == "br":
        return "\n"
    if element.tag == "img":
        alt = " ".join(str(element.get("alt", "")).split())
        return f"[{alt}]" if alt else ""
    if element.tag == "a" and element.get("href"):
        return mark(inside, str(element.get("href")))
    if element.tag == "li":
        return f"\n- {inside.strip()}\n"
    return f"\n{inside}\n" if element.tag in _BLOCKS else inside


def opening(markup: str) -> html.HtmlElement | None:
    """The element that one raw tag opens; nothing for a closing tag, a comment or a text."""
    found = re.match(r"\s*<[A-Za-z]", markup)
    if found is None:
        return None
    try:
        return html.fragment_fromstring(markup)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
