"""The archive in a real browser: usable by everybody, on a phone and at a desk, light and dark, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from mailer.flows.errata import correct, find_corrections
from tests.builders.archive import a_harbour, an_installation
from tests.support.web_server import web_server

pytestmark = pytest.mark.browser

SPRING = "/harbour/2026-05-01-spring"
WILD = f"""A word{"x" * 120} and https://example.org/{"path/" * 40} in [a link](https://example.org/).

![](https://example.org/decoration.png)

[![](https://example.org/logo.png)](https://example.org/)

```
{"value = compute(value) " * 12}
```

| Name | | Version | Note |
|---|---|--:|---|
| Conversations | https://example.org/{"a" * 60} | 2.17.2 | {"word " * 20} |

> {"quoted" * 30}

- [x] done
- [ ] not done

### Deep

Term
: Meaning[^a] and again[^a]

[^a]: A note.

#### Deeper

~~gone~~ <kbd>Ctrl</kbd> <mark>marked</mark> H<sub>2</sub>O
"""
PAGES = {
    "home": "/",
    "index": "/harbour/",
    "empty index": "/lighthouse/",
    "issue": f"{SPRING}/en/",
    "translation": f"{SPRING}/de/",
    "right to left": "/harbour/arabic/ar/",
    "wild": "/harbour/wild/en/",
    "which newsletter": "/subscribe",
    "error": "/nothing",
    "error of a newsletter": "/harbour/nothing/",
}
SCREENS = {"phone": 375, "desk": 1280}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    harbour = a_harbour("http://localhost:8080")
    other = replace(harbour, key="lighthouse", name="Lighthouse Letters", list_id="light.example.org")
    folder = tmp_path_factory.mktemp("archive")
    installation = an_installation(folder, harbour, other, base_url="http://localhost:8080")
    installation.send_several(2)
    installation.send_demo()
    installation.send(installation.write("wild.md", WILD, title="Everything", header="date: 2026-05-02\n"))
    installation.send(
        installation.write(
            "arabic.md",
            "مرحبا\n\n## عنوان\n\n> اقتباس\n\n- واحد\n",
            title="نشرة",
            header="lang: ar\ndate: 2026-05-03\n",
        )
    )
    path = installation.issues / "2026-05-01-spring.md"
    path.write_text(path.read_text(encoding="utf-8").replace("13 June", "14 June"), encoding="utf-8")
    found = find_corrections(installation.engine, installation.prepared(path), "The regatta is on 14 June.")
    correct(installation.engine, found, datetime(2026, 5, 9, tzinfo=UTC))
    with web_server(installation.app()) as url:
        yield url
    installation.engine.dispose()


@pytest.fixture(params=["light", "dark"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SCREENS)
def page(request: pytest.FixtureRequest, browser: Browser, mode: str) -> Iterator[Page]:
    opened = browser.new_page(
        viewport={"width": SCREENS[request.param], "height": 900},
        color_scheme="dark" if mode == "dark" else "light",
    )
    opened.route("https://**", lambda route: route.abort())  # nothing leaves this machine
    yield opened
    opened.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser that runs no script."""
    opened = browser.new_page(java_script_enabled=False)
    opened.route("https://**", lambda route: route.abort())
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(page: Page, address: str, name: str) -> None:
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security" in message.text else None
    )
    page.goto(address + PAGES[name])
    found: dict[str, Any] = Axe().run(page).response
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert refused == []  # no inline style, script or foreign file that the policy had to stop


@pytest.mark.parametrize("name", ["index", "issue", "error"])
def test_everything_to_press_is_large_enough(page: Page, address: str, name: str) -> None:
    """WCAG 2.2, 2.5.8: 24 pixels, but for links inside sentences."""
    page.goto(address + PAGES[name])
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, input, select, summary')].filter(one => {
            const box = one.getBoundingClientRect();
            const inSentence = one.closest('.prose, dd, p:not(.name)') && one.matches('a');
            const hidden = one.closest('.trap') || one.matches('.skip, [type=hidden]');
            return !inSentence && !hidden && (box.width < 24 || box.height < 24);
        }).map(one => one.outerHTML)"""
    )
    assert small == []


def test_a_reader_finds_the_way_by_keyboard_alone(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address + PAGES["index"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "email"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.close()


def test_without_script_a_reader_goes_from_the_list_through_issues_and_languages(
    plain: Page, address: str
) -> None:
    plain.goto(f"{address}/")
    plain.get_by_role("link", name="The Harbour Gazette", exact=True).click()
    plain.get_by_role("link", name="The Harbour Gazette: boats back in the water").click()
    assert plain.url.endswith(f"{SPRING}/en/")
    plain.get_by_role("link", name="Deutsch").click()
    assert plain.url.endswith(f"{SPRING}/de/")
    assert plain.get_by_role("heading", level=1).inner_text().startswith("The Harbour Gazette: Die Boote")
    plain.get_by_role("link", name="Die Gezeitenuhr spricht").click()
    assert plain.url.endswith("#die-gezeitenuhr-spricht")
    plain.get_by_role("navigation", name="Andere Ausgaben").get_by_role("link").first.click()
    assert "/harbour/week-001/" in plain.url
    plain.get_by_role("link", name="All issues").click()
    plain.get_by_role("link", name="Español").click()
    assert plain.get_by_role("heading", name="Suscribirse").is_visible()


def test_headings_are_in_order_on_every_page(page: Page, address: str) -> None:
    for path in PAGES.values():
        page.goto(address + path)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(one => +one.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= before + 1 for before, later in pairwise(levels)), (path, levels)


def test_a_table_keeps_its_columns_and_their_names_on_a_phone(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 375, "height": 900})
    page.route("https://**", lambda route: route.abort())
    page.goto(address + PAGES["issue"])
    tops = [page.get_by_role("columnheader", name=name).bounding_box() for name in ("Day", "What", "Where")]
    assert len({box["y"] for box in tops if box}) == 1
    assert all(box and 0 <= box["x"] < 375 for box in tops)
    page.close()


def test_on_paper_the_issue_stands_alone(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.emulate_media(media="print")
    page.goto(address + PAGES["issue"])
    assert page.get_by_role("heading", level=1).is_visible()
    for hidden in (".subscribe", ".neighbours", ".masthead nav", ".contents", ".languages"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in (".masthead .name", ".foot a[rel=license]"):
        assert page.locator(shown).is_visible(), shown
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    after = "getComputedStyle(document.querySelector('.prose p a[href^=https]'), '::after').content"
    assert "https://harbour.example.org/crane" in page.evaluate(after)
    page.close()
