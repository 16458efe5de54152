"""What a mail's HTML and CSS make use of, in the names of caniemail.com: "css-margin", "html-role"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import html

# a property is tested under the name of the shorthand that it belongs to
_FAMILIES: Final = (
    "margin",
    "padding",
    "border-radius",
    "border",
    "background",
    "text-decoration",
    "font",
    "list-style",
)
_OWN_NAME: Final = frozenset(
    {"background-color", "background-image", "border-collapse", "border-spacing", "border-radius"}
    | {"text-decoration-color", "text-decoration-thickness", "font-size", "font-weight", "font-stretch"}
    | {"list-style-type", "list-style-position"}
)
_UNITS: Final = {
    "%": "percent",
    **{unit: unit for unit in ("px", "em", "rem", "pt", "vh", "vw", "ch", "ex", "cm", "mm")},
}
_SELECTORS: Final = {
    "css-selector-class": r"\.[\w-]",
    "css-selector-type": r"(?:^|[\s,>+~])[a-z]",
    "css-selector-id": r"#[\w-]",
    "css-selector-attribute": r"\[",
    "css-selector-grouping": r",",
    "css-selector-descendant": r"[\w\])]\s+[\w.#\[*:]",
    "css-selector-child": r">",
    "css-selector-adjacent-sibling": r"\+",
    "css-selector-general-sibling": r"~",
    "css-selector-chaining": r"[\w\]]\.[\w-]|\w\[",
    "css-selector-universal": r"\*",
}
_HTML_TAGS: Final = {
    **{
        tag: f"html-{tag}" for tag in ("abbr", "blockquote", "body", "code", "del", "div", "hr", "img", "p", "pre")
    },
    **{
        tag: f"html-{tag}" for tag in ("small", "span", "strong", "style", "table", "form", "svg", "video", "base")
    },
    **{f"h{level}": "html-h1-h6" for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **dict.fromkeys(("article", "section", "nav", "header", "footer", "main"), "html-semantics"),
    **dict.fromkeys(("figure", "figcaption"), "html-semantics"),
    "link": "html-link",
}
_ATTRIBUTES: Final = frozenset(
    {"align", "cellpadding", "cellspacing", "dir", "height", "lang", "role", "valign", "width"}
)
_ATTRIBUTES_ALL: Final = _ATTRIBUTES | {
    "aria-label",
    "aria-hidden",
    "aria-describedby",
    "background",
    "target",
    "srcset",
}
_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


def features(markup: str) -> dict[str, str]:
    """Every feature that the mail uses and the first place where it does."""
    found: dict[str, str] = {}
    page = html.document_fromstring(markup)
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        places = [*_of_element(element), *_of_declarations(element.get("style") or "")]
        if element.tag == "style":
            places += _of_sheet(_COMMENT.sub("", element.text or ""))
        for slug, place in places:
            found.setdefault(slug, f"<{element.tag}> {place}".strip())
    return found


def _of_element(element: html.HtmlElement) -> Iterator[tuple[str, str]]:
    if element.tag in _HTML_TAGS:
        yield _HTML_TAGS[element.tag], ""
    for attribute, value in element.attrib.items():
        if attribute in _ATTRIBUTES_ALL:
            yield f"html-{attribute}", f"{attribute}={value[:40]}"
    if element.tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme", ""
    href = element.get("href") or ""
    if href.startswith("#"):
        yield "html-anchor-links", href
    if href.startswith("mailto:"):
        yield "html-mailto-links", href
    if element.tag == "img" and (element.get("src") or "").startswith("data:"):
        yield "image-base64", ""


def _of_declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        prop, colon, value = (part.strip().lower() for part in declaration.partition(":"))
        if not colon or prop.startswith(("mso-", "-", "--")):
            continue
        place = f"{prop}: {value[:40]}"
        yield f"css-{_tested_as(prop)}", place
        if prop == "display" and "none" in value:
            yield "css-display-none", place
        if "!important" in value:
            yield "css-important", place
        for unit in re.findall(r"\d(%|[a-z]+)\b|\d(%)", value):
            if name := _UNITS.get(unit[0] or unit[1]):
                yield f"css-unit-{name}", place
        for function in re.findall(r"\b(rgba?|calc|min|max|clamp|var)\(", value):
            yield {"calc": "css-unit-calc", "var": "css-variables"}.get(function, f"css-{function}"), place


def _tested_as(prop: str) -> str:
    if prop in _OWN_NAME:
        return prop
    if prop in ("left", "right", "top", "bottom"):
        return "left-right-top-bottom"
    return next((family for family in _FAMILIES if prop.startswith(f"{family}-")), prop)


def _of_sheet(sheet: str) -> Iterator[tuple[str, str]]:
    """Rules of a style element, those inside of ``@media`` too."""
    for at_rule, condition in re.findall(r"@([a-z-]+)([^{;]*)", sheet):
        yield f"css-at-{at_rule}", f"@{at_rule}{condition[:40]}"
        for feature in re.findall(r"\((prefers-[a-z-]+|hover|orientation)", condition):
            yield f"css-at-media-{feature}", condition.strip()
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        selector = selector.strip()
        if not selector.startswith("@"):
            for slug, pattern in _SELECTORS.items():
                if re.search(pattern, re.sub(r"\[[^\]]*\]", "[]", selector)):
                    yield slug, selector[:60]
            for pseudo in re.findall(r"(?<!:):([a-z-]+)", selector):
                yield f"css-pseudo-class-{pseudo}", selector[:60]
            for pseudo in re.findall(r"::([a-z-]+)", selector):
                yield f"css-pseudo-element-{pseudo}", selector[:60]
        yield from _of_declarations(body)
