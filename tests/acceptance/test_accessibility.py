"""Mail for people who listen to it: language, order, names. Own samples, and every real issue beside the checkout.

Contrast and layout are in test_damaged_mail.py, where colours are computed by a browser.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html
from lxml.html import HtmlElement

from mailer.render.templates import STANDARD
from mailer.render.tongue import direction
from tests.builders.samples import OWN, REAL, name_of, sample

DATA_TABLES = ("data", "dense")
PHRASE_TAGS = ("html", "body", "p", "a", "div", "blockquote", "span", "h1", "h2", "h3", "li")


def tree(path: Path, theme: str) -> HtmlElement:
    return html.document_fromstring(sample(path, theme)[1].html)


def name(element: HtmlElement) -> str:
    """The words by which a page reader calls a link or a heading."""
    said = element.get("aria-label") or element.text_content()
    return " ".join([said, *(image.get("alt") or "" for image in element.iter("img"))]).strip()


def language_faults(page: HtmlElement, language: str) -> Iterator[str]:
    for element in (page, page.find("body")):
        if element.get("lang") != language or element.get("dir") != direction(language):
            yield f"<{element.tag}> says lang={element.get('lang')} dir={element.get('dir')}, not {language}"
    for element in page.iter(*PHRASE_TAGS):
        lang, dir_ = element.get("lang"), element.get("dir")
        if lang and dir_ and direction(lang) != dir_:
            yield f"<{element.tag} lang={lang}> runs {dir_}"
    if not (page.findtext("head/title") or "").strip():
        yield "the page has no title"


def table_faults(page: HtmlElement) -> Iterator[str]:
    for table in page.iter("table"):
        is_data = any(kind in (table.get("class") or "").split() for kind in DATA_TABLES)
        if is_data == (table.get("role") == "presentation"):
            yield f"a table of {'data' if is_data else 'layout'} has role={table.get('role')}"
        if is_data and table.find("thead") is not None and not table.findall("thead/tr/th"):
            yield "a table's head has no th"


def heading_faults(page: HtmlElement) -> Iterator[str]:
    headings = list(page.iter("h1", "h2", "h3", "h4", "h5", "h6"))
    levels = [int(heading.tag[1]) for heading in headings]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"headings {levels} do not start with the only h1"
    yield from (f"h{above} is followed by h{below}" for above, below in pairwise(levels) if below - above > 1)
    yield from (f"<{heading.tag}> has no words" for heading in headings if not name(heading))
    identities = [element.get("id") for element in page.iter() if element.get("id")]
    if len(set(identities)) < len(identities):
        yield "an id stands twice"


def picture_faults(page: HtmlElement) -> Iterator[str]:
    for image in page.iter("img"):
        if image.get("alt") is None:
            yield f"no alt: {image.get('src')}"
        if not (image.get("width") or image.get("height")) and "inline" not in (image.get("class") or ""):
            yield f"no size for Outlook: {image.get('src')}"


def link_faults(page: HtmlElement) -> Iterator[str]:
    for link in page.iter("a"):
        if not link.get("href"):
            yield f"a link leads nowhere: {name(link)!r}"
        elif not name(link):
            yield f"a link says nothing: {link.get('href')}"


def hidden_faults(page: HtmlElement) -> Iterator[str]:
    """What is hidden is hidden from everybody; nothing takes the letters' size from the reader."""
    for element in page.iter("form", "script", "svg", "video", "iframe", "input", "button", "object", "embed"):
        yield f"<{element.tag}> in a mail"
    for element in page.iter("p", "li", "td", "a", "div", "span"):
        size = (element.get("style") or "").partition("font-size:")[2].partition("px")[0]
        if size.isdigit() and 0 < int(size) < 11 and "display:none" not in (element.get("style") or ""):
            yield f"letters of {size} px"


def faults(path: Path, theme: str = STANDARD) -> list[str]:
    page, language = tree(path, theme), sample(path)[0].language
    return [
        *language_faults(page, language),
        *table_faults(page),
        *heading_faults(page),
        *picture_faults(page),
        *link_faults(page),
        *hidden_faults(page),
    ]


@pytest.mark.parametrize("theme", [STANDARD, "plain"])
@pytest.mark.parametrize("path", OWN, ids=name_of)
def test_a_sample_can_be_listened_to(path: Path, theme: str) -> None:
    assert faults(path, theme) == []


@pytest.mark.corpus
@pytest.mark.parametrize("path", REAL, ids=name_of)
def test_a_real_issue_can_be_listened_to(path: Path) -> None:
    assert faults(path) == []


def test_every_kind_of_fault_is_seen() -> None:
    page = html.document_fromstring(
        "<html lang='en' dir='rtl'><head><title> </title></head><body><table><tr><td>x</td></tr></table>"
        "<h1>a</h1><h3></h3><img src='x'><a href='y'></a><a>z</a><form></form>"
        "<p style='font-size:8px'>tiny</p></body></html>"
    )
    checks = (table_faults, heading_faults, picture_faults, link_faults, hidden_faults)
    assert [len(list(check(page))) for check in checks] == [1, 2, 2, 2, 2]
    assert len(list(language_faults(page, "en"))) == 4
