"""Real newsletters are read: nothing raises, nothing leaks, no word is lost. Needs ../shared/corpus."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from mailer.issue.model import Issue
from mailer.issue.problem import Severity
from mailer.issue.reader import read_issue
from mailer.issue.words import visible_words
from mailer.newsletter import Newsletter
from tests.unit.issue.wellformed import check

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*/*.m*")) if CORPUS.is_dir() else []

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FILES, reason="no newsletters beside the checkout"),
]


NEWSLETTER = Newsletter(
    key="paper",
    name="The Paper",
    sender="The Paper <paper@example.org>",
    list_id="paper.example.org",
    site_url="https://site.example.org",
    base_url="https://news.example.org",
    languages=("en", "de", "es", "fr", "it", "pt-br"),
)


def read(path: Path) -> Issue:
    return read_issue(path.read_bytes(), path.name, NEWSLETTER)


def spoken(issue: Issue) -> str:
    return "\n".join(
        child.content for token in issue.tokens for child in token.children or [] if child.type == "text"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_becomes_well_formed_tokens_with_title_date_and_sections(path: Path) -> None:
    issue = read(path)
    check(issue)
    assert issue.title
    assert issue.date is not None
    assert issue.sections
    assert len({section.anchor for section in issue.sections}) == len(issue.sections)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_syntax_is_left_in_the_words(path: Path) -> None:
    said = spoken(read(path))
    for syntax in ("{{", "{%", "](", "<!--", "-->", "</", "@@", "**", "\n# ", "\ufffd"):
        assert syntax not in said, syntax


SILENT = (  # what stands in a source and is not said: comments, forms, addresses, alt texts, marks, tags
    r"(?s)<!--.*?-->",
    r"(?s)<form.*?</form>",
    r"(?m)^\[[^\]]+\]:\s*\S+.*$",
    r"!\[[^\]]*\](?=\()",
    r"(?:\]|(?<= ))\((?=[/(#]|https?:|mailto:|xmpp:|[A-Z_]+\))(?:[^()\n]|\([^()\n]*\))*\)?",
    r"\]\[[^\]]*\]",
    r"\{\{<(?:(?!caption)[^>])*",
    r"</?[a-z][^>]*>",
    r"\\",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_word_of_the_source_is_lost(path: Path) -> None:
    issue = read(path)
    body = "\n".join(issue.source.split("\n")[issue.front.body_line - 1 :])
    for markup in SILENT:
        body = re.sub(markup, " ", body)
    expected = {word.strip("_") for word in re.findall(r"\w{3,}", html.unescape(body).replace('caption="', ""))}
    heard = "".join(visible_words(issue))
    assert {word for word in expected if word not in heard} == set()
    assert len(expected) > 100


def test_both_drafts_lose_their_form_and_say_where_it_was() -> None:
    for name in ("draft-early.md", "draft-late.md"):
        path = CORPUS / "seeds" / name
        issue = read(path)
        (problem,) = [problem for problem in issue.problems if problem.rule == "removed-html"]
        assert problem.severity is Severity.ERROR
        assert issue.source.split("\n")[problem.place.line - 1].startswith("<form")
        links = [child for token in issue.tokens for child in token.children or [] if child.type == "link_open"]
        assert "https://news.example.org/paper/subscribe" in [link.attrs["href"] for link in links]
        assert not any("tinyletter.com/xmpp'" in str(link.attrs["href"]) for link in links)


def test_translations_have_the_slug_of_the_original() -> None:
    slugs = {read(path).slug for path in FILES if path.name.startswith("2024-09-05")}
    assert slugs == {"2024-09-05-newsletter"}
    languages = {read(path).language for path in FILES if path.name.startswith("2025-06-10")}
    assert languages == {"en", "de", "it", "pt-br"}


def test_a_published_issue_has_no_errors() -> None:
    for path in FILES:
        if "draft" not in path.name:
            errors = [str(problem) for problem in read(path).problems if problem.severity is Severity.ERROR]
            assert errors == [], path.name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_line_ends_and_byte_order_mark_change_nothing(path: Path) -> None:
    plain = read(path)
    foreign = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    again = read_issue(foreign, path.name, NEWSLETTER)
    assert again.tokens == plain.tokens
    assert again.problems == plain.problems
