"""Raw HTML (already sanitised when the issue was read) brought into well-formed shape.

MJML reads XML and its parser gives up on one unclosed ``<p>``: what goes in here comes out balanced.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree, html

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_ALWAYS_EMPTY: Final = frozenset({"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"})
_CHECKBOX: Final = re.compile(r"<input\b[^>]*\btype=[\"']?checkbox[^>]*>", re.IGNORECASE)


def well_formed(fragment: str) -> str:
    """The fragment as XML with the same meaning: elements closed, attributes quoted, comments gone."""
    if not fragment.strip():
        return fragment
    holder = html.fragment_fromstring(fragment, create_parent="div")
    for odd in list(holder.iter(etree.Comment, etree.ProcessingInstruction)):
        odd.drop_tree()
    for element in holder.iter():
        if not _NAME.fullmatch(element.tag):
            element.tag = "span"
        for name in [name for name in element.attrib if not _NAME.fullmatch(name)]:
            del element.attrib[name]
        if element.tag not in _ALWAYS_EMPTY and element.text is None and not len(element):
            element.text = ""  # else <p/>, which a browser reads as an open <p>
    written = etree.tostring(holder, encoding="unicode", method="xml")
    return str(written.removeprefix("<div>").removesuffix("</div>"))


def boxes(markup: str) -> str:
    """Task list boxes as characters: mail clients drop form elements."""
    return _CHECKBOX.sub(lambda box: "☑" if re.search(r"\bchecked\b", box[0], re.IGNORECASE) else "☐", markup)
