"""What holds for every page: headers, languages, error pages, static files, no redirect of a POST."""

from __future__ import annotations

import logging
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from flask import Blueprint, Flask, abort, render_template_string, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailer.render.colour import READABLE, contrast, scheme
from mailer.resources import template_folders
from mailer.settings import WebSettings
from mailer.store.database import open_database, writing
from mailer.web import create_app
from mailer.web.frame import preferred
from mailer.web.phrases import PAGES, PagePhrases, nearest_language
from mailer.web.security import POLICY
from mailer.web.styles import Styles
from tests.builders.archive import Installation, an_installation
from tests.builders.render import a_publication

LANGUAGES = {"en", "de", "es", "fr", "it", "pt-br"}
CODES = (400, 404, 405, 413, 429, 500)
PLACES = (
    *("/", "/harbour/", "/harbour/2026-05-01-spring/de/", "/harbour/feed.atom", "/healthz", "/metrics"),
    *("/nothing", "/fail/400", "/fail/500", "/static/none.css", "/a%00b"),
)


def with_test_pages(app: Flask) -> Flask:
    """Pages that fail in each way, as a blueprint of another room would be added."""
    pages = Blueprint("failing", __name__)

    @pages.get("/fail/<int:code>")
    def fail(code: int) -> str:
        if code == 500:
            raise RuntimeError("a secret: hunter2")
        abort(code)

    @pages.get("/fail/link/<token>")
    def fail_with_token(token: str) -> str:
        raise RuntimeError("broken")

    @pages.post("/take")
    def take() -> str:
        return str(len(request.form))

    @pages.get("/client")
    def client() -> str:
        return f"{request.remote_addr} {request.scheme} {request.host}"

    @pages.get("/title")
    def title() -> str:
        return render_template_string(
            "{% extends 'web/page.html' %}{% block title %}T{% endblock %}"
            "{% block main %}{{ link('/x') }}{% endblock %}"
        )

    app.register_blueprint(pages)
    return app


@pytest.fixture(scope="module")
def failing(harbour: Installation) -> FlaskClient:
    return with_test_pages(harbour.app()).test_client()


def test_every_language_has_every_phrase() -> None:
    assert set(PAGES) == LANGUAGES
    english = PAGES["en"]
    for language, phrases in PAGES.items():
        assert phrases.language == language
        assert set(phrases.errors) == set(english.errors) >= set(CODES)
        for field in fields(PagePhrases):
            said, expected = getattr(phrases, field.name), getattr(english, field.name)
            if isinstance(said, str):
                assert said.strip(), f"{language} lacks {field.name}"
                assert re.findall(r"{\w+}", said) == re.findall(r"{\w+}", expected), f"{language}: {field.name}"
        assert all(title and advice for title, advice in phrases.errors.values())


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_errors_are_pages_in_the_readers_language(failing: FlaskClient, code: int, language: str) -> None:
    answer = failing.get(f"/fail/{code}", headers={"Accept-Language": language})
    assert answer.status_code == code
    assert f'<html lang="{language}" dir="ltr">' in answer.text
    assert PAGES[language].errors[code][0] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    for told in ("hunter2", "Traceback", "RuntimeError", "Werkzeug", "Flask"):
        assert told not in answer.text + str(answer.headers)


