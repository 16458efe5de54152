from dataclasses import dataclass, replace

import pytest

from mailer.errors import SettingsError
from mailer.issue import Place, Problem, Severity
from mailer.lint.engine import LintSettings, lint, lint_rendered
from mailer.lint.size import LIMIT_BYTES
from tests.builders.manuscript import HEADER_LINES, a_source


def found(text: str, settings: LintSettings | None = None) -> list[tuple[int, int, str]]:
    problems = lint(a_source(text), settings=settings or LintSettings())
    return [(problem.place.line - HEADER_LINES, problem.place.column, problem.rule) for problem in problems]


def test_problems_come_in_the_order_of_the_file_with_line_and_column() -> None:
    assert found("A picture: [IMAGE SPRINT]\n\n## Articles\n\n## Servers\n\nXXX is out.\n") == [
        (1, 12, "placeholder-bracket"),
        (3, 4, "empty-section"),
        (7, 1, "placeholder"),
    ]


def test_the_readers_own_problems_are_among_them() -> None:
    own = Problem(Place("x.md", 2, 1), "front-matter", Severity.ERROR, "no")
    issue = replace(a_source("Fine.\n"), problems=(own,))

    assert lint(issue) == [own]


def test_a_comment_switches_a_rule_off_until_one_switches_it_on() -> None:
    text = "<!-- lint: off placeholder -->\n\nXXX\n\n[IMAGE SPRINT]\n\n<!-- lint: on placeholder -->\n\nOn XXX.\n"
    assert found(text) == [(5, 1, "placeholder-bracket"), (9, 4, "placeholder")]


def test_a_comment_without_a_name_switches_all_rules() -> None:
    assert found("<!-- lint: off -->\n\nXXX\n\n[IMAGE SPRINT]\n\n<!-- lint: on -->\n\nThe XXX server.\n") == [
        (9, 5, "placeholder")
    ]


def test_a_comment_can_speak_of_its_own_line_only() -> None:
    assert found("The XXX server. <!-- lint: off-line placeholder -->\n\nThe XXX client.\n") == [
        (3, 5, "placeholder")
    ]


def test_a_rule_that_does_not_exist_is_named_with_its_neighbour() -> None:
    (problem,) = lint(a_source("<!-- lint: off placeholdr -->\n\nFine.\n"))

    assert (problem.rule, problem.severity) == ("lint-comment", Severity.WARNING)
    assert "placeholder" in problem.hint


def test_settings_switch_rules_and_change_severities() -> None:
    quiet = LintSettings(off=frozenset({"placeholder"}))
    soft = LintSettings(severities={"placeholder": Severity.WARNING})

    assert found("XXX\n", quiet) == []
    assert [problem.severity for problem in lint(a_source("XXX\n"), settings=soft)] == [Severity.WARNING]


def test_settings_are_read_from_a_table_of_words() -> None:
    read = LintSettings.read({"placeholder": "off", "link-text": "error", "subject": "on"})

    assert (read.off, read.severities) == (frozenset({"placeholder"}), {"link-text": Severity.ERROR})
    assert read.on == {"link-text", "subject"}


@pytest.mark.parametrize(
    ("words", "hint"), [({"placeholdr": "off"}, "placeholder"), ({"subject": "no"}, "off, on")]
)
def test_a_mistake_in_the_settings_is_named_with_what_was_meant(words: dict[str, str], hint: str) -> None:
    with pytest.raises(SettingsError, match=hint):
        LintSettings.read(words, where="mailer.toml")


def test_settings_reach_the_readers_problems_too() -> None:
    own = Problem(Place("x.md", 2, 1), "removed-html", Severity.ERROR, "no")
    issue = replace(a_source("Fine.\n"), problems=(own,))

    assert lint(issue, settings=LintSettings(off=frozenset({"removed-html"}))) == []


@dataclass(frozen=True)
class Weight:
    title: str
    line: int
    size_bytes: int


WEIGHTS = (Weight("Welcome", 5, 10_000), Weight("Software", 9, 80_000), Weight("Thanks", 40, 30_000))


def test_a_mail_that_gmail_cuts_off_is_refused_at_the_section_that_crosses() -> None:
    (problem,) = lint_rendered(a_source("Hello.\n"), WEIGHTS, 120_000)

    assert (problem.place.line, problem.rule, problem.severity) == (40, "size", Severity.ERROR)
    assert "Thanks" in problem.message
    assert problem.hint.index("Software") < problem.hint.index("Thanks") < problem.hint.index("Welcome")


def test_what_stands_above_the_first_section_counts() -> None:
    (problem,) = lint_rendered(a_source("Hello.\n"), WEIGHTS, 150_000)

    assert problem.place.line == 9


@pytest.mark.parametrize("size_bytes", [0, 80_000, LIMIT_BYTES - 10_000])
def test_a_mail_of_a_good_size_is_not_spoken_of(size_bytes: int) -> None:
    assert lint_rendered(a_source("Hello.\n"), WEIGHTS, size_bytes) == []


def test_a_mail_just_under_the_limit_is_a_warning() -> None:
    (problem,) = lint_rendered(a_source("Hello.\n"), (), LIMIT_BYTES)

    assert problem.severity is Severity.WARNING
