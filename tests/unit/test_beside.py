"""An issue's translations are found as each kind of static site keeps them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.flows.beside import languages_near
from mailer.flows.gather import gather
from mailer.flows.prepare import read_all
from mailer.newsletter import Newsletter

LANGUAGES = ("en", "de", "it", "pt-br")
NEWSLETTER = Newsletter("news", "News", "News <news@example.org>", "news.example.org", languages=LANGUAGES)


def write(folder: Path, name: str, header: str = "", body: str = "Text.\n") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\ntitle: News\n{header}---\n{body}", encoding="utf-8")
    (folder / "mailer.toml").touch()
    return path


def found(path: Path) -> list[tuple[str, str]]:
    """(language, file name with its folder) of each file of the issue, the original first."""
    (sources,) = gather([path], NEWSLETTER)
    issues = read_all(sources, NEWSLETTER)
    assert len({issue.slug for issue in issues}) == 1
    return [(issue.language, "/".join(Path(issue.path).parts[-2:])) for issue in issues]


@pytest.mark.parametrize("asked", ["2025-06-10-news.md", "2025-06-10-news.de.md"])
def test_beside_the_file_by_name(asked: str, tmp_path: Path) -> None:
    for name in ("2025-06-10-news.md", "2025-06-10-news.de.md", "2025-06-10-news.pt-br.md", "other.de.md"):
        write(tmp_path / "site", name)
    assert found(tmp_path / "site" / asked) == [
        ("en", "site/2025-06-10-news.md"),
        ("de", "site/2025-06-10-news.de.md"),
        ("pt-br", "site/2025-06-10-news.pt-br.md"),
    ]


@pytest.mark.parametrize("asked", ["content/en/posts/june.md", "content/de/posts/june.md"])
def test_in_folders_of_languages(asked: str, tmp_path: Path) -> None:
    for name in ("content/en/posts/june.md", "content/de/posts/june.md", "content/it/posts/may.md"):
        write(tmp_path, name)
    assert found(tmp_path / asked) == [("en", "posts/june.md"), ("de", "posts/june.md")]


@pytest.mark.parametrize("asked", ["content/june.md", "content/pt_BR/june.md"])
def test_in_folders_of_languages_beside_the_original(asked: str, tmp_path: Path) -> None:
    for name in ("content/june.md", "content/pt_BR/june.md", "content/it/may.md"):
        write(tmp_path, name)
    assert found(tmp_path / asked) == [("en", "content/june.md"), ("pt-br", "pt_BR/june.md")]


@pytest.mark.parametrize("asked", ["june.md", "juni.md"])
def test_by_language_and_slug_of_their_headers(asked: str, tmp_path: Path) -> None:
    write(tmp_path / "site", "june.md", "slug: june-2025\nlang: en\n")
    write(tmp_path / "site", "juni.md", "slug: june-2025\nlang: de\n")
    write(tmp_path / "site", "july.md", "slug: july-2025\nlang: de\n")
    assert found(tmp_path / "site" / asked) == [("en", "site/june.md"), ("de", "site/juni.md")]


def test_a_file_that_says_that_it_is_a_translation_is_not_the_original(tmp_path: Path) -> None:
    write(tmp_path / "site", "june.md", "slug: june-2025\nlang: en\ntranslation: true\n")
    write(tmp_path / "site", "juni.md", "slug: june-2025\nlang: de\n")
    assert found(tmp_path / "site" / "june.md") == [("de", "site/juni.md"), ("en", "site/june.md")]


def test_in_headers_without_a_fence(tmp_path: Path) -> None:
    for name, language in (("a.md", "en"), ("b.md", "de")):
        (tmp_path / name).write_text(f"Title: News\nSlug: june\nLang: {language}\n\nText.\n")
    assert [language for language, _ in found(tmp_path / "b.md")] == ["en", "de"]


@pytest.mark.parametrize("asked", ["index.md", "index.de.md"])
def test_in_a_folder_of_its_own_the_folder_names_the_issue(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("index.md", "index.de.md", "index.pt-br.md"):
        write(tmp_path / "june-2025", name)
    monkeypatch.chdir(tmp_path / "june-2025")
    (sources,) = gather([Path(asked)], NEWSLETTER)
    issues = read_all(sources, NEWSLETTER)
    assert [(issue.language, issue.slug, issue.path) for issue in issues] == [
        ("en", "june-2025", "index.md"),
        ("de", "june-2025", "index.de.md"),
        ("pt-br", "june-2025", "index.pt-br.md"),
    ]


def test_a_file_alone_in_the_folder_of_its_language_is_in_that_language(tmp_path: Path) -> None:
    assert found(write(tmp_path, "content/de/june.md")) == [("de", "de/june.md")]
    assert found(write(tmp_path, "content/it/may.md", "lang: en\n")) == [("en", "it/may.md")]


def test_paths_are_shown_as_they_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "content/en/june.md")
    write(tmp_path, "content/de/june.md")
    monkeypatch.chdir(tmp_path)
    (sources,) = gather([Path("content/en/june.md")], NEWSLETTER)
    assert [str(file.path) for file in sources.files] == ["content/en/june.md", "content/de/june.md"]


def test_nothing_outside_the_site_is_a_translation(tmp_path: Path) -> None:
    write(tmp_path / "en" / "site", "june.md")
    write(tmp_path / "de" / "site", "june.md")
    assert len(found(tmp_path / "en" / "site" / "june.md")) == 1


def test_two_names_of_one_issue_are_one_issue(tmp_path: Path) -> None:
    paths = [write(tmp_path, "june.md"), write(tmp_path, "june.de.md")]
    assert len(gather(paths, NEWSLETTER)) == 1


def test_without_settings_the_languages_are_those_of_the_files(tmp_path: Path) -> None:
    assert languages_near(write(tmp_path / "a", "june.md")) == set()
    write(tmp_path / "b", "june.fr.md")
    assert languages_near(write(tmp_path / "b", "june.md")) == {"fr"}
    write(tmp_path / "c", "content/nl/june.md")
    assert languages_near(write(tmp_path / "c", "content/en/june.md")) == {"en", "nl"}
    write(tmp_path / "d", "juni.md", "slug: june\nlang: sv\n")
    assert languages_near(write(tmp_path / "d", "june.md", "slug: june\nlang: en\n")) == {"en", "sv"}