def test_no_log_holds_a_token(failing: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert failing.get("/fail/link/s3cr3t-t0k3n").status_code == 500
    assert "failing.fail_with_token failed" in caplog.text
    assert "s3cr3t-t0k3n" not in caplog.text


def test_a_database_that_is_away_is_said_without_a_word_about_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    installation = an_installation(tmp_path)
    client = installation.app().test_client()
    installation.engine.dispose()
    (tmp_path / "mailer.db").rename(tmp_path / "away.db")
    (tmp_path / "mailer.db").mkdir()
    answer = client.get("/harbour/?lang=de")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert PAGES["de"].errors[503][0] in answer.text
    assert str(tmp_path) not in answer.text + caplog.text
    assert client.get("/healthz").status_code == 503
    assert client.get("/nothing").status_code == 404


def test_no_log_holds_what_a_statement_was_about(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/mailer.db")
    with pytest.raises(DBAPIError) as raised, writing(engine) as connection:
        connection.execute(text("SELECT :address FROM nowhere"), {"address": "ada@example.org"})
    assert "ada@" not in str(raised.value)


@pytest.mark.parametrize("path", PLACES)
def test_every_answer_carries_what_keeps_browsers_safe(failing: FlaskClient, path: str) -> None:
    headers = failing.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy == POLICY or "2026-05-01" in path
    for rule in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
        assert rule in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers.get_all("Content-Security-Policy") == [policy]


def test_browsers_are_told_to_insist_on_https_only_where_it_is_spoken(tmp_path: Path) -> None:
    client = an_installation(tmp_path, base_url="http://localhost:8080").app().test_client()
    assert "Strict-Transport-Security" not in client.get("/").headers
    assert "Strict-Transport-Security" in client.get("/", base_url="https://localhost").headers


@pytest.mark.parametrize(
    "path", ["/take", "/take/", "//take", "/healthz/", "/harbour", "/harbour/x", "/harbour/feed.atom/"]
)
def test_no_post_is_sent_elsewhere(failing: FlaskClient, path: str) -> None:
    assert failing.post(path).status_code not in range(300, 400)


def test_too_much_is_refused(failing: FlaskClient) -> None:
    assert failing.post("/take", data={"email": "a" * 100_000}).status_code == 413
    assert failing.post("/take", data={f"field{n}": "x" for n in range(20)}).text == "20"
    many = "".join(f'--x\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\nv\r\n' for n in range(200))
    answer = failing.post("/take", data=f"{many}--x--\r\n", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


def test_the_stylesheet_is_kept_for_a_year_under_a_name_of_its_own(client: FlaskClient) -> None:
    found = re.search(
        r'<link rel="stylesheet" href="(/static/page\.[0-9a-f]{16}\.css)">', client.get("/harbour/").text
    )
    assert found is not None
    answer = client.get(found[1])
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--accent: #0f4b6e" in answer.text
    assert client.get("/static/../wsgi.py").status_code == 404


def test_a_look_of_ones_own_changes_the_name_of_the_stylesheet(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    own = tmp_path / "own"
    for folder, css in ((shipped, "a {}"), (own, "b {}")):
        (folder / "web").mkdir(parents=True)
        (folder / "web" / "page.css").write_text(css)
    (shipped / "web" / "icon.svg").write_text("<svg/>")
    plain, changed = Styles([shipped], []), Styles([own, shipped], [])
    assert plain.look("").stylesheet != changed.look("").stylesheet
    assert plain.look("").icon == changed.look("").icon


def test_pages_wear_the_colours_and_fonts_of_their_newsletter() -> None:
    warm = replace(a_publication(), key="warm", fonts="Georgia,serif", colours={"page": "#f4ecdf"})
    night = replace(a_publication(), key="night", dark_colours={"page": "#120a06"})
    styles = Styles(template_folders(None), [warm, night])

    sheets = [styles.file(styles.look(key).stylesheet.rpartition("/")[2]) for key in ("warm", "night", "")]
    warm_sheet, night_sheet, ours = [sheet.content.decode() for sheet in sheets if sheet]

    assert "--page: #f4ecdf;" in warm_sheet
    assert "--sans: Georgia,serif;" in warm_sheet
    assert "--page: #120a06;" in night_sheet.partition("prefers-color-scheme: dark")[2]
    assert "--sans: " not in ours
    assert "--accent: #0b57a4" in ours


def test_a_template_of_ones_own_replaces_ours_alone(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "web"
    own.mkdir(parents=True)
    (own / "error.html").write_text("Nothing here, sailor.")
    client = an_installation(tmp_path).app().test_client()
    assert client.get("/nothing").text == "Nothing here, sailor."
    assert client.get("/harbour/").status_code == 200


def test_a_broken_template_of_ones_own_still_gives_an_answer(tmp_path: Path) -> None:
    own = tmp_path / "templates" / "web"
    own.mkdir(parents=True)
    (own / "error.html").write_text("{{ nobody.knows.this }}")
    answer = an_installation(tmp_path).app().test_client().get("/nothing")
    assert answer.status_code == 404
    assert answer.text.startswith("There is no such page.")


def test_a_chosen_language_stays_in_the_links(failing: FlaskClient) -> None:
    assert "/x?lang=pt-br" in failing.get("/title?lang=pt").text
    assert "/x?lang" not in failing.get("/title").text
    assert '<html lang="en"' in failing.get("/title?lang=%00%ff").text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("pt", "pt-br"),
        ("fr-CA,en;q=0.9", "fr"),
        ("ja,es;q=0.1", "es"),
        ("en;q=0.2, it;q=0.8", "it"),
        ("de;q=0, en;q=0.1", "en"),
        ("", None),
        ("*", None),
        ("zh", None),
        ("de;q=nonsense", None),
    ],
)
def test_accept_language_is_read_by_its_weights(header: str, language: str | None) -> None:
    assert preferred(header) == language


@given(st.text())
def test_no_header_of_languages_is_too_wild(header: str) -> None:
    assert preferred(header) in {*LANGUAGES, None}
    assert nearest_language(header, LANGUAGES) in {*LANGUAGES, None}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "127.0.0.1 http"),
        (1, "203.0.113.9", "203.0.113.9 https"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9 https"),  # what the person itself claims is not believed
        (2, "203.0.113.9, 10.0.0.1", "203.0.113.9 https"),
    ],
)
def test_only_our_own_proxies_are_believed(tmp_path: Path, proxies: int, forwarded: str, seen: str) -> None:
    installation = an_installation(tmp_path)
    settings = replace(installation.settings, web=WebSettings(proxies))
    client = with_test_pages(create_app(settings, engine=installation.engine)).test_client()
    headers = {
        "X-Forwarded-For": forwarded,
        "X-Forwarded-Proto": ", ".join(["https"] * max(1, proxies)),
        "X-Forwarded-Host": "evil.example",
    }
    assert client.get("/client", headers=headers).text == f"{seen} localhost"


@pytest.mark.parametrize("accent", ["#0f4b6e", "#ffff00", "#000000", "#ffffff", "#e11", "#7f7f7f"])
def test_any_accent_gives_pages_that_can_be_read(accent: str) -> None:
    for dark in (False, True):
        colours = scheme(accent, dark=dark)
        for ink, ground in (
            (colours.accent, colours.page),
            (colours.accent, colours.card),
            (colours.card, colours.accent),  # a button's words
            (colours.on_band, colours.band),
            (colours.muted, colours.page),
            (colours.text, colours.tint),
        ):
            assert contrast(ink, ground) >= READABLE, (accent, dark, ink, ground)


def test_metrics_are_for_machines_of_ones_own_network(client: FlaskClient, harbour: Installation) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'mailer_issues{newsletter="harbour",state="finished"} 4.0' in answer.text
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "1.1.1.1"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "1.1.1.1"}).status_code == 404
    behind = create_app(replace(harbour.settings, web=WebSettings(1)), engine=harbour.engine).test_client()
    assert behind.get("/metrics", headers={"X-Forwarded-For": "1.1.1.1"}).status_code == 404
    assert behind.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 200


def test_without_its_extra_there_are_no_metrics(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailer.web.metrics.find_spec", lambda name: None)
    assert client.get("/metrics").status_code == 404


@pytest.fixture
def lonely(tmp_path: Path) -> FlaskClient:
    return an_installation(tmp_path).app().test_client()


def test_answers_do_not_name_the_program_and_its_version(lonely: FlaskClient) -> None:
    for path in ("/", "/nothing", "/harbour/"):
        answer = lonely.get(path)
        assert "Server" not in answer.headers
        assert "X-Powered-By" not in answer.headers
        assert not re.search(r"flask|werkzeug|gunicorn|python", answer.text, re.IGNORECASE)
