"""Checking issues from the command line, with and without settings."""

import json
from pathlib import Path

import pytest

from mailer.cli import main

ISSUE = """---
title: June
date: 2026-06-01
---

![The garden](/images/garden.jpg)

Read [what we planted](/2026/05/planted/) while the beans grow. {% include sponsor.html %}

It rained for two weeks, so that everything is late this year; the cherries are not.
"""
GERMAN = """---
title: Juni
date: 2026-06-01
---

Die Bohnen wachsen und der Garten ist voll von dem, was wir im Mai in die Erde gebracht haben. Es gibt auch
die ersten Kirschen, und wenn das Wetter so bleibt, werden wir sie bis zum Ende der Woche mit euch essen. Wer nicht
kommen kann, der findet das Rezept für den Kuchen auf der Seite, die wir nach dem Fest für euch schreiben.
"""
SETTINGS = """
base_url = "https://news.example.org"

[newsletters.garden]
name = "The Garden Letter"
sender = "The Garden Letter <letter@example.org>"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "june.md").write_text(ISSUE, encoding="utf-8")
    (tmp_path / "juni.md").write_text(GERMAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, set[tuple[str, str]]]:
    with pytest.raises(SystemExit) as ended:
        main(["lint", *arguments, "--json"])
    found = json.loads(capsys.readouterr().out)
    return int(ended.value.code or 0), {(problem["rule"], problem["severity"]) for problem in found}


def test_without_settings_an_issue_is_not_blamed_for_what_only_they_could_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lint(capsys, "june.md") == (0, {("shortcode", "warning")})
    assert lint(capsys, "juni.md") == (0, set())


def test_without_settings_a_language_that_the_issue_names_itself_is_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "juni.md").write_text(GERMAN.replace("title:", "lang: en\ntitle:"), encoding="utf-8")

    assert lint(capsys, "juni.md") == (0, {("text-language", "warning")})


def test_with_settings_the_same_issue_cannot_go_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mailer.toml").write_text(SETTINGS, encoding="utf-8")

    assert lint(capsys, "june.md") == (1, {("shortcode", "error"), ("relative-link", "error")})
    assert lint(capsys, "juni.md") == (0, {("text-language", "warning")})


def test_mending_shows_the_difference_and_leaves_the_rest_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "july.md"
    path.write_text("---\ntitle: July\ndate: 2026-07-01\n---\n\nOther peopleâ€™s beans.\n", encoding="utf-8")

    with pytest.raises(SystemExit) as ended:
        main(["lint", "july.md", "--fix"])

    said = capsys.readouterr().err
    assert "july.md:6:7: mended" in said
    assert "-Other peopleâ€™s beans.\n+Other people’s beans." in said
    assert path.read_text(encoding="utf-8").endswith("\nOther people’s beans.\n")
    assert not ended.value.code
