"""A person's whole trip in a real browser: subscribe, prove it, change one's mind, go, and come back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from mailer import wiring
from mailer.flows.working import run_worker
from mailer.store.database import open_database, writing
from mailer.store.migrate import prepare_database
from subscribers.rules import SubscribeRules
from tests.builders.people import a_subscriber
from tests.support.people_site import LINK, Site, a_site, path_in, text_of
from tests.support.pictures import DESKTOP, PHONE
from tests.support.smtp_server import smtp_server
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.web_server import web_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

ADA = "ada@example.org"
LEAST_TARGET = 24  # CSS pixels, WCAG 2.2 criterion 2.5.8


class _Later:
    """The app that is made once its own address is known."""

    app: Callable[..., Iterable[bytes]]

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        return self.app(environ, start)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that a browser reaches, its worker at work, its mail caught."""
    engine = open_database(f"sqlite:///{tmp_path}/mailer.db")
    prepare_database(engine)
    later, stop = _Later(), threading.Event()
    with smtp_server() as server, web_server(later) as url:
        rules = SubscribeRules(answer_seconds=0.0)
        with a_site(engine, tmp_path, server, base_url=url, rules=rules) as opened:
            later.app = opened.app
            shop = wiring.workshop(opened.settings, engine, tell=lambda _sentence: None)
            worker = threading.Thread(target=run_worker, args=(shop, stop))
            worker.start()
            try:
                yield opened
            finally:
                stop.set()
                worker.join(PATIENCE_SECONDS)
    engine.dispose()


def mail(site: Site, subject: str, page: Page) -> str:
    """The text of the mail with that subject, when the worker has sent it."""
    for _ in range(1200):
        found = [one for one in site.mail_to(ADA) if subject in str(one["Subject"])]
        if found:
            return text_of(found[-1])
        site.clock.forward(seconds=0.05)
        page.wait_for_timeout(50)
    raise AssertionError(f"no mail about {subject!r} came")


def link_in(text: str, part: str) -> str:
    found: str = next(link for link in LINK.findall(text) if part in link)
    return found


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= LEAST_TARGET
    button.click()


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} pixels too wide"


def whole_trip(site: Site, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{site.settings.base_url}/news/subscribe")
    fits(page)
    page.get_by_label("Email address").fill(ADA)
    press(page, "Subscribe")
    assert page.get_by_role("heading", level=1).inner_text() == "Look into your mailbox"
    fits(page)
    page.goto(link_in(mail(site, "Please confirm", page), "/confirm/"))
    fits(page)
    assert site.state_of(ADA) == "pending"
    press(page, "Yes, subscribe me")
    assert page.get_by_role("heading", level=1).inner_text() == "You are subscribed"
    assert site.state_of(ADA) == "subscribed"
    welcome = mail(site, "Welcome", page)
    page.goto(link_in(welcome, "/preferences/"))
    fits(page)
    page.get_by_label("Language", exact=True).select_option("de")
    press(page, "Save")
    assert page.get_by_role("status").inner_text() == "Saved."
    assert site.rows("subscription")[0]["language"] == "de"
    with page.expect_download() as download:
        press(page, "Download my data")
    assert ADA in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("link", name="Consent record to print").click()
    assert "Confirmed by the link in the mail" in page.get_by_role("table").inner_text()
    fits(page)
    page.goto(link_in(welcome, "/unsubscribe/"))
    fits(page)
    assert site.state_of(ADA) == "subscribed"
    press(page, "Unsubscribe")
    assert page.get_by_role("heading", level=1).inner_text() == "You are unsubscribed"
    assert site.state_of(ADA) == "unsubscribed"
    press(page, "Undo")
    assert page.get_by_role("heading", level=1).inner_text() == "You are subscribed again"
    assert site.state_of(ADA) == "subscribed"
    assert context.cookies() == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_subscribe_confirm_change_leave_and_undo(browser: Browser, site: Site, width: int, script: bool) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=script, locale="en-GB"
    )
    try:
        whole_trip(site, context)
    finally:
        context.close()


