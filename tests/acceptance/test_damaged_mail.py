"""Mail as clients damage it, in a real browser: it still fits the screen, and every word can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from mailer.render.colour import READABLE, contrast
from tests.builders.samples import OWN, REAL, name_of, sample
from tests.support.inversion import INVERSIONS, lightness_turned
from tests.support.pictures import DESKTOP, PHONE, View, excess_width, inks, open_mail

pytestmark = pytest.mark.browser

SMALLEST = 320  # CSS pixels: what WCAG 2.2 (1.4.10) asks content to fit in


def as_meant(page: Page) -> None:
    """Nothing but the size of the window."""


def dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")


def light_without_images(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.evaluate("document.querySelectorAll('img').forEach(image => image.removeAttribute('src'))")


def without_styles(page: Page) -> None:
    """What webmail that takes the head away leaves: style attributes, in a page that says nothing of dark mode."""
    page.evaluate("document.querySelectorAll('style, meta[name*=color]').forEach(each => each.remove())")


def text_twice_as_large(page: Page) -> None:
    """A phone's large letters: fonts grow, the screen does not."""
    page.evaluate(
        """() => [...document.body.querySelectorAll('*')]
            .map(each => [each, parseFloat(getComputedStyle(each).fontSize)])
            .forEach(([each, size]) => each.style.setProperty('font-size', `${2 * size}px`, 'important'))"""
    )


@dataclass(frozen=True, slots=True)
class Damage:
    """A way of showing a mail that is not how it was meant; it is added to those before it."""

    name: str
    width: int
    do: Callable[[Page], None] = as_meant
    recoloured: bool = False  # whether texts or grounds have other colours than before


DAMAGES = (
    Damage("a phone", PHONE, recoloured=True),
    Damage("320 px", SMALLEST),
    Damage("dark", PHONE, dark, recoloured=True),
    Damage("images off", PHONE, light_without_images),
    Damage("200 % zoom", DESKTOP // 2),
    Damage("no styles on a desk", DESKTOP, without_styles, recoloured=True),
    Damage("no styles on a phone", PHONE),
    Damage("no styles on 320 px", SMALLEST),
    Damage("letters of twice the size", PHONE, text_twice_as_large),
)


def unreadable(page: Page, *, is_dark: bool) -> Iterator[str]:
    """Texts without contrast, as they are and as clients turn them; nobody turns a dark mail dark."""
    for ink in inks(page):
        for name, turn in INVERSIONS.items():
            if is_dark and turn is lightness_turned:
                continue
            found = contrast(turn(ink.colour), turn(ink.ground))
            if found < READABLE:
                yield f"{name}: {ink.colour} on {ink.ground} is {found:.2f}: {ink.words!r}"


def faults(browser: Browser, markup: str) -> Iterator[str]:
    with open_mail(browser, markup, View(PHONE)) as page:
        for damage in DAMAGES:
            page.set_viewport_size({"width": damage.width, "height": 900})
            damage.do(page)
            if excess := excess_width(page):
                yield f"{damage.name}: {excess} px too wide because of {widest(page)}"
            if damage.recoloured:
                found = set(unreadable(page, is_dark=damage.do is dark))
                yield from (f"{damage.name}: {fault}" for fault in sorted(found))


def widest(page: Page) -> str:
    """The innermost element that reaches beyond the window."""
    return str(
        page.evaluate(
            """() => { const wide = [...document.body.querySelectorAll('*')].filter(
                each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
                    || each.getBoundingClientRect().left < -0.5);
                return wide.length ? wide.at(-1).outerHTML.slice(0, 120) : 'nothing that can be seen'; }"""
        )
    )


@pytest.mark.parametrize("path", OWN, ids=name_of)
def test_our_samples_outlive_every_damage(browser: Browser, path: Path) -> None:
    assert list(faults(browser, sample(path)[1].html)) == []


@pytest.mark.parametrize("path", OWN, ids=name_of)
def test_our_samples_outlive_every_damage_in_the_plain_theme(browser: Browser, path: Path) -> None:
    assert list(faults(browser, sample(path, "plain")[1].html)) == []


@pytest.mark.corpus
@pytest.mark.parametrize("path", REAL, ids=name_of)
def test_real_issues_outlive_every_damage(browser: Browser, path: Path) -> None:
    assert list(faults(browser, sample(path)[1].html)) == []
