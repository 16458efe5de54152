"""``mailer bounces`` as an operator and a mail server use it: from a sent issue to the next one."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.builders.bounces import TOKEN, a_dsn, a_feedback_report, an_auto_reply
from tests.support.imap_server import DOVECOT, PASSWORD, USER, imap_server
from tests.support.newsroom import MAILER, Newsroom
from tests.support.smtp_server import Received, Recorder, smtp_server
from tests.support.waiting import PATIENCE_SECONDS, until

SLUG, NEXT = "2026-10-05-quay", "2026-11-02-quay"
ISSUE = """\
---
title: The Quay
date: 2026-10-05
summary: The ferry runs again, and the library has a new roof.
---

The ferry runs again since Monday, and the timetable is the same as last year.
"""
KEYS = ["class", "recipient", "enhanced_code", "reply_code", "reason", "diagnostic", "matched"]


@dataclass(frozen=True, slots=True)
class Sent(Newsroom):
    """A newsletter whose issue went to four people."""

    received: Mapping[str, Received]  # by recipient, as the server saw it


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """One for all tests, of which each gets a copy."""
    with smtp_server() as server:
        newsroom = Newsroom.opened(tmp_path_factory.mktemp("quay") / "site", server.port, languages=("en",))
        newsroom.invite(4, languages=("en",))
        (newsroom.folder / f"{SLUG}.md").write_text(ISSUE)
        newsroom.run("send", f"{SLUG}.md", "--yes", check=True)
    return Sent(newsroom.folder, {received.rcpt_to: received for received in server.received})


@pytest.fixture
def newsroom(finished: Sent, tmp_path: Path) -> Sent:
    return Sent(Path(shutil.copytree(finished.folder, tmp_path / "site")), finished.received)


def bounce_of(newsroom: Sent, address: str, **changes: Any) -> bytes:
    """A notice about the mail to that person, at the return path that the server saw."""
    raw = a_dsn(recipient=address, **changes)
    return raw.replace(TOKEN.encode(), newsroom.received[address].mail_from.encode())


def piped(
    newsroom: Newsroom, raw: bytes, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        newsroom.command("bounces", "read", "-", *arguments),
        input=raw,
        capture_output=True,
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin", **environment},
    )


def items(answer: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


def standing(newsroom: Newsroom) -> dict[str, str]:
    answer = newsroom.run("subscribers", "list", "--json", check=True)
    return {line["email"]: line["status"] for line in json.loads(answer.stdout)}


def test_a_dead_address_is_suppressed_reported_and_skipped_by_the_next_issue(newsroom: Sent) -> None:
    dead = "person1@example.org"
    answer = piped(newsroom, bounce_of(newsroom, dead))
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")
    assert standing(newsroom) == {
        f"person{n}@example.org": "suppressed" if n == 1 else "subscribed" for n in range(4)
    }
    said = newsroom.run("report", SLUG, check=True).stderr
    assert "Came back later: 1 hard." in said
    (listed,) = json.loads(newsroom.run("bounces", "list", "--json", check=True).stdout)
    assert (listed["class"], listed["issue"], listed["action"], listed["matched"]) == (
        "hard",
        SLUG,
        "suppress",
        True,
    )
    with smtp_server() as server:
        toml = newsroom.folder / "mailer.toml"
        lines = toml.read_text().splitlines()
        toml.write_text(
            "\n".join(
                f'url = "smtp://127.0.0.1:{server.port}"' if 'url = "smtp' in line else line for line in lines
            )
        )
        (newsroom.folder / f"{NEXT}.md").write_text(ISSUE.replace("2026-10-05", "2026-11-02"))
        newsroom.run("send", f"{NEXT}.md", "--yes", check=True)
    assert sorted(server.recipients()) == [f"person{n}@example.org" for n in (0, 2, 3)]


def test_json_has_one_item_a_recipient_with_the_promised_keys(newsroom: Sent) -> None:
    extra = "\nFinal-Recipient: rfc822; other@example.net\nAction: failed\nStatus: 4.2.2\n"
    raw = bounce_of(newsroom, "person0@example.org", extra=extra)
    first, second = items(piped(newsroom, raw, "--json"))
    assert list(first) == KEYS
    assert first == {
        "class": "hard",
        "recipient": "person0@example.org",
        "enhanced_code": "5.1.1",
        "reply_code": 550,
        "reason": "userunknown",
        "diagnostic": "550 5.1.1 User unknown",
        "matched": True,
    }
    assert (second["class"], second["recipient"]) == ("soft", "other@example.net")


def test_a_forged_return_path_changes_nothing(newsroom: Sent) -> None:
    victim = "person2@example.org"
    real = newsroom.received[victim].mail_from
    forged = real[:12] + ("q" if real[12] != "q" else "r") + real[13:]
    raw = a_dsn(recipient=victim).replace(TOKEN.encode(), forged.encode())
    (item,) = items(piped(newsroom, raw, "--json"))
    assert (item["class"], item["matched"]) == ("hard", False)
    assert set(standing(newsroom).values()) == {"subscribed"}


def test_a_replay_changes_nothing_for_a_person_who_was_freed(newsroom: Sent) -> None:
    address = "person3@example.org"
    raw = bounce_of(newsroom, address)
    piped(newsroom, raw)
    newsroom.run("subscribers", "free", address, "--reason", "she wrote that it works", check=True)
    answer = piped(newsroom, raw, "--json")
    assert (answer.returncode, items(answer)[0]["matched"]) == (0, True)
    assert standing(newsroom)[address] == "subscribed"
    history = newsroom.run("subscribers", "show", address, check=True).stdout
    assert "she wrote that it works" in history
    assert "hard-bounce: hard userunknown 5.1.1" in history


def test_a_person_is_freed_with_a_reason_only(newsroom: Sent) -> None:
    piped(newsroom, bounce_of(newsroom, "person0@example.org"))
    for reason in ((), ("--reason", "  ")):
        answer = newsroom.run("subscribers", "free", "person0@example.org", *reason)
        assert answer.returncode == 2
    assert standing(newsroom)["person0@example.org"] == "suppressed"


def test_a_complaint_with_a_hidden_address_is_known_by_its_return_path(newsroom: Sent) -> None:
    path = newsroom.received["person2@example.org"].mail_from
    raw = a_feedback_report(to="redacted").replace(TOKEN.encode(), path.encode())
    (item,) = items(piped(newsroom, raw, "--json"))
    assert (item["class"], item["recipient"], item["matched"]) == ("complaint", "person2@example.org", True)
    assert standing(newsroom)["person2@example.org"] == "suppressed"
    listed = json.loads(newsroom.run("bounces", "list", "--class", "complaint", "--json", check=True).stdout)
    assert [row["recipient"] for row in listed] == ["person2@example.org"]


def test_a_mail_that_came_back_without_its_return_path_is_known_by_its_message_id(newsroom: Sent) -> None:
    received = newsroom.received["person0@example.org"]
    returned = received.content.replace(b"\r\n", b"\n").decode()
    assert message_from_bytes(received.content)["Message-ID"] in returned
    raw = a_dsn(recipient="elsewhere@example.net", returned=returned)
    raw = raw.replace(TOKEN.encode(), b"bounces@example.org")
    assert items(piped(newsroom, raw, "--json"))[0]["matched"] is True
    assert standing(newsroom)["person0@example.org"] == "suppressed"


def test_a_rehearsal_changes_nothing_and_says_what_would_follow(newsroom: Sent) -> None:
    file = newsroom.folder / "bounce.eml"
    file.write_bytes(bounce_of(newsroom, "person1@example.org"))
    answer = newsroom.run("bounces", "read", str(file), "--dry-run", check=True)
    assert "suppress (hard userunknown 5.1.1)" in answer.stderr
    assert "1 would be suppressed. Nothing was changed." in answer.stderr
    assert set(standing(newsroom).values()) == {"subscribed"}
    assert json.loads(newsroom.run("bounces", "list", "--json", check=True).stdout) == []


def test_of_a_maildir_only_what_was_understood_is_moved(newsroom: Sent) -> None:
    folder = newsroom.folder / "Maildir"
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True)
    (folder / "new" / "1").write_bytes(bounce_of(newsroom, "person1@example.org"))
    (folder / "new" / "2").write_bytes(an_auto_reply(headers="Auto-Submitted: auto-replied\n"))
    rehearsed = newsroom.run("bounces", "read", "--maildir", str(folder), "--dry-run", check=True)
    assert len(list((folder / "new").iterdir())) == 2
    assert "Nothing was changed." in rehearsed.stderr
    answer = newsroom.run("bounces", "read", "--maildir", str(folder), check=True)
    assert "2 mails read: 1 hard, 1 auto-reply. 1 now suppressed. 1 left where it was." in answer.stderr
    assert [path.name for path in (folder / "new").iterdir()] == ["2"]
    assert [path.name for path in (folder / ".Processed" / "cur").iterdir()] == ["1:2,S"]


def test_the_mailbox_of_the_settings_is_read_by_command_and_by_the_worker(newsroom: Sent) -> None:
    toml = newsroom.folder / "mailer.toml"
    toml.write_text(toml.read_text() + '\n[bounces]\nmbox = "bounces.mbox"\n')
    box = newsroom.folder / "bounces.mbox"
    line = b"From MAILER-DAEMON Mon Oct  5 10:00:00 2026\n"
    box.write_bytes(line + bounce_of(newsroom, "person0@example.org") + b"\n")
    assert "1 now suppressed." in newsroom.run("bounces", "read", check=True).stderr
    assert "1 known before." in newsroom.run("bounces", "read", check=True).stderr
    with box.open("ab") as file:
        file.write(line + bounce_of(newsroom, "person1@example.org") + b"\n")
    newsroom.run("worker", "--once", check=True)
    assert [email for email, status in standing(newsroom).items() if status == "suppressed"] == [
        "person0@example.org",
        "person1@example.org",
    ]


def test_a_pipe_asks_the_mail_server_to_try_again_when_it_cannot_work(newsroom: Sent) -> None:
    raw = bounce_of(newsroom, "person1@example.org")
    away = piped(newsroom, raw, MAILER_DATABASE="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert away.returncode == 75
    assert b"Traceback" not in away.stderr
    nowhere = subprocess.run(
        [MAILER, "bounces", "read", "-"], input=raw, capture_output=True, check=False, cwd="/"
    )
    assert nowhere.returncode == 75


def test_mail_that_is_no_bounce_ends_a_pipe_well(newsroom: Sent) -> None:
    letter = b"From: paula@example.net\nTo: quay@example.org\nSubject: Thanks\n\nWhat a fine issue.\n"
    for raw in (b"", an_auto_reply(headers="Auto-Submitted: auto-replied\n")):
        answer = piped(newsroom, raw)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, b"", b"")
    (item,) = items(piped(newsroom, letter, "--json"))
    assert (item["class"], item["matched"]) == ("unrecognised", False)


def test_refusals_at_smtp_time_are_listed_with_the_rest(tmp_path: Path) -> None:
    def judge(address: str) -> str | None:
        return "550 No such user here" if address.startswith("person1@") else None

    with smtp_server(Recorder(judge_rcpt=judge)) as server:
        newsroom = Newsroom.opened(tmp_path / "site", server.port, languages=("en",))
        newsroom.invite(3, languages=("en",))
        (newsroom.folder / f"{SLUG}.md").write_text(ISSUE)
        newsroom.run("send", f"{SLUG}.md", "--yes", check=True)
    (line,) = json.loads(newsroom.run("bounces", "list", "--class", "hard", "--json", check=True).stdout)
    assert (line["source"], line["recipient"], line["reply_code"]) == ("smtp", "person1@example.org", 550)
    assert standing(newsroom)["person1@example.org"] == "suppressed"
    assert "person1@example.org" in newsroom.run("bounces", "list", "--issue", SLUG, check=True).stdout


def test_complaints_pause_a_sending_that_is_under_way(tmp_path: Path) -> None:
    with smtp_server() as server:
        newsroom = Newsroom.opened(tmp_path / "site", server.port, rate="20/second", languages=("en",))
        newsroom.invite(200, languages=("en",))
        (newsroom.folder / f"{SLUG}.md").write_text(ISSUE)
        server.open_for = 10
        with newsroom.started("send", f"{SLUG}.md", "--yes") as sender:
            until(lambda: len(server.received) > 10, process=sender)
            box = newsroom.folder / "bounces.mbox"
            for received in server.received[:2]:
                raw = a_feedback_report(to="redacted").replace(TOKEN.encode(), received.mail_from.encode())
                with box.open("ab") as file:
                    file.write(b"From MAILER-DAEMON Mon Oct  5 10:00:00 2026\n" + raw + b"\n")
            said = newsroom.run("bounces", "read", "--mbox", str(box), check=True).stderr
            server.open_for = None
            _, told = sender.communicate(timeout=PATIENCE_SECONDS)
    assert f"The sending of {SLUG} is paused: 2 of " in said
    assert sender.returncode == 3
    assert "people complained" in told
    assert f"mailer resume {SLUG}" in told
    assert len(server.received) < 200
    assert newsroom.status(SLUG)["state"] == "paused"


@pytest.mark.skipif(
    DOVECOT is None, reason="IMAP is NOT TESTED: no dovecot (Debian: apt-get install dovecot-imapd)"
)
@pytest.mark.parametrize("how", ["settings", "worker", "argument"])
def test_a_mailbox_on_a_server_is_read(newsroom: Sent, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    with imap_server() as server:
        monkeypatch.setenv("MAILER_IMAP_PASSWORD", PASSWORD)
        server.put(bounce_of(newsroom, "person1@example.org"), "1")
        server.put(an_auto_reply(headers="Auto-Submitted: auto-replied\n"), "2")
        url = f"imaps://{USER}@127.0.0.1:{server.tls_port}/INBOX"
        toml = newsroom.folder / "mailer.toml"
        toml.write_text(toml.read_text() + f'\n[bounces]\nimap = "{url}"\nca_file = "{server.certificate}"\n')
        command = {
            "settings": ("bounces", "read"),
            "worker": ("worker", "--once"),
            "argument": ("bounces", "read", "--imap", url),
        }[how]
        newsroom.run(*command, check=True)
        assert server.names() == {"2"}
        assert len(server.names("Processed")) == 1
    assert standing(newsroom)["person1@example.org"] == "suppressed"


@pytest.mark.corpus
def test_the_command_reads_every_real_bounce_without_an_installation(corpus: Path, tmp_path: Path) -> None:
    files = sorted(str(path) for path in (corpus / "bounces" / "eml").iterdir())
    answer = subprocess.run(
        [MAILER, "bounces", "read", *files, "--json"], capture_output=True, check=True, cwd=tmp_path
    )
    found = items(answer)
    assert len(found) >= len(files) > 100
    assert all(list(item) == KEYS and item["matched"] is False for item in found)
