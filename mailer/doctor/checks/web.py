"""The web app from outside, by base_url: reached by https, one click unsubscribes, a look changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from mailer.doctor.browsing import Answer, NoReply, ask
from mailer.doctor.case import Case
from mailer.doctor.clock import clock_finding
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.ledger import opened
from mailer.doctor.stand_in import NoStandIn, stand_in, state_of
from mailer.errors import MailerError
from subscribers.subscription import SubscriptionState
from subscribers.tokens import TokenKeys

HTTPS: Final = "web-https"
REACHED: Final = "web-reached"
GET: Final = "web-get"
ONE_CLICK: Final = "web-one-click"
HEADERS: Final = "web-headers"

PRESSED: Final = b"List-Unsubscribe=One-Click"
FORM: Final = "application/x-www-form-urlencoded"
_LINE: Final = "----mailer-doctor"
MULTIPART: Final = f"multipart/form-data; boundary={_LINE}"
PRESSED_IN_PARTS: Final = (
    f'--{_LINE}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--{_LINE}--\r\n'
).encode()
NOBODY: Final = 0  # the subscription that test copies name

# name, what its value has to match, what it keeps away
EXPECTED: Final = (
    ("Content-Security-Policy", r"default-src 'none'", "a page that was tampered with could run scripts"),
    ("X-Content-Type-Options", r"nosniff", "browsers could take a file for a script"),
    ("Referrer-Policy", r"no-referrer", "the personal link could reach other sites"),
    ("Cache-Control", r"no-store", "the personal page could be kept by somebody between"),
)
EXPECTED_BY_HTTPS: Final = (
    ("Strict-Transport-Security", r"max-age=0*[1-9]", "the next visit could go without encryption"),
)


def check(case: Case) -> Iterator[Finding]:
    """PASS: https; GET of an unsubscribe link shows a page and changes nothing; one POST unsubscribes with 200."""
    base_url = case.settings.base_url.rstrip("/")
    yield _https(base_url)
    try:
        answer = _ask(case, "GET", f"{base_url}/healthz")
    except NoReply as reason:
        yield failure(
            REACHED,
            f"the web app does not answer at {base_url}: {reason}. Nobody can unsubscribe, and mail clients "
            "show that.",
            "Start it (mailer serve, or gunicorn behind your web server), and check base_url.",
        )
        return
    yield from _reached(base_url, answer)
    if answer.clock is not None:
        yield clock_finding(base_url, answer.clock, case.now())
    if not case.settings.secret_keys:
        return
    yield from _links(case, base_url)


def _ask(case: Case, method: str, url: str, body: bytes = b"", content_type: str = "") -> Answer:
    return ask(method, url, seconds=case.seconds, now=case.now(), body=body, content_type=content_type)


def _https(base_url: str) -> Finding:
    if base_url.startswith("https:"):
        return ok(HTTPS, f"links in mail lead to {base_url}, by https.")
    return warning(
        HTTPS,
        f"base_url is {base_url}, not https: mail clients show no unsubscribe button (RFC 8058), and personal "
        "links "
        "travel in the clear.",
        f'Give the web app a certificate and set base_url = "https://{urlsplit(base_url).hostname}".',
    )


def _reached(base_url: str, answer: Answer) -> Iterator[Finding]:
    if answer.status == 200 and answer.body.strip() == "ok":
        yield ok(REACHED, f"the web app answers at {base_url}.")
    elif answer.redirects:
        target = answer.headers.get("Location", "elsewhere")
        yield failure(
            REACHED,
            f"{base_url} redirects to {target[:100]}: a POST that is redirected does not unsubscribe.",
            "Set base_url to the address that it leads to in the end.",
        )
    else:
        yield failure(
            REACHED,
            f"at {base_url}/healthz something else answers, or the web app is not well (status {answer.status}).",
            "Check base_url, and the log of the web app.",
        )


def _links(case: Case, base_url: str) -> Iterator[Finding]:
    """Press the buttons for a stand-in where the database is at hand, else for nobody."""
    keys = TokenKeys(case.settings.secret_keys)
    with ExitStack() as stack:
        engine: Engine | None = None
        person = NOBODY
        if case.newsletters:
            newsletter = case.newsletters[0]
            try:
                engine = stack.enter_context(opened(case.settings))
                person = stack.enter_context(
                    stand_in(engine, keys, newsletter.key, newsletter.fallback_language, case.now())
                )
            except (MailerError, NoStandIn, DBAPIError):
                engine = None  # the check of the database says why
        url = f"{base_url}/unsubscribe/{keys.unsubscribe(person)}"
        try:
            yield from _look(case, url, engine, person)
            yield from _press(case, url, engine, person)
        except NoReply as reason:
            yield failure(
                ONE_CLICK,
                f"an unsubscribe link does not answer: {reason}.",
                "Look into the log of the web app.",
            )


def _look(case: Case, url: str, engine: Engine | None, person: int) -> Iterator[Finding]:
    answer = _ask(case, "GET", url)
    if answer.status != 200:
        yield failure(
            GET,
            f"an unsubscribe link shows no page (status {answer.status}).",
            "Does the web app run with the same secret key file and version as this command? Does a web server in "
            "front change paths?",
        )
        return
    if engine is not None and state_of(engine, person) is SubscriptionState.UNSUBSCRIBED:
        yield failure(
            GET,
            "looking at an unsubscribe link unsubscribes: link scanners of mail servers would unsubscribe people.",
            "Something in front of the web app turns GET into POST; take it away.",
        )
    else:
        known = "and changes nothing" if engine is not None else "(whether it changes anything was not looked at)"
        yield ok(GET, f"an unsubscribe link shows a page {known}.")
    yield from _headers(url, answer)


def _press(case: Case, url: str, engine: Engine | None, person: int) -> Iterator[Finding]:
    for body, content_type, name in ((PRESSED, FORM, "urlencoded"), (PRESSED_IN_PARTS, MULTIPART, "multipart")):
        answer = _ask(case, "POST", url, body, content_type)
        if answer.redirects:
            yield failure(
                ONE_CLICK,
                f"the one-click POST ({name}) is redirected to {answer.headers.get('Location', '?')[:100]}: "
                "mail clients "
                "do not follow, and nobody is unsubscribed (RFC 8058).",
                "Let the web server in front pass POST through as it is; no redirect of slashes, hosts or https.",
            )
            return
        if answer.status not in {200, 202, 204}:
            yield failure(
                ONE_CLICK,
                f"the one-click POST ({name}) is answered with {answer.status}: mail clients' unsubscribe "
                "button fails, "
                "and people press the spam button instead.",
                "Let the web server and any firewall in front pass POST without cookies through.",
            )
            return
    if engine is not None and state_of(engine, person) is not SubscriptionState.UNSUBSCRIBED:
        yield failure(
            ONE_CLICK,
            "the one-click POST is answered, but nobody was unsubscribed in this database.",
            f"Does the web app at {case.settings.base_url} use the same database as this command?",
        )
        return
    done = "unsubscribes without a redirect" if engine is not None else "is answered without a redirect"
    yield ok(ONE_CLICK, f"the one-click POST {done}, in both forms that mail clients use.")


def _headers(url: str, answer: Answer) -> Iterator[Finding]:
    expected = EXPECTED + (EXPECTED_BY_HTTPS if url.startswith("https:") else ())
    missing = [
        (name, harm)
        for name, pattern, harm in expected
        if not re.search(pattern, answer.headers.get(name, ""), re.IGNORECASE)
    ]
    if not missing:
        yield ok(HEADERS, "the pages carry the headers that keep browsers from doing more than they should.")
        return
    names = ", ".join(name for name, _ in missing)
    yield warning(
        HEADERS,
        f"an unsubscribe page comes without {names}: {missing[0][1]}.",
        "The web app sends them; let the web server in front keep them.",
    )


def check_clock_of_site(case: Case) -> Iterator[Finding]:
    """This machine's clock against that of the newsletter's own site, which mostly runs elsewhere."""
    seen = {urlsplit(case.settings.base_url).hostname}
    for newsletter in case.newsletters:
        host = urlsplit(newsletter.site_url).hostname
        if not host or host in seen:
            continue
        seen.add(host)
        try:
            theirs = _ask(case, "HEAD", f"{newsletter.site_url}/").clock
        except NoReply:
            continue  # the site is somebody else's care
        if theirs is not None:
            yield clock_finding(host, theirs + timedelta(milliseconds=500), case.now())
