from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mailer.issue.metadata import parse_date
from tests.builders.issue import an_issue, an_issues_newsletter
from tests.unit.issue.shown import told
from tests.unit.issue.wellformed import check


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-03-05", datetime(2021, 3, 5, tzinfo=UTC)),
        ("2021-3-5", datetime(2021, 3, 5, tzinfo=UTC)),
        ("2021-03-05 22:00", datetime(2021, 3, 5, 22, tzinfo=UTC)),
        ("2021-03-05 22:00:59 UTC", datetime(2021, 3, 5, 22, 0, 59, tzinfo=UTC)),
        ("2021-03-05T22:00:00Z", datetime(2021, 3, 5, 22, tzinfo=UTC)),
        ("2021-03-05T22:00:00+01:00", datetime(2021, 3, 5, 22, tzinfo=timezone(timedelta(hours=1)))),
        ("2021-03-05 22:00 -0500", datetime(2021, 3, 5, 22, tzinfo=timezone(timedelta(hours=-5)))),
        ("5 March 2021", datetime(2021, 3, 5, tzinfo=UTC)),
        ("Fri, 05 Mar 2021 22:00:00 +0000", datetime(2021, 3, 5, 22, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_headers_write_them(text: str, moment: datetime) -> None:
    parsed = parse_date(text)
    assert parsed == moment
    assert parsed is not None
    assert parsed.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("path", "moment"),
    [
        ("_posts/2021-03-05-news.md", datetime(2021, 3, 5, tzinfo=UTC)),
        ("2021-3-5-news.md", datetime(2021, 3, 5, tzinfo=UTC)),
        ("2021-13-05-news.md", None),
        ("2021-03-news.md", None),
        ("news-2021-03-05.md", None),
    ],
)
def test_the_day_may_stand_in_the_files_name_only(path: str, moment: datetime | None) -> None:
    dated = an_issue(header="---\ntitle: A\ndate: 2020-02-02\n---\n", path=path)

    assert an_issue(header="---\ntitle: A\n---\n", path=path).date == moment
    assert dated.date == datetime(2020, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["soon", "2021-13-05", "2021-02-30", "0000-00-00", "99999-01-01", "2021-03-05 25:00"]
)
def test_what_is_no_date_is_a_problem_at_its_key(text: str) -> None:
    issue = an_issue(header=f"---\ntitle: A\ndate: {text}\n---\n")
    assert issue.date is None
    assert told(issue) == ["3:1 date error"]


@pytest.mark.parametrize(
    ("header", "path", "slug"),
    [
        ("slug: no", "x.md", "no"),
        ("slug: Größe & mehr", "x.md", "Größe-mehr"),
        ("url: 2021/01/newsletter-02/", "x.md", "newsletter-02"),
        ("save_as: 2021/01/newsletter-02/index.html", "x.md", "newsletter-02"),
        ("url: /2021/issue-7.html", "x.md", "issue-7"),
        ("aliases:\n  - /2018/06/the-issue/\n  - /other/", "x.md", "the-issue"),
        ("url: '{slug}/'", "2021-03.md", "2021-03"),
        ("", "posts/2025-06-10-newsletter.pt-br.md", "2025-06-10-newsletter"),
        ("", "posts/june/index.de.md", "june"),
        ("", "../..", "issue"),
    ],
)
def test_the_slug_comes_from_header_or_file_name(header: str, path: str, slug: str) -> None:
    assert an_issue(header=f"---\ntitle: A\n{header}\n---\n", path=path).slug == slug


def test_a_translation_takes_the_slug_that_its_original_has() -> None:
    issue = an_issue("[x](#a)", path="issue.de.md", slug="the-issue")
    assert (issue.slug, issue.language) == ("the-issue", "de")
    assert issue.web_url == "https://news.example.org/example/the-issue/de/"


@pytest.mark.parametrize(
    ("header", "path", "language"),
    [
        ("", "a.md", "en"),
        ("", "a.de.md", "de"),
        ("", "a.PT_BR.md", "pt-br"),
        ("lang: de", "a.md", "de"),
        ("language: pt_BR", "a.de.md", "pt-br"),
        ("lang: en-GB", "a.md", "en"),
        ("lang: pt", "a.md", "pt-br"),
    ],
)
def test_the_language_comes_from_header_then_file_name_then_newsletter(
    header: str, path: str, language: str
) -> None:
    assert an_issue(header=f"---\ntitle: A\n{header}\n---\n", path=path).language == language


def test_a_language_that_the_newsletter_has_not_is_a_problem() -> None:
    issue = an_issue(header="---\ntitle: A\nlang: tlh\n---\n")
    assert told(issue) == ["3:1 language error"]
    assert issue.language == "en"


@pytest.mark.parametrize(
    ("line", "draft"),
    [
        ("draft: true", True),
        ("draft: yes", True),
        ("draft: false", False),
        ("status: draft", True),
        ("Status: Draft", True),
        ("status: published", False),
        ("published: false", True),
        ("", False),
    ],
)
def test_drafts_are_known_in_every_dialect(line: str, draft: bool) -> None:
    assert an_issue(header=f"---\ntitle: A\n{line}\n---\n").draft is draft


def test_a_draft_key_that_says_nothing_clear_is_a_draft_and_a_problem() -> None:
    issue = an_issue(header="---\ntitle: A\ndraft: perhaps\n---\n")
    assert issue.draft
    assert told(issue) == ["3:1 front-matter error"]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("author: emus", ("emus",)),
        ("author: Last, First", ("Last, First",)),
        ("authors: Ann, Bob", ("Ann", "Bob")),
        ("author: Ann; Bob", ("Ann", "Bob")),
        ("authors: [Ann, Bob]", ("Ann", "Bob")),
        ("author: {name: Ann, email: a@example.org}", ("Ann",)),
        ("author:", ()),
    ],
)
def test_authors_are_read_in_every_dialect(line: str, authors: tuple[str, ...]) -> None:
    assert an_issue(header=f"---\ntitle: A\n{line}\n---\n").authors == authors


