"""``mailer send --errata``: an editor corrects an issue that went out, and the archive shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.configuration import load_settings
from mailer.web import create_app
from tests.support.newsroom import Newsroom
from tests.support.smtp_server import smtp_server

HEADER = "---\ntitle: News from the quay\ndate: 2026-05-01\nslug: quay\n---\n\n"
ISSUE = HEADER + "The regatta is on {day} June, with soup.\n"


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    """Three people got the issue."""
    with smtp_server() as server:
        opened = Newsroom.opened(tmp_path, server.port)
        opened.invite(3, ["en"])
        (tmp_path / "quay.md").write_text(ISSUE.format(day=13))
        opened.run("send", "quay.md", "--yes", check=True)
        yield opened


def page(newsroom: Newsroom) -> str:
    app = create_app(load_settings(newsroom.folder / "mailer.toml", {}))
    return app.test_client().get("/news/quay/en/").text


def test_a_changed_issue_is_not_sent_again_and_the_way_to_correct_it_is_named(newsroom: Newsroom) -> None:
    assert "13 June" in page(newsroom)
    (newsroom.folder / "quay.md").write_text(ISSUE.format(day=14))
    refused = newsroom.run("send", "quay.md", "--yes")
    assert refused.returncode == 1
    assert "mailer send --errata" in refused.stderr


def test_errata_correct_the_archive_and_mail_nobody(newsroom: Newsroom) -> None:
    report = newsroom.report("quay")
    (newsroom.folder / "quay.md").write_text(ISSUE.format(day=14))
    tried = newsroom.run("send", "quay.md", "--errata", "--dry-run", check=True)
    assert "Would correct quay (en)" in tried.stderr
    assert "13 June" in page(newsroom)
    done = newsroom.run("send", "quay.md", "--errata", "--note", "The day was wrong.", check=True)
    assert "Corrected quay (en)" in done.stderr
    assert "https://news.example.org/news/quay/en/" in done.stderr
    assert "14 June" in page(newsroom)
    assert "The day was wrong." in page(newsroom)
    assert newsroom.report("quay") == report
    again = newsroom.run("send", "quay.md", "--errata", check=True)
    assert "nothing to correct" in again.stderr
    assert newsroom.run("send", "quay.md", "--yes").returncode == 0  # nothing is left, and nothing is refused


def test_errata_refuse_what_makes_no_sense(newsroom: Newsroom) -> None:
    for words, said in (
        (("--note", "Something"), "Add --errata"),
        (("--errata", "--to", "me@example.org"), "mails nobody"),
    ):
        answer = newsroom.run("send", "quay.md", *words)
        assert answer.returncode == 2
        assert said in answer.stderr
    (newsroom.folder / "new.md").write_text(ISSUE.format(day=13).replace("slug: quay", "slug: new"))
    answer = newsroom.run("send", "new.md", "--errata")
    assert answer.returncode == 2
    assert "was not sent" in answer.stderr
