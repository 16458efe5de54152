"""What may be meant is a warning: a finished issue goes out, and the editor of a draft reads of it."""

import pytest

from mailer.issue import Severity
from mailer.lint.engine import lint
from tests.builders.issue import an_issue
from tests.builders.manuscript import HEADER, a_manuscript

MAYBE = [
    ("placeholder", "- Fixed “TODO: the lock” at last.\n"),
    ("placeholder-bracket", '- Fixed "[TODO] a lock is needed", known for years.\n'),
    ("template-variable", '- The file "%NIM%/config" is read again.\n'),
    ("template-variable", "- Put it into ${HOME}/bin first.\n"),
    ("cut-paragraph", "## News\n\nUpdates from [the core team](https://s.example/news):\n\n## Next\n\nText.\n"),
    ("empty-section", "#### Author: Ada\n\n### A parser in a day\n\nText.\n"),
    ("unfilled-comment", "<!-- TODO: name the winner -->\n\nText of the issue.\n"),
]
CERTAIN = [
    ("placeholder", "- TODO: the lock\n"),
    ("placeholder-bracket", "- [TODO] a lock\n"),
    ("template-variable", "The next one is on %DATE% at noon.\n"),
    ("cut-paragraph", "## News\n\nThese are the [new](https://s.example/) things, at last:\n\n## Next\n\nText.\n"),
    ("empty-section", "#### Authors\n\n### A parser in a day\n\nText.\n"),
    ("placeholder-link", "[Discuss](https://forum.s.example/#TODO)\n"),
]


@pytest.mark.parametrize(("rule", "text"), MAYBE)
def test_what_may_be_meant_is_a_warning(rule: str, text: str) -> None:
    found = lint(a_manuscript(HEADER + text).issue)

    assert {problem.severity for problem in found if problem.rule == rule} == {Severity.WARNING}, found
    assert not any(problem.severity is Severity.ERROR for problem in found), found


@pytest.mark.parametrize(("rule", "text"), CERTAIN)
def test_its_plain_neighbour_stays_an_error(rule: str, text: str) -> None:
    found = lint(a_manuscript(HEADER + text).issue)

    assert (rule, Severity.ERROR) in {(problem.rule, problem.severity) for problem in found}, found


@pytest.mark.parametrize(
    ("path", "header", "severity"),
    [
        ("2024-05-XX-news.md", "---\ntitle: News\n---\n", Severity.ERROR),
        ("posts/2024-XX-XX-news.md", "---\ntitle: News\n---\n", Severity.ERROR),
        ("2024-05-XX-news.md", HEADER, Severity.WARNING),
    ],
)
def test_a_day_that_is_not_known_yet_is_seen_in_the_files_name(path: str, header: str, severity: Severity) -> None:
    found = lint(an_issue("Text of the issue.\n", header=header, path=path))

    assert [problem.severity for problem in found if problem.rule == "placeholder"] == [severity]


def test_a_day_in_the_files_name_is_the_issues_date() -> None:
    found = lint(an_issue("Text of the issue.\n", header="---\ntitle: News\n---\n", path="2024-05-17-news.md"))

    assert "missing-date" not in {problem.rule for problem in found}


def test_a_link_to_a_variable_that_nobody_knows_is_one_mistake() -> None:
    found = lint(an_issue("Send us [a patch]({{ site.links.pull }}) if somebody is missing.\n"))

    assert [problem.rule for problem in found] == ["shortcode"]


def test_ten_films_are_said_once() -> None:
    films = "".join(
        f'<iframe src="https://films.s.example/{number}"></iframe>\n\nText.\n\n' for number in range(10)
    )

    found = [problem for problem in lint(an_issue(HEADER + films)) if problem.rule == "removed-html"]

    assert len(found) == 1
    assert "(and 9 more)" in found[0].message
