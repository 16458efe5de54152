"""Takes pictures of rendered mail in a real browser: phone and desktop, light and dark, images off.

Run by hand to look at a mail: ``python -m tests.support.pictures FOLDER MAIL.html…``
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.conftest import chromium_path

PHONE: Final = 375
DESKTOP: Final = 1280


@dataclass(frozen=True, slots=True)
class View:
    """How a person looks at a mail: the width of the window in CSS pixels, the mode, with or without pictures."""

    width: int
    mode: Literal["light", "dark"] = "light"
    images: bool = True

    @property
    def name(self) -> str:
        return f"{self.width}-{self.mode}" + ("" if self.images else "-no-images")


VIEWS: Final = (View(PHONE), View(PHONE, "dark"), View(DESKTOP), View(DESKTOP, "dark"))


@contextmanager
def a_browser() -> Iterator[Browser]:
    """This machine's Chromium, closed afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


Pictures = Mapping[str, tuple[str, bytes]]


@contextmanager
def open_mail(browser: Browser, markup: str, view: View, pictures: Pictures | None = None) -> Iterator[Page]:
    """A page that shows the mail. Nothing is fetched from the network: an image is one of ``pictures`` (address:
    media type and content) or broken."""
    known = pictures or {}

    def answer(route: Route) -> None:
        found = known.get(route.request.url)
        if found is None:
            route.abort()
        else:
            route.fulfill(content_type=found[0], body=found[1])

    page = browser.new_page(viewport={"width": view.width, "height": 900}, color_scheme=view.mode)
    try:
        page.route("**/*", answer)
        page.set_content(markup, wait_until="load")
        if not view.images:
            page.evaluate("document.querySelectorAll('img').forEach(image => image.removeAttribute('src'))")
        yield page
    finally:
        page.close()


def take_picture(
    browser: Browser, markup: str, target: Path, view: View, *, height: int = 0, pictures: Pictures | None = None
) -> int:
    """Writes a PNG of the whole mail (or its first ``height`` pixels); returns how many pixels it is too wide."""
    with open_mail(browser, markup, view, pictures) as page:
        if height:
            page.set_viewport_size({"width": view.width, "height": height})
        page.screenshot(path=str(target), full_page=not height)
        return excess_width(page)


@dataclass(frozen=True, slots=True)
class Ink:
    """A text as it is painted: its colour and the nearest ground below it as "#rrggbb", and its first words."""

    colour: str
    ground: str
    words: str


_INKS: Final = """() => [...document.body.querySelectorAll('*')].filter(
    one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())
        && one.getClientRects().length && getComputedStyle(one).visibility !== 'hidden'
        && getComputedStyle(one).opacity !== '0'
).map(one => {
    let ground = one;
    while (ground && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor))
        ground = ground.parentElement;
    const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
    return [getComputedStyle(one).color, ground ? getComputedStyle(ground).backgroundColor : canvas,
            one.tagName + ' ' + one.textContent.trim().slice(0, 40)];
})"""


def inks(page: Page) -> list[Ink]:
    """Computed colours of every element that shows words of its own."""
    return [Ink(_hex(ink), _hex(ground), words) for ink, ground, words in page.evaluate(_INKS)]


def _hex(colour: str) -> str:
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def excess_width(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def main(folder: str, *mails: str) -> None:
    """A picture of each mail in each view."""
    with a_browser() as browser:
        for mail in map(Path, mails):
            for view in VIEWS:
                target = Path(folder) / f"{mail.stem}-{view.name}.png"
                excess = take_picture(browser, mail.read_text(encoding="utf-8"), target, view)
                sys.stdout.write(f"{target} {f'{excess} px too wide' if excess else 'fits'}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
