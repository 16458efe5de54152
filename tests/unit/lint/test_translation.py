"""A translation beside its original: what is missing is told once a kind, what only looks different is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.issue import Issue, Severity
from mailer.issue.reader import read_issue
from mailer.lint.engine import LintSettings, lint, lint_translation
from mailer.lint.tongues import contradicted
from mailer.lint.translation import PAIR_RULES
from mailer.lint.translation.pair import PairRule, PairSample
from mailer.lint.translation.same import link_key, numbers_in
from mailer.newsletter import Newsletter
from tests.builders.manuscript import a_source

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "xmpp"
SAMPLES = [(rule, sample) for rule in PAIR_RULES for sample in rule.samples()]


def a_pair(original: str, translation: str) -> tuple[Issue, Issue]:
    return a_source(original), replace(a_source(translation, "newsletter.de.md"), language="de")


def found(original: str, translation: str) -> list[tuple[str, str]]:
    return [(problem.rule, problem.message) for problem in lint_translation(*a_pair(original, translation))]


@pytest.mark.parametrize(
    ("rule", "sample"), SAMPLES, ids=[f"{rule.id}-{number}" for number, (rule, _) in enumerate(SAMPLES)]
)
def test_a_sample_of_the_page_passes_or_fails_as_it_says(rule: PairRule, sample: PairSample) -> None:
    problems = lint_translation(*a_pair(sample.original, sample.translation))
    assert any(problem.rule == rule.id for problem in problems) is not sample.passes


def test_each_rule_has_a_sample_of_both_kinds() -> None:
    for rule in PAIR_RULES:
        assert {sample.passes for sample in rule.samples()} == {True, False}


ORIGINAL = """\
Welcome to [our page](https://example.net/en/).

## Events

- [Sprint](https://example.net/sprint): 14 June 2025 at 6 pm
- [Camp](https://example.net/camp): 2 to 5 August, 1,500 people

## Software

- [Kontalk 2.18.1](https://example.net/k) is out.

## Thanks

To all who wrote.
"""
TRANSLATION = """\
Willkommen auf [unserer Seite](https://www.example.net/de).

## Termine

- [Sprint](https://example.net/sprint): 14. Juni 2025 um 18 Uhr
- [Lager](https://example.net/camp): 2. bis 5. August, 1.500 Leute

## Programme

- [Kontalk 2.18.1](https://example.net/k) ist da.

## Dank

An alle, die schrieben.
"""


def test_a_faithful_translation_is_silent() -> None:
    assert found(ORIGINAL, TRANSLATION) == []


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        (
            ("## Programme\n\n- [Kontalk 2.18.1](https://example.net/k) ist da.\n\n", ""),
            "sections",
            "“Software” (line 13",
        ),
        (("## Dank\n\nAn alle, die schrieben.\n", ""), "sections", "“Thanks”"),
        (("/sprint)", "/sprnt)"), "links", "https://example.net/sprint (line 10 there, here: example.net/sprnt)"),
        (("2.18.1](", "2.81.1]("), "numbers", "2.18.1"),
        (("14. Juni", "14. Juli"), "numbers", "June"),
        (("18 Uhr", "20 Uhr"), "numbers", "18:00"),
        (("1.500", "1.300"), "numbers", "1500"),
    ],
)
def test_what_is_missing_is_named_with_its_line(change: tuple[str, str], rule: str, said: str) -> None:
    ((rule_id, message),) = found(ORIGINAL, TRANSLATION.replace(*change))
    assert rule_id == f"translation-{rule}"
    assert said in message


def test_many_of_a_kind_are_one_warning() -> None:
    original = "".join(f"[Page](https://example.net/{n}) " for n in range(20))
    ((rule, message),) = found(original, "Nichts davon.")
    assert rule == "translation-links"
    assert message.startswith("20 links")
    assert "and 17 more" in message


def test_a_link_that_another_rule_finds_broken_is_not_told_twice() -> None:
    assert found("[A](https://pages.example.net/a/b)", "[A](https://pages. example.net/a/b)") == []


def test_findings_are_warnings_in_the_translation_and_can_be_switched() -> None:
    pair = a_pair(ORIGINAL, TRANSLATION.replace("/sprint)", "/sprnt)"))
    (problem,) = lint_translation(*pair)
    assert (problem.severity, problem.place.path, problem.place.line) == (Severity.WARNING, "newsletter.de.md", 8)
    off = LintSettings.read({"translation-links": "off"})
    strict = LintSettings.read({"translation-links": "error"})
    assert lint_translation(*pair, settings=off) == []
    assert [problem.severity for problem in lint_translation(*pair, settings=strict)] == [Severity.ERROR]
    silenced = replace(
        a_source("<!-- lint: off translation-links -->\n" + TRANSLATION.replace("t)", "x)")), language="de"
    )
    assert lint_translation(pair[0], silenced) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.net/a/", "https://example.net/a"),
        ("https://en.wikipedia.org/wiki/Roof", "https://de.wikipedia.org/wiki/Dach"),
        ("https://example.net/en/help#start", "https://example.net/pt-br/help"),
        ("https://example.net/help.en.html", "https://example.net/help.de.html"),
        ("https://example.net/help?lang=en", "https://example.net/help?lang=de"),
        (
            "https://creativecommons.org/licenses/by-sa/4.0/",
            "https://creativecommons.org/licenses/by-sa/4.0/deed.de",
        ),
    ],
)
def test_pages_in_another_language_are_the_same(one: str, other: str) -> None:
    assert link_key(one) == link_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.net/2.17", "https://example.net/2.18"),
        ("https://example.net/a?page=1", "https://example.net/a?page=2"),
        ("https://creativecommons.org/licenses/by-sa/4.0/", "https://creativecommons.org/licenses/by-nd/4.0/"),
    ],
)
def test_other_pages_are_not(one: str, other: str) -> None:
    assert link_key(one) != link_key(other)


def test_numbers_are_the_same_however_a_language_writes_them() -> None:
    assert set(numbers_in("1,000 and 2.5 at 7:30 pm, 0.21.1, in 2025, 3 of them")) == {
        "1000", "2.5", "19:30", "0.21.1", "2025",
    }  # fmt: skip
    assert set(numbers_in("1.000 und 2,5 um 19:30")) == {"1000", "2.5", "19:30"}


def test_a_number_that_no_reader_reads_is_none() -> None:
    assert list(numbers_in("1" * 5000)) == []


def test_a_text_in_another_language_than_it_says_is_told() -> None:
    german = "Die Fähre fährt seit Montag wieder, und der Fahrplan ist der gleiche wie im letzten Jahr. " * 3
    assert contradicted(german, "en") == "de"
    assert contradicted(german, "de-at") is None
    assert contradicted(german, "xx") is None  # nobody here knows it
    assert contradicted("Die Fähre fährt.", "en") is None
    names = "Alice Bob Carol Dave Erin Frank Grace Heidi Ivan Judy Mallory Niaj Olivia Peggy Rupert Sybil " * 4
    assert contradicted(names, "fr") is None


def test_another_script_is_another_language() -> None:
    assert contradicted("паром снова ходит с понедельника и расписание прежнее " * 8, "en") == "ru"
    assert contradicted("паром снова ходит с понедельника и расписание прежнее " * 8, "uk") is None
    assert (
        contradicted("The ferry runs again since Monday and it is the same as it was last year. " * 4, "he")
        == "en"
    )


@given(st.text(max_size=300), st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_whatever_stands_there_nothing_breaks_and_a_kind_is_told_once(original: str, translation: str) -> None:
    rules = [rule for rule, _ in found(original, translation)]
    assert len(rules) == len(set(rules))


LANGUAGES = ("en", "de", "es", "fr", "it", "pt-br")


def read(path: Path) -> Issue:
    newsletter = Newsletter("news", "News", "N <n@example.org>", "news.example.org", languages=LANGUAGES)
    return read_issue(path.read_bytes(), path.name, newsletter)


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no real newsletters beside the checkout")
def test_published_translations_get_two_warnings_at_most_each_of_them_true() -> None:
    told = {}
    for path in sorted(CORPUS.glob("*-newsletter.*.md")):
        original = read(path.with_name(path.name.split(".")[0] + ".md"))
        problems = lint_translation(original, read(path))
        assert len(problems) <= 2
        told[path.name] = [problem.rule.removeprefix("translation-") for problem in problems]
    assert told == {
        "2022-03-05-newsletter.de.md": ["links"],
        "2022-03-05-newsletter.es.md": ["links"],
        "2022-03-05-newsletter.fr.md": ["sections", "links"],
        "2024-09-05-newsletter.de.md": ["links"],
        "2024-09-05-newsletter.es.md": ["numbers"],
        "2024-09-05-newsletter.fr.md": ["sections"],
        "2024-09-05-newsletter.it.md": [],
        "2025-06-10-newsletter.de.md": ["links", "sections"],
        "2025-06-10-newsletter.it.md": [],
        "2025-06-10-newsletter.pt-br.md": ["links"],
    }


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="no real newsletters beside the checkout")
def test_the_language_of_every_published_issue_is_known_and_every_wrong_name_is_told() -> None:
    for path in sorted(CORPUS.glob("*.md")):
        issue = read(path)
        for language in LANGUAGES:
            rules = [problem.rule for problem in lint(replace(issue, language=language))]
            assert ("text-language" in rules) is (language != issue.language), (path.name, language)