def test_the_summary_becomes_a_preheader_of_plain_words() -> None:
    header = "---\ntitle: A\nsummary: >\n  Read about *Gajim*\n  and [Dino](https://dino.im).\n---\n"
    assert an_issue(header=header).preheader == "Read about Gajim and Dino."


@pytest.mark.parametrize(
    ("line", "page"),
    [
        ("url: /2021/a/", "https://example.org/2021/a/"),
        ("save_as: 2021/a/index.html", "https://example.org/2021/a/"),
        ("permalink: https://other.example/a", "https://other.example/a"),
        ("slug: a", ""),
    ],
)
def test_the_page_on_the_site_is_known_only_where_the_header_says_it(line: str, page: str) -> None:
    assert an_issue(header=f"---\ntitle: A\n{line}\n---\n").page_url == page


def test_a_missing_title_is_an_error_and_an_only_first_heading_takes_its_place() -> None:
    assert told(an_issue("text", header="---\ndate: 2021-03-05\n---\n")) == ["1:1 missing-title error"]
    issue = an_issue("# The *title*\n\ntext", header="")
    assert issue.title == "The title"
    assert told(issue) == ["1:1 missing-title warning"]
    assert an_issue("# One\n\n# Two", header="").title == ""


def test_a_title_of_several_lines_becomes_one() -> None:
    assert an_issue(header='---\ntitle: "a\\n b\\tc"\n---\n').title == "a b c"


def test_the_digest_is_of_the_bytes_and_the_source_of_the_text() -> None:
    issue = an_issue(b"\r\nx", header="Title: A\r\n", newsletter=an_issues_newsletter())
    assert issue.source == "Title: A\n\nx"
    assert len(issue.source_sha256) == 64


def test_control_characters_that_escapes_bring_do_not_reach_a_subject() -> None:
    issue = an_issue(
        "x&#12;y <img alt='a&#12;b' src=/x>", header='---\ntitle: "a\\b\\x07\\r\\nBcc: c"\nsummary: "d\\0e"\n---\n'
    )
    assert issue.title == "a Bcc: c"
    assert issue.preheader == "de"
    check(issue)
