"""The gate over real newsletters: published issues pass and stay quiet, drafts are refused for every reason."""

import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from mailer.issue import Problem, Severity
from mailer.issue.reader import read_issue
from mailer.lint.engine import lint
from mailer.newsletter import Newsletter

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="no real newsletters beside the checkout"),
]
NEWSLETTER = Newsletter(
    key="news",
    name="The News",
    sender="The News <news@example.org>",
    list_id="news.example.org",
    site_url="https://www.example.org",
    base_url="https://news.example.org",
    languages=("en", "de", "es", "fr", "it", "pt-br"),
)
DRAFTS = ("draft-early.md", "draft-late.md", "draft-2026-08-26-this-week-in-rust.md")


def files() -> list[Path]:
    return sorted(CORPUS.glob("*/*.m*"))


def problems_of(path: Path) -> list[Problem]:
    return lint(read_issue(path.read_bytes(), path.name, NEWSLETTER))


def published() -> list[Path]:
    return [path for path in files() if path.name not in DRAFTS]


@pytest.mark.parametrize("path", published(), ids=lambda path: path.name)
def test_a_published_issue_passes_the_gate(path: Path) -> None:
    assert [str(problem) for problem in problems_of(path) if problem.severity is Severity.ERROR] == []


def test_published_issues_get_two_warnings_at_the_median_at_most() -> None:
    assert statistics.median(len(problems_of(path)) for path in published()) <= 2


def found(name: str) -> set[tuple[int, str, bool]]:
    (path,) = CORPUS.glob(f"*/{name}")
    return {
        (problem.place.line, problem.rule, problem.severity is Severity.ERROR) for problem in problems_of(path)
    }


BOTH_SEEDS = {
    (2, "month-name", True),  # Feburary in the subject
    (4, "month-name", False),  # feburary in the address
    (4, "date-mismatch", False),  # 2021/01 for an issue of March; newsletter-02 in it
    (11, "month-name", False),
    (25, "link-syntax", False),  # https://news/jabberfr.org
}


def test_the_early_draft_is_refused_for_every_reason() -> None:
    assert found("draft-early.md") >= BOTH_SEEDS | {
        (13, "mojibake", True),
        (29, "empty-section", True),  # one bare word
        (36, "empty-section", True),
        (43, "instruction", True),
        (47, "instruction", True),
        (51, "instruction", True),
        (142, "placeholder-bracket", True),  # [CONTRIBUTORS]
    }


def test_the_late_draft_is_refused_for_every_reason() -> None:
    assert found("draft-late.md") >= BOTH_SEEDS | {
        (30, "empty-section", True),
        (79, "placeholder", True),  # ADD MISSING …
        (93, "placeholder-bracket", True),  # [IMAGE …]
    }


def test_the_draft_of_a_weekly_is_refused_for_every_reason() -> None:
    empty = {(line, "empty-section", True) for line in (40, 42, 44, 46, 48, 50, 52, 54, 143, 163)}

    assert found(DRAFTS[2]) >= empty | {
        (102, "empty-section", False),  # headings that are links
        (104, "empty-section", False),
        (188, "empty-section", False),
        (58, "unfilled-comment", False),
        (122, "unfilled-comment", False),
        (134, "unfilled-comment", False),
        (340, "unfilled-comment", False),
        (141, "unfilled-comment", True),
        (150, "cut-paragraph", True),  # a list is announced
        (336, "placeholder-link", True),
        (360, "placeholder-link", True),
    }


def test_a_removed_form_stops_the_sending() -> None:
    for name in DRAFTS[:2]:
        assert [is_error for _, rule, is_error in found(name) if rule == "removed-html"] == [True]


def test_without_a_known_site_all_relative_links_are_one_problem() -> None:
    (path,) = CORPUS.glob("*/2025-06-10-newsletter.md")
    issue = read_issue(path.read_bytes(), path.name, replace(NEWSLETTER, site_url=""))

    assert [problem.rule for problem in lint(issue)].count("relative-link") == 1