def test_the_trip_needs_nothing_but_a_keyboard(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()

    def tab_to(name: str, role: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "[document.activeElement.tagName, document.activeElement.labels?.[0]?.innerText"
                " ?? document.activeElement.innerText]"
            )
            if focused == [role, name]:
                shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert shown != "none", f"nobody sees that {name} has the focus"
                return
        raise AssertionError(f"the keyboard never reaches {name}")

    page.goto(f"{site.settings.base_url}/news/subscribe")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to("Email address", "INPUT")
    page.keyboard.type(ADA)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Look into your mailbox")
    page.goto(link_in(mail(site, "Please confirm", page), "/confirm/"))
    tab_to("Yes, subscribe me", "BUTTON")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You are subscribed")
    page.goto(link_in(mail(site, "Welcome", page), "/preferences/"))
    tab_to("Pause", "BUTTON")
    tab_to("Yes, erase everything about me", "INPUT")
    page.keyboard.press("Space")
    tab_to("Erase me", "BUTTON")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You are erased")
    assert site.rows("subscriber") == []
    context.close()


PAGES = {
    "form": "/news/subscribe",
    "form in German": "/news/subscribe?lang=de",
    "answer": "POST /news/subscribe",
    "wrong address": "POST /news/subscribe wrong",
    "embed": "/news/embed",
    "confirm": "/confirm/{confirm}",
    "confirmed": "POST /confirm/{confirm}",
    "expired": "/confirm/{expired}",
    "used": "/confirm/{gone}",
    "unsubscribe": "/unsubscribe/{unsubscribe}",
    "left": "POST /unsubscribe/{unsubscribe}",
    "undo": "/unsubscribe/undo/{undo}",
    "undone": "POST /unsubscribe/undo/{undo}",
    "not undone": "/unsubscribe/undo/{too_late}",
    "preferences": "/preferences/{preferences}",
    "preferences saved": "POST /preferences/{preferences}",
    "not subscribed": "/preferences/{stranger}",
    "move": "/preferences/address/{move}",
    "moved": "POST /preferences/address/{move}",
    "receipt": "/preferences/receipt/{receipt}",
    "erased": "POST /preferences/{preferences} erase",
    "bad link": "/confirm/cut-off",
    "nothing there": "/news/nothing/",
}


def tokens(site: Site, number: int, stranger: int) -> dict[str, str]:
    keys, now = site.keys, site.clock()
    return {
        "confirm": keys.confirm(1, 1, now),
        "expired": keys.confirm(1, 1, now - timedelta(days=8)),
        "gone": keys.confirm(999, 1, now),
        "too_late": keys.undo(number, now - timedelta(days=31)),
        "unsubscribe": keys.unsubscribe(number),
        "undo": keys.undo(number, now),
        "preferences": keys.preferences(number),
        "stranger": keys.preferences(stranger),
        "move": keys.address_change(number, "new@example.org", now),
        "receipt": keys.receipt(number, now),
    }


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(
    browser: Browser, site: Site, width: int, mode: Literal["light", "dark"]
) -> None:
    with writing(site.engine) as connection:
        a_subscriber(connection, ADA, status="pending", now=site.clock())
        there = a_subscriber(connection, "bob@example.org", now=site.clock())
        gone = a_subscriber(connection, "cyd@example.org", status="unsubscribed", now=site.clock())
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=mode, locale="en-GB", bypass_csp=True
    )
    page = context.new_page()
    seen: set[str] = set()
    for name, way in PAGES.items():
        address = way.format(**tokens(site, there.subscription_id, gone.subscription_id))
        page.goto(site.settings.base_url + address.removeprefix("POST ").partition(" ")[0])
        if way.startswith("POST /news"):
            page.evaluate("document.querySelector('form').noValidate = true")
            page.get_by_label("Email address").fill("wrong" if way.endswith("wrong") else "eve@gmial.com")
        if way.endswith("erase"):
            page.get_by_label("Yes, erase everything about me").check()
            page.get_by_role("button", name="Erase me").click()
        elif way.startswith("POST"):
            page.locator("main button").first.click()
        seen.add(page.get_by_role("heading", level=1).inner_text())
        found: dict[str, Any] = Axe().run(page).response
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == [], name
        fits(page)
    assert {"You are subscribed", "You are unsubscribed", "You are subscribed again", "You are erased"} <= seen
    assert "You are not subscribed" in seen
    context.close()


def test_a_link_scanner_that_follows_everything_and_runs_scripts_changes_nothing(
    browser: Browser, site: Site
) -> None:
    """It opens every link of every mail, and every link on those pages, moves the mouse, scrolls and waits."""
    client = site.client()
    client.post("/news/subscribe", data={"email": ADA})
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    confirm = mail(site, "Please confirm", page)

    def scan(text: str) -> int:
        base, seen, queue = site.settings.base_url, set[str](), list(LINK.findall(text))
        while queue:
            address = queue.pop()
            if address in seen or not address.startswith(base) or len(seen) > 60:
                continue
            seen.add(address)
            client.head(address[len(base) :])
            page.goto(address)
            page.mouse.move(200, 300)
            page.mouse.wheel(0, 2000)
            page.wait_for_timeout(20)
            queue += page.evaluate("[...document.links].map(link => link.href)")
        return len(seen)

    def state() -> tuple[object, ...]:
        return (site.events(), site.rows("subscription"), site.rows("suppression"), len(site.rows("outbox")))

    before = state()
    assert scan(confirm) > 3
    assert state() == before
    client.post(path_in(site.mail_to(ADA)[0], "/confirm/"))
    welcome = mail(site, "Welcome", page)
    before = state()
    assert scan(welcome) > 5
    assert state() == before
    context.close()


def test_proof_of_work_is_done_by_the_browser(browser: Browser, tmp_path: Path) -> None:
    pytest.importorskip("altcha", reason="the extra captcha is not installed")
    engine = open_database(f"sqlite:///{tmp_path}/mailer.db")
    prepare_database(engine)
    later = _Later()
    with smtp_server() as server, web_server(later) as url:
        rules = SubscribeRules(proof_of_work=True)
        with a_site(engine, tmp_path, server, base_url=url, rules=rules) as site:
            later.app = site.app
            page = browser.new_page()
            page.goto(f"{url}/news/subscribe?lang=en")
            page.get_by_label("Email address").fill(ADA)
            page.get_by_role("button", name="Subscribe").click()
            page.wait_for_selector("text=Look into your mailbox", timeout=60_000)
            assert site.state_of(ADA) == "pending"
            page.close()
    engine.dispose()
