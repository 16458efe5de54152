"""The whole trip on one machine: what the report says is what lies in the Maildir, person by person."""

from __future__ import annotations

import email.policy
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

from mailer.demo.people import Fate, people

SUBSCRIBERS = 200
MAILER = str(Path(sys.executable).with_name("mailer"))


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that ran to its end."""

    folder: Path
    words: str

    def mailer(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [MAILER, "--config", str(self.folder / "mailer.toml"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder.parent,
        )

    def report(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = json.loads(
            self.mailer("report", "2026-05-01-spring", "--format", "json").stdout
        )
        return lines

    def mail(self) -> list[EmailMessage]:
        parser = BytesParser(EmailMessage, policy=email.policy.default)
        return [parser.parsebytes(path.read_bytes()) for path in (self.folder / "Maildir" / "new").iterdir()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "site"
    command = [MAILER, "demo", "--subscribers", str(SUBSCRIBERS), "--folder", str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.parent)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return Demo(folder, answer.stdout + answer.stderr)


def test_the_report_adds_up_and_tells_everybodys_fate(demo: Demo) -> None:
    outcomes = {line["address"]: line["outcome"] for line in demo.report()}
    expected = {
        Fate.GETS_IT: "accepted",
        Fate.REFUSED: "refused",
        Fate.GREYLISTED: "deferred",
        Fate.FULL: "deferred",
    }
    everybody = list(people(SUBSCRIBERS))
    assert outcomes == {
        person.address: expected[person.fate] for person in everybody if person.fate is not Fate.SUPPRESSED
    }
    status = json.loads(demo.mailer("status", "2026-05-01-spring", "--json").stdout)
    counts = Counter(outcomes.values())
    assert {name: status[name] for name in ("accepted", "refused", "deferred")} == counts
    assert status["audience"] == sum(counts.values())
    assert status["audience"] + sum(person.fate is Fate.SUPPRESSED for person in everybody) == SUBSCRIBERS


def test_the_maildir_holds_each_accepted_person_exactly_once(demo: Demo) -> None:
    accepted = Counter(line["address"] for line in demo.report() if line["outcome"] == "accepted")
    assert Counter(str(message["Delivered-To"]) for message in demo.mail()) == accepted
    assert set(accepted.values()) == {1}


def test_everybody_has_the_edition_of_their_language_under_the_reported_message_id(demo: Demo) -> None:
    report = {line["address"]: line for line in demo.report()}
    languages = {person.address: person.language for person in people(SUBSCRIBERS)}
    for message in demo.mail():
        address = str(message["Delivered-To"])
        assert message["Content-Language"] == languages[address] == report[address]["language"]
        assert message["Message-ID"] == report[address]["message_id"]
        assert str(message["To"]) == address


def test_a_caught_message_is_whole_and_nobody_elses(demo: Demo) -> None:
    links = set()
    for message in demo.mail():
        assert [part.get_content_type() for part in message.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        (link,) = re.findall(r"<(http[^>]+)>", str(message["List-Unsubscribe"]))
        plain = message.get_body(("plain",))
        assert plain is not None
        text = plain.get_content()
        assert link in text
        assert "@@" not in text
        links.add(link)
    assert len(links) == len(demo.mail())


def test_the_demo_says_where_everything_is(demo: Demo) -> None:
    assert f"{demo.folder}/Maildir" in demo.words
    assert "one for each accepted delivery" in demo.words
    for command in ("subscribers import", "lint", "send", "report"):
        assert f"$ mailer {command}" in demo.words


def test_afterwards_the_folder_is_an_installation_to_go_on_with(demo: Demo) -> None:
    answer = demo.mailer("render", str(demo.folder / "2026-05-01-spring.md"), "--out", str(demo.folder / "out"))
    assert answer.returncode == 0, answer.stderr
    assert len(list((demo.folder / "out").iterdir())) == 12


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    answer = subprocess.run(
        [MAILER, "demo", "--folder", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
