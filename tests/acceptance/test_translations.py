"""An issue and its translations as an editor and its readers have them: sent in each language, late ones too."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import update

from mailer.store.database import open_database
from mailer.store.tables import DeliveryRow
from subscribers import preferring, store
from subscribers.store import Standing
from tests.support.newsroom import Newsroom
from tests.support.smtp_server import Received, Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS, until

SLUG = "2026-10-05-quay"
TEXTS = {
    "en": (
        "The Quay, October",
        "The ferry runs again since Monday, and the library has a new roof. Come and see it.",
    ),
    "de": (
        "Der Kai, Oktober",
        "Die Fähre fährt seit Montag wieder, und die Bücherei hat ein neues Dach. Kommt vorbei.",
    ),
    "it": (
        "La Banchina, ottobre",
        "Il traghetto è di nuovo in servizio da lunedì, e la biblioteca ha un tetto nuovo.",
    ),
}


def text(language: str) -> str:
    title, body = TEXTS[language]
    return f"---\ntitle: {title}\ndate: 2026-10-05\nsummary: {body[:60]}\n---\n\n{body}\n"


def a_newsroom(folder: Path, server: Recorder, *languages: str, deadline: str = "7 days") -> Newsroom:
    """Settings for three languages, and the issue in some of them."""
    newsroom = Newsroom.opened(folder / "site", server.port, languages=("en", "de", "it"))
    settings = newsroom.folder / "mailer.toml"
    settings.write_text(settings.read_text() + f'translation_deadline = "{deadline}"\n')
    for language in languages:
        add(newsroom, language)
    return newsroom


def add(newsroom: Newsroom, language: str) -> None:
    name = f"{SLUG}.md" if language == "en" else f"{SLUG}.{language}.md"
    (newsroom.folder / name).write_text(text(language))


def wait_for_language(newsroom: Newsroom, *addresses: str, waits: bool = True) -> None:
    """As the page of preferences does it."""
    engine = open_database(f"sqlite:///{newsroom.folder / 'mailer.db'}")
    with engine.begin() as connection:
        for address in addresses:
            there = store.find(connection, address, "news")
            assert isinstance(there, Standing)
            preferring.choose_waiting(connection, there, waits, {"by": "link"}, datetime.now(UTC))
    engine.dispose()


def let_the_deadline_pass(newsroom: Newsroom) -> None:
    engine = open_database(f"sqlite:///{newsroom.folder / 'mailer.db'}")
    past = datetime.now(UTC) - timedelta(minutes=1)
    with engine.begin() as connection:
        connection.execute(update(DeliveryRow).where(DeliveryRow.waits_for != "").values(next_attempt_at=past))
    engine.dispose()


def parsed(received: Received) -> EmailMessage:
    message = message_from_bytes(received.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def subjects(server: Recorder) -> dict[str, list[str]]:
    """What each person got."""
    found: dict[str, list[str]] = {}
    for received in server.received:
        found.setdefault(received.rcpt_to, []).append(str(parsed(received)["Subject"]))
    return found


def subject(language: str) -> str:
    return TEXTS[language][0]


def test_who_waits_gets_the_late_translation_and_everybody_gets_one_issue(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en", "it")
        people = newsroom.invite(12, ("en", "de", "it"))
        germans = people[1::3]
        wait_for_language(newsroom, germans[0], germans[1], people[0], people[2])
        first = newsroom.run("send", f"{SLUG}.md", "--yes")
        assert first.returncode == 3
        assert "2 wait for de until" in first.stderr
        assert len(server.received) == 10
        status = newsroom.status(SLUG)
        assert (status["audience"], status["queued"], status["accepted"]) == (12, 2, 10)
        assert [(one["language"], one["people"]) for one in status["held"]] == [("de", 2)]
        assert status["languages"] == {"en": {"accepted": 6, "queued": 2}, "it": {"accepted": 4}}
        assert "2 wait for de until" in newsroom.run("status", SLUG).stdout
        assert "waits for it" in newsroom.run("subscribers", "show", germans[0]).stdout
        again = newsroom.run("send", f"{SLUG}.md", "--yes")
        assert again.returncode == 3
        assert len(server.received) == 10

        add(newsroom, "de")
        late = newsroom.run("send", f"{SLUG}.de.md", "--yes")
        assert late.returncode == 0, late.stderr
        assert "2 waited for de" in late.stderr
    got = subjects(server)
    assert sorted(got) == sorted(people)
    assert {len(each) for each in got.values()} == {1}
    assert [got[address] for address in germans] == [[subject("de")]] * 2 + [[subject("en")]] * 2
    assert newsroom.status(SLUG)["state"] == "finished"
    counted = Counter((line["language"], line["outcome"]) for line in newsroom.report(SLUG))
    assert counted == {("en", "accepted"): 6, ("de", "accepted"): 2, ("it", "accepted"): 4}


def test_a_translation_can_come_while_the_issue_is_being_sent(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(60, ("en", "de"))
        wait_for_language(newsroom, *people[1::4])
        with newsroom.started("send", f"{SLUG}.md", "--yes", "--rate", "8/second") as sender:
            until(lambda: len(server.received) >= 3, process=sender)
            add(newsroom, "de")
            late = newsroom.run("send", f"{SLUG}.de.md", "--yes", "--rate", "200/second")
            _, words = sender.communicate(timeout=PATIENCE_SECONDS)
        # whoever ends first may leave what the other has in hand
        assert sender.returncode in (0, 3), words
        assert late.returncode in (0, 3), late.stderr
        assert newsroom.status(SLUG)["state"] == "finished"
    got = subjects(server)
    assert sorted(got) == sorted(people)
    assert {len(each) for each in got.values()} == {1}
    assert all(got[address] == [subject("de")] for address in people[1::4])
    assert all(got[address] == [subject("en")] for address in people[::2])


def test_after_the_deadline_they_get_the_fallback(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, *people)
        assert newsroom.run("send", f"{SLUG}.md", "--yes").returncode == 3
        assert len(server.received) == 2
        let_the_deadline_pass(newsroom)
        assert newsroom.run("send", f"{SLUG}.md", "--yes").returncode == 0
        add(newsroom, "de")  # too late: nobody gets it, but the archive has it
        assert newsroom.run("send", f"{SLUG}.de.md", "--yes").returncode == 0
    assert subjects(server) == {address: [subject("en")] for address in people}


def test_a_worker_lets_them_go_after_the_deadline(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, *people)
        newsroom.run("send", f"{SLUG}.md", "--yes")
        newsroom.run("worker", "--once")
        assert len(server.received) == 2
        let_the_deadline_pass(newsroom)
        newsroom.run("worker", "--once", check=True)
    assert sorted(server.recipients()) == sorted(people)


def test_who_does_not_want_to_wait_any_more_is_let_go(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, *people)
        newsroom.run("send", f"{SLUG}.md", "--yes")
        wait_for_language(newsroom, people[1], waits=False)
        newsroom.run("send", f"{SLUG}.md", "--yes")
    assert sorted(server.recipients()) == sorted([people[0], people[1], people[2]])


def test_who_left_while_waiting_gets_nothing(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, *people)
        newsroom.run("send", f"{SLUG}.md", "--yes")
        newsroom.run("subscribers", "unsubscribe", people[1], check=True)
        add(newsroom, "de")
        assert newsroom.run("send", f"{SLUG}.md", "--yes").returncode == 0
    assert sorted(server.recipients()) == sorted([people[0], people[2], people[3]])
    assert newsroom.status(SLUG)["skipped"] == 1


def test_without_a_deadline_nobody_waits(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en", deadline="0 days")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, *people)
        assert newsroom.run("send", f"{SLUG}.md", "--yes").returncode == 0
    assert len(server.received) == 4


def test_a_dry_run_says_who_would_wait_and_adds_nothing(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en")
        people = newsroom.invite(4, ("en", "de"))
        wait_for_language(newsroom, people[1])
        dry = newsroom.run("send", f"{SLUG}.md", "--dry-run")
        assert "1 of them wait for de until" in " ".join(dry.stderr.split())
        newsroom.run("send", f"{SLUG}.md", "--yes")
        add(newsroom, "de")
        dry = newsroom.run("send", f"{SLUG}.de.md", "--dry-run")
        assert dry.returncode == 0
        assert len(server.received) == 3
        assert newsroom.status(SLUG)["queued"] == 1


def test_each_mail_says_its_language_and_leads_to_the_other_editions(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, "en", "it")
        people = newsroom.invite(3, ("en", "de", "it"))
        wait_for_language(newsroom, people[1])
        newsroom.run("send", f"{SLUG}.md", "--yes")
        add(newsroom, "de")
        newsroom.run("send", f"{SLUG}.de.md", "--yes", check=True)
    others = {"en": {"it"}, "it": {"en"}, "de": {"en", "it"}}  # nobody could know of the German one before
    for received in server.received:
        message = parsed(received)
        language = str(message["Content-Language"])
        for kind in ("html", "plain"):
            body = message.get_body((kind,))
            assert body is not None
            found = set(re.findall(rf"https://news\.example\.org/news/{SLUG}/(\w+)/", body.get_content()))
            assert found - {language} == others[language]
        html = message.get_body(("html",))
        assert html is not None
        assert f'lang="{language}"' in html.get_content()
    assert len(server.received) == 3


@pytest.mark.parametrize("folder", ["content/{}", "content/{}/posts"])
def test_translations_in_folders_of_their_language_go_out_as_one_issue(folder: str, tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        for language in ("en", "de"):
            path = newsroom.folder / folder.format(language) / f"{SLUG}.md"
            path.parent.mkdir(parents=True)
            path.write_text(text(language))
        newsroom.invite(4, ("en", "de"))
        answer = newsroom.run("send", f"{folder.format('en')}/{SLUG}.md", "--yes")
    assert answer.returncode == 0, answer.stderr
    assert Counter(each[0] for each in subjects(server).values()) == {subject("en"): 2, subject("de"): 2}
