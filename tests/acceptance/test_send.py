"""``mailer send`` as an editor uses it: real files, a real server, a real database, and real interruptions."""

from __future__ import annotations

import random
import signal
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom, kill_while_it_sends
from tests.support.smtp_server import Received, Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS, until

ISSUE = """\
---
title: The Quay, October 2026
date: 2026-10-05
summary: The ferry runs again, and the library has a new roof.
---

The ferry runs again since Monday. [The timetable](https://example.org/ferry) hangs at the pier and is the
same as last year.

## The library

The new roof is on, and the reading room is open from nine to six. Who wants to help with moving the books
back finds the list at the desk.
"""
GERMAN = """\
---
title: Der Kai, Oktober 2026
date: 2026-10-05
summary: Die Fähre fährt wieder, und die Bücherei hat ein neues Dach.
---

Die Fähre fährt seit Montag wieder. [Der Fahrplan](https://example.org/ferry) hängt am Anleger und ist
derselbe wie im letzten Jahr.

## Die Bücherei

Das neue Dach ist drauf, und der Lesesaal ist von neun bis sechs geöffnet. Wer beim Einräumen der Bücher helfen
möchte, findet die Liste am Tresen.
"""
SLUG = "2026-10-05-quay"


def a_newsroom(folder: Path, server: Recorder, *, connections: int = 4, rate: str = "") -> Newsroom:
    newsroom = Newsroom.opened(folder / "site", server.port, connections=connections, rate=rate)
    (newsroom.folder / f"{SLUG}.md").write_text(ISSUE)
    (newsroom.folder / f"{SLUG}.de.md").write_text(GERMAN)
    return newsroom


def parsed(received: Received) -> EmailMessage:
    message = message_from_bytes(received.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def message_ids(server: Recorder) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for received in server.received:
        found.setdefault(received.rcpt_to, set()).add(str(parsed(received)["Message-ID"]))
    return found


def test_everybody_gets_the_issue_once_in_their_language(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        people = newsroom.invite(40)
        answer = newsroom.run("send", f"{SLUG}.md", "--yes")
    assert answer.returncode == 0, answer.stderr
    assert sorted(server.recipients()) == sorted(people)
    subjects = Counter(str(parsed(received)["Subject"]) for received in server.received)
    assert subjects == {"The Quay, October 2026": 20, "Der Kai, Oktober 2026": 20}
    status = newsroom.status(SLUG)
    assert (status["state"], status["audience"], status["accepted"]) == ("finished", 40, 40)


def test_each_message_is_its_readers_own(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(6)
        newsroom.run("send", f"{SLUG}.md", "--yes", check=True)
    messages = [parsed(received) for received in server.received]
    for received, message in zip(server.received, messages, strict=True):
        assert message["To"] == received.rcpt_to
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = str(message["List-Unsubscribe"]).strip("<>")
        html, text = message.get_body(("html",)), message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert link in text.get_content()
        assert link in html.get_content()
        assert received.rcpt_to in text.get_content()
        assert "@@" not in text.get_content() + html.get_content()
    for header in ("Message-ID", "List-Unsubscribe"):
        assert len({str(message[header]) for message in messages}) == 6
    assert len({received.mail_from for received in server.received}) == 6


def test_killed_again_and_again_everybody_has_it_and_doubles_are_few_and_alike(tmp_path: Path) -> None:
    kills, connections, people = 4, 4, 250
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, connections=connections)
        addresses = newsroom.invite(people)
        kill_while_it_sends(newsroom, f"{SLUG}.md", server, kills, random.Random(5), people)
        counted = Counter(server.recipients())
    assert set(counted) == set(addresses)
    assert sum(counted.values()) - people <= kills * connections
    assert {len(ids) for ids in message_ids(server).values()} == {1}
    status = newsroom.status(SLUG)
    assert (status["state"], status["accepted"]) == ("finished", people)


def test_interrupted_it_names_the_command_that_goes_on(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server, rate="20/second")
        newsroom.invite(60)
        server.open_for = 5
        with newsroom.started("send", f"{SLUG}.md", "--yes") as sender:
            until(lambda: len(server.received) > 5, process=sender)
            sender.send_signal(signal.SIGINT)
            server.open_for = None
            _, words = sender.communicate(timeout=PATIENCE_SECONDS)
        stopped_at = len(server.received)
        assert sender.returncode == 3
        assert f"mailer send {SLUG}.md" in words
        assert newsroom.status(SLUG)["accepted"] == stopped_at
        assert newsroom.run("send", f"{SLUG}.md", "--yes", "--rate", "500/second").returncode == 0
    assert len(server.received) == 60
    assert set(Counter(server.recipients()).values()) == {1}


def test_a_second_send_says_that_nothing_is_left(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(3)
        newsroom.run("send", f"{SLUG}.md", "--yes", check=True)
        again = newsroom.run("send", f"{SLUG}.md", "--yes")
    assert again.returncode == 0
    assert "Nothing was left" in again.stderr
    assert len(server.received) == 3


def test_another_text_under_a_slug_that_was_sent_is_refused(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(3)
        newsroom.run("send", f"{SLUG}.md", "--yes", check=True)
        (newsroom.folder / f"{SLUG}.md").write_text(ISSUE.replace("since Monday", "since Tuesday"))
        again = newsroom.run("send", f"{SLUG}.md", "--yes")
    assert again.returncode == 1
    assert "Tuesday" in again.stderr
    assert f"{SLUG}.md:7" in again.stderr
    assert len(server.received) == 3


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (ISSUE.replace("is the\nsame as last year", "TODO: which one?"), "placeholder"),
        (ISSUE.replace("date:", "draft: true\ndate:"), "draft"),
        (ISSUE + "\n{{< banner >}}\n", "shortcode"),
    ],
)
def test_an_unfinished_issue_is_not_sent(wrong: str, rule: str, tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(3)
        (newsroom.folder / f"{SLUG}.md").write_text(wrong)
        answer = newsroom.run("send", f"{SLUG}.md", "--yes")
    assert answer.returncode == 1
    assert f"[{rule}]" in answer.stderr
    assert not server.received
    assert newsroom.run("status", SLUG).returncode == 2


def test_test_copies_leave_no_trace_in_the_ledger(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(3)
        newsroom.run("send", f"{SLUG}.md", "--to", "editor@example.org", check=True)
    assert server.recipients() == ["editor@example.org"] * 2
    assert {str(parsed(received)["Content-Language"]) for received in server.received} == {"en", "de"}
    assert newsroom.run("status", SLUG).returncode == 2


def test_a_dry_run_and_a_missing_yes_send_nothing(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
        newsroom.invite(3)
        dry = newsroom.run("send", f"{SLUG}.md", "--dry-run")
        unasked = newsroom.run("send", f"{SLUG}.md")
    assert dry.returncode == 0
    assert "3 people" in dry.stderr
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr
    assert not server.received


def test_a_server_that_is_not_there_is_one_sentence_and_loses_nothing(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = a_newsroom(tmp_path, server)
    newsroom.invite(3)
    answer = newsroom.run("send", f"{SLUG}.md", "--yes")
    assert answer.returncode == 1
    assert "connection refused" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert newsroom.status(SLUG)["queued"] == 3
