"""``mailer lint --check-links`` and rules switched in the settings, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom
from tests.support.web_answers import Reply, web_site

HEADER = "---\ntitle: The Quay, October\ndate: 2026-10-05\nsummary: The ferry runs again since Monday.\n---\n\n"


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Newsroom.opened(tmp_path / "site", 1)


def test_links_are_asked_when_it_is_asked_for_and_remembered(newsroom: Newsroom) -> None:
    replies = {"/fine": Reply(), "/moved": Reply(301, "/fine"), "/gone": Reply(410)}
    with web_site(replies) as site:
        links = " and ".join(f"[page {path}]({site.url}{path})" for path in replies)
        (newsroom.folder / "quay.md").write_text(f"{HEADER}Read {links}.\n")
        plain = newsroom.run("lint", "quay.md", "--json")
        assert (plain.returncode, json.loads(plain.stdout), site.asked) == (0, [], [])
        asked = newsroom.run("lint", "quay.md", "--check-links", "--json")
        problems = json.loads(asked.stdout)
        assert [(one["rule"], one["severity"]) for one in problems] == [
            ("link-moved", "warning"),
            ("link-broken", "warning"),
        ]
        assert f"{site.url}/fine" in problems[0]["hint"]
        assert "3 asked" in asked.stderr
        assert asked.returncode == 0
        assert newsroom.run("lint", "quay.md", "--check-links", "--strict").returncode == 1
        count = len(site.asked)
        offline = newsroom.run("lint", "quay.md", "--check-links", "--offline", "--json")
        assert (json.loads(offline.stdout), len(site.asked)) == (problems, count)


def test_offline_without_check_links_is_a_slip(newsroom: Newsroom) -> None:
    (newsroom.folder / "quay.md").write_text(f"{HEADER}The ferry runs.\n")
    answer = newsroom.run("lint", "quay.md", "--offline")
    assert answer.returncode == 2
    assert "--check-links" in answer.stderr


def test_a_rule_that_the_settings_switch_counts_in_lint_and_in_send(newsroom: Newsroom) -> None:
    (newsroom.folder / "quay.md").write_text(f"{HEADER}TODO: the ferry. Read it [here](https://example.org/x).\n")
    assert newsroom.run("lint", "quay.md").returncode == 1
    settings = newsroom.folder / "mailer.toml"
    settings.write_text(
        settings.read_text() + '[newsletters.news.lint]\nplaceholder = "off"\nlink-text = "error"\n'
    )
    problems = json.loads(newsroom.run("lint", "quay.md", "--json").stdout)
    assert [(one["rule"], one["severity"]) for one in problems] == [("link-text", "error")]
    sent = newsroom.run("send", "quay.md", "--dry-run")
    assert sent.returncode == 1
    assert "[link-text]" in sent.stderr
    assert "[placeholder]" not in sent.stderr
