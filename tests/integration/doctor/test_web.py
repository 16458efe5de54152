from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from mailer.doctor.case import Case
from mailer.doctor.checks import web
from mailer.doctor.finding import Finding, Result
from mailer.doctor.names import Names
from mailer.doctor.registry import CHECKS
from subscribers.tables import Base
from tests.builders.archive import Installation, an_installation
from tests.builders.doctor import failures, warnings
from tests.support.certificates import Authority
from tests.support.web_server import web_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@pytest.fixture
def installation(tmp_path: Path) -> Iterable[Installation]:
    made = an_installation(tmp_path)
    yield made
    made.engine.dispose()


def a_case_at(installation: Installation, base_url: str, **settings: Any) -> Case:
    return Case(
        settings=replace(installation.settings, base_url=base_url, **settings),
        config_path=installation.settings.folder / "mailer.toml",
        names=Names("127.0.0.1:1", seconds=0.2),
        now=lambda: datetime.now(UTC),
        newsletters=(installation.newsletter,),
        seconds=5.0,
    )


def rows(installation: Installation) -> dict[str, int]:
    with installation.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def look(installation: Installation, app: WSGIApplication | None = None) -> list[Finding]:
    with web_server(app or installation.app()) as base_url:
        return list(web.check(a_case_at(installation, base_url)))


def test_our_app_is_found_good_and_nobody_is_left_behind(installation: Installation) -> None:
    before = rows(installation)
    findings = look(installation)
    assert not failures(findings), findings
    assert [finding.check for finding in warnings(findings)] == ["web-https"]
    told = {finding.check: finding.means for finding in findings}
    assert "changes nothing" in told["web-get"]
    assert "unsubscribes without a redirect" in told["web-one-click"]
    assert rows(installation) == before


Front = Callable[["WSGIApplication"], "WSGIApplication"]


def redirecting_posts(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            start("308 Permanent Redirect", [("Location", environ["PATH_INFO"] + "/")])
            return [b""]
        return app(environ, start)

    return front


def wanting_a_csrf_token(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            start("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"The CSRF token is missing."]
        return app(environ, start)

    return front


def passing_only_urlencoded(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_TYPE", "").startswith("multipart/"):
            start("403 Forbidden", [("Content-Type", "text/plain")])
            return [b"blocked"]
        return app(environ, start)

    return front


def unsubscribing_on_a_look(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/unsubscribe/"):
            environ["REQUEST_METHOD"] = "POST"
        return app(environ, start)

    return front


def swallowing_posts(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            environ["REQUEST_METHOD"] = "GET"
        return app(environ, start)

    return front


def something_else(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/html")])
        return [b"<h1>It works!</h1>"]

    return front


def moved_to_another_host(app: WSGIApplication) -> WSGIApplication:
    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        start("301 Moved", [("Location", "https://www.example.org/")])
        return [b""]

    return front


@pytest.mark.parametrize(
    ("front", "check", "said"),
    [
        (redirecting_posts, "web-one-click", "is redirected"),
        (wanting_a_csrf_token, "web-one-click", "answered with 400"),
        (passing_only_urlencoded, "web-one-click", "(multipart) is answered with 403"),
        (unsubscribing_on_a_look, "web-get", "link scanners"),
        (swallowing_posts, "web-one-click", "nobody was unsubscribed"),
        (something_else, "web-reached", "something else answers"),
        (moved_to_another_host, "web-reached", "redirects to https://www.example.org/"),
    ],
)
def test_what_stands_in_front_and_breaks_it_is_found(
    installation: Installation, front: Front, check: str, said: str
) -> None:
    before = rows(installation)
    bad = {finding.check: finding for finding in failures(look(installation, front(installation.app())))}
    assert said in bad[check].means
    assert bad[check].mend
    assert rows(installation) == before


def test_headers_that_a_proxy_takes_away_are_missed(installation: Installation) -> None:
    app = installation.app()

    def front(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def bare(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start(status, [header for header in headers if header[0] != "Content-Security-Policy"], *rest)

        return app(environ, bare)

    found = {finding.check: finding for finding in warnings(look(installation, front))}
    assert "Content-Security-Policy" in found["web-headers"].means


def test_an_app_with_another_key_or_database_is_found(installation: Installation, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    elsewhere = an_installation(other)
    with web_server(elsewhere.app()) as base_url:
        keys = {finding.check: finding for finding in failures(web.check(a_case_at(installation, base_url)))}
        same_keys = a_case_at(installation, base_url, secret_keys=elsewhere.settings.secret_keys)
        database = {finding.check: finding for finding in failures(web.check(same_keys))}
    elsewhere.engine.dispose()
    assert "same secret key" in keys["web-get"].mend
    assert "nobody was unsubscribed" in database["web-one-click"].means


def test_without_a_database_the_links_are_tried_for_nobody(installation: Installation, tmp_path: Path) -> None:
    with web_server(installation.app()) as base_url:
        missing = f"sqlite:///{tmp_path / 'not-there.db'}"
        findings = list(web.check(a_case_at(installation, base_url, database=missing)))
    assert not failures(findings), findings
    assert not (tmp_path / "not-there.db").exists()


def test_nobody_there_is_a_failure_in_words(installation: Installation) -> None:
    with web_server(installation.app()) as base_url:
        pass
    findings = list(web.check(a_case_at(installation, base_url)))
    assert "connection refused" in failures(findings)[0].means
    assert failures(web.check(a_case_at(installation, "http://nowhere.invalid")))


def test_by_https_nothing_is_left_to_wish_for(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))  # what OpenSSL trusts instead of the system's
    served = replace(installation, settings=replace(installation.settings, base_url="https://localhost"))
    with web_server(served.app(), tls=authority.server_context("localhost")) as base_url:
        findings = list(web.check(a_case_at(installation, base_url)))
    assert {finding.result for finding in findings} == {Result.OK}, findings


@pytest.mark.parametrize(
    ("context", "said"),
    [
        (lambda authority: authority.server_context("localhost", days=-1), "expired"),
        (lambda authority: authority.server_context("news.example.org"), "not for localhost"),
    ],
)
def test_a_bad_certificate_of_the_web_server_is_told_by_its_reason(
    installation: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    context: Callable[[Authority], ssl.SSLContext],
    said: str,
) -> None:
    authority = Authority.made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with web_server(installation.app(), tls=context(authority)) as base_url:
        (bad,) = failures(web.check(a_case_at(installation, base_url)))
    assert said in bad.means


def test_a_clock_that_is_wrong_is_noticed(installation: Installation) -> None:
    with web_server(installation.app()) as base_url:
        case = replace(a_case_at(installation, base_url), now=lambda: datetime.now(UTC) + timedelta(minutes=25))
        (bad,) = [finding for finding in failures(web.check(case)) if finding.check == "clock"]
    assert "25 minutes apart" in bad.means or "24 minutes apart" in bad.means


def test_every_check_stands_in_the_registry_once() -> None:
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names))
    folder = Path(web.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == {name.split(".")[0] for name in names}
