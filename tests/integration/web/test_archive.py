"""The archive shows what was sent, to anybody, in each language, and nothing of a person."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text, update

from mailer.flows.publish import freeze_and_plan
from mailer.render.model import SLOTS
from mailer.store import ledger
from mailer.store.database import writing
from mailer.store.editions import set_state
from mailer.store.states import SendingState
from mailer.store.tables import IssueRow
from mailer.web import create_app
from subscribers.rules import SubscribeRules
from tests.builders.archive import SENT_AT, Installation, a_harbour, an_installation
from tests.builders.people import a_subscriber

SPRING = "/harbour/2026-05-01-spring/"


def links(page: str, rel: str) -> list[str]:
    return re.findall(rf'<link rel="{rel}"[^>]* href="([^"]+)"', page)


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_each_language_of_an_issue_has_its_own_address(client: FlaskClient, language: str) -> None:
    answer = client.get(f"{SPRING}{language}/")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == language
    assert f'<article lang="{language}" dir="ltr">' in answer.text
    assert links(answer.text, "canonical") == [f"https://news.example.org{SPRING}{language}/"]
    for other in ("en", "de", "fr"):
        assert f'hreflang="{other}" href="https://news.example.org{SPRING}{other}/"' in answer.text
    assert f'hreflang="x-default" href="https://news.example.org{SPRING}"' in answer.text


def test_a_page_holds_the_words_that_were_mailed_and_nothing_of_a_person(
    harbour: Installation, client: FlaskClient
) -> None:
    page = client.get(f"{SPRING}en/").text
    edition = harbour.prepared(harbour.issues / "2026-05-01-spring.md").editions[0]
    for words in ("Three sailing boats at the quay", "Wilhelmina, who looks after", "twelve people", "312 books"):
        assert words in page
        assert words in edition.rendered.html
    for slot in SLOTS:
        assert slot not in page
    assert "/unsubscribe/" not in page
    assert "/preferences/" not in page
    assert "style=" not in page
    assert "<script" not in page


def test_the_address_without_a_language_answers_in_the_readers(client: FlaskClient) -> None:
    german = client.get(SPRING, headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert german.headers["Content-Language"] == "de"
    assert "Accept-Language" in german.headers["Vary"]
    assert links(german.text, "canonical") == [f"https://news.example.org{SPRING}de/"]
    assert client.get(SPRING, headers={"Accept-Language": "ja"}).headers["Content-Language"] == "en"
    assert client.get(f"{SPRING}?lang=fr").headers["Content-Language"] == "fr"


def test_a_page_of_one_language_is_the_same_for_every_reader(client: FlaskClient) -> None:
    pages = {client.get(f"{SPRING}de/", headers={"Accept-Language": tag}).data for tag in ("fr", "en", "ja", "")}
    assert len(pages) == 1


def test_issues_lead_to_the_one_before_and_the_one_after(client: FlaskClient) -> None:
    middle = client.get("/harbour/week-001/en/").text
    assert links(middle, "prev") == ["/harbour/week-000/en/"]
    assert links(middle, "next") == ["/harbour/week-002/en/"]
    assert links(client.get("/harbour/week-000/en/").text, "prev") == []
    assert links(client.get(f"{SPRING}en/").text, "next") == []


def test_the_index_lists_issues_by_year_newest_first(client: FlaskClient) -> None:
    page = client.get("/harbour/").text
    assert re.findall(r'<h2 id="y(\d+)">', page) == ["2026", "2025"]
    assert re.findall(r'<h3><a href="([^"]+)"', page) == [
        f"{SPRING}en/",
        "/harbour/week-002/en/",
        "/harbour/week-001/en/",
        "/harbour/week-000/en/",
    ]


def test_the_index_names_issues_in_the_readers_language(client: FlaskClient) -> None:
    page = client.get("/harbour/", headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in page
    assert f'<h3><a href="{SPRING}de/"' in page
    assert "1. Mai 2026" in page


@pytest.mark.parametrize("path", ["/harbour/", f"{SPRING}de/", "/harbour/week-001/en/"])
def test_every_page_has_a_form_to_subscribe(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers={"Accept-Language": "de"}).text
    assert '<form action="/harbour/subscribe" method="post">' in page
    assert 'name="email" type="email" autocomplete="email"' in page
    chosen = "en" if path.endswith("/en/") else "de"
    assert re.findall(r'<option value="([^"]+)"[^>]* selected>', page) == [chosen]


def test_where_a_proof_of_work_is_asked_pages_lead_to_the_form_that_can_give_it(harbour: Installation) -> None:
    settings = replace(harbour.settings, subscribe=SubscribeRules(proof_of_work=True))
    page = create_app(settings, engine=harbour.engine).test_client().get("/harbour/").text
    assert "<form" not in page
    assert '<a class="button" href="/harbour/subscribe">' in page


@pytest.mark.parametrize("path", ["/nobody/", "/harbour/no-such-issue/", f"{SPRING}es/", "/harbour/x/y/z/"])
def test_what_is_not_there_is_said_to_be_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_one_newsletter_is_reached_from_the_root(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/harbour/"
    assert client.get("/?lang=de").headers["Location"] == "/harbour/?lang=de"


def test_several_newsletters_are_listed_at_the_root(tmp_path: Path) -> None:
    other = replace(a_harbour(), key="lighthouse", name="Lighthouse Letters", list_id="light.example.org")
    page = an_installation(tmp_path, a_harbour(), other).app().test_client().get("/").text
    assert 'href="/harbour/"' in page
    assert "Lighthouse Letters" in page


def test_scheduled_and_never_sent_issues_are_not_shown(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    client = installation.app().test_client()
    path = installation.write("secret.md", "Not yet.", header="date: 2026-05-01\n")
    assert client.get("/harbour/secret/").status_code == 404
    issue = freeze_and_plan(installation.engine, installation.prepared(path), SENT_AT)
    for state, started, shown in (
        (SendingState.SCHEDULED, None, 404),
        (SendingState.SCHEDULED, SENT_AT, 404),
        (SendingState.PAUSED, None, 404),
        (SendingState.PAUSED, SENT_AT, 200),
        (SendingState.SENDING, SENT_AT, 200),
        (SendingState.FINISHED, SENT_AT, 200),
        (SendingState.CANCELLED, SENT_AT, 404),  # nobody got it
    ):
        with writing(installation.engine) as connection:
            set_state(connection, issue.id, state)
            connection.execute(update(IssueRow).values(started_at=started))
        assert client.get("/harbour/secret/en/").status_code == shown, (state, started)
        assert ("/harbour/secret/en/" in client.get("/harbour/").text) == (shown == 200)
        assert (b"Not yet." in client.get("/harbour/feed.atom").data) == (shown == 200)


def test_a_cancelled_issue_that_somebody_got_stays(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    with writing(installation.engine) as connection:
        a_subscriber(connection, newsletter="harbour")
    issue = installation.send(installation.write("half.md", "Half of you."), state=SendingState.CANCELLED)
    client = installation.app().test_client()
    assert client.get("/harbour/half/en/").status_code == 404
    with writing(installation.engine) as connection:
        connection.execute(text("UPDATE delivery SET state = 'accepted'"))
        assert sum(ledger.counts(connection, issue.id).values()) == 1
    assert client.get("/harbour/half/en/").status_code == 200


def test_an_issue_with_a_page_of_its_own_names_that_one_as_the_original(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    page = "https://harbour.example.org/posts/one/"
    issue = installation.prepared(installation.write("one.md", "Words.", header="url: posts/one/\n"))
    expected = issue.original.page_url
    installation.send(installation.issues / "one.md")
    answer = installation.app().test_client().get("/harbour/one/en/").text
    assert expected == page
    assert links(answer, "canonical") == [page]
    assert f'<meta property="og:url" content="{page}">' in answer
    assert f'<a href="{page}">This issue on its own site</a>' in answer


def test_an_issue_in_arabic_reads_from_right_to_left(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    installation.send(installation.write("one.md", "Words.\n", header="lang: ar\n"))
    page = installation.app().test_client().get("/harbour/one/ar/").text
    assert '<html lang="en" dir="ltr">' in page
    assert '<article lang="ar" dir="rtl">' in page


def test_an_edition_frozen_before_there_was_an_archive_is_rendered_from_its_source(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    installation.send(installation.write("one.md", "Old *words*.\n\n## A heading\n\nMore."))
    client = installation.app().test_client()
    before = client.get("/harbour/one/en/").data
    with writing(installation.engine) as connection:
        connection.execute(text("UPDATE edition SET web_html = ''"))
    assert client.get("/harbour/one/en/").data == before
    assert b"<em>words</em>" in before


def test_a_summary_is_shown_unless_the_issue_begins_with_it(tmp_path: Path, client: FlaskClient) -> None:
    assert '<p class="lead">The slipway is open again' in client.get(f"{SPRING}en/").text
    installation = an_installation(tmp_path)
    words = "A first sentence with **strong** words, and so many more of them that no summary could hold them all."
    installation.send(installation.write("one.md", f"{words} {words}"))
    page = installation.app().test_client().get("/harbour/one/en/").text
    assert '<meta name="description" content="A first sentence with strong words' in page
    assert 'class="lead"' not in page


def test_browsers_keep_a_page_until_it_changes(client: FlaskClient) -> None:
    first = client.get(f"{SPRING}en/")
    again = client.get(f"{SPRING}en/", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]


def test_pictures_may_come_from_anywhere_and_nothing_else_may(client: FlaskClient) -> None:
    policy = client.get(f"{SPRING}en/").headers["Content-Security-Policy"]
    assert "img-src 'self' https: http:" in policy
    assert "default-src 'none'" in policy
    assert client.get("/harbour/").headers["Content-Security-Policy"].count("https:") == 0


def test_two_issues_of_one_day_stand_in_the_order_they_were_sent(tmp_path: Path) -> None:
    installation = an_installation(tmp_path)
    for name in ("a", "b", "c"):
        path = installation.write(f"{name}.md", "Words.", title=f"Issue {name}", header="date: 2026-05-01\n")
        installation.send(path, now=datetime(2026, 5, 1, 8, tzinfo=UTC))
    client = installation.app().test_client()
    assert re.findall(r'<h3><a href="/harbour/(.)/', client.get("/harbour/").text) == ["c", "b", "a"]
    page = client.get("/harbour/b/en/").text
    assert (links(page, "prev"), links(page, "next")) == (["/harbour/a/en/"], ["/harbour/c/en/"])


def test_an_archive_without_an_issue_says_so(tmp_path: Path) -> None:
    client = an_installation(tmp_path).app().test_client()
    assert "No issue has been sent yet" in client.get("/harbour/").text
    assert client.get("/harbour/feed.atom").status_code == 200
