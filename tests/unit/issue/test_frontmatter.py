from __future__ import annotations

from datetime import date

import pytest

from mailer.issue.frontmatter import read_front_matter
from mailer.issue.model import FrontMatter, FrontStyle
from mailer.issue.problem import Problem
from mailer.issue.source import decode


def front(text: str) -> tuple[FrontMatter, list[Problem]]:
    return read_front_matter(decode(text.encode(), "x.md"))


def places(problems: list[Problem]) -> list[tuple[int, int]]:
    return [(problem.place.line, problem.place.column) for problem in problems]


@pytest.mark.parametrize(
    ("text", "style", "body_line"),
    [
        ("---\ntitle: A\n---\nbody", FrontStyle.YAML, 4),
        ("---  \ntitle: A\n...\nbody", FrontStyle.YAML, 4),
        ("\n---\ntitle: A\n---\nbody", FrontStyle.YAML, 5),
        ("\ufeff---\r\ntitle: A\r\n---\r\nbody", FrontStyle.YAML, 4),
        ('+++\ntitle = "A"\n+++\nbody', FrontStyle.TOML, 4),
        ("Title: A\nTags: x,\n    y\n\nbody", FrontStyle.HEADERS, 5),
        ("title: A\n---\nbody", FrontStyle.HEADERS, 3),
    ],
)
def test_each_style_gives_the_title_and_where_the_text_begins(
    text: str, style: FrontStyle, body_line: int
) -> None:
    header, problems = front(text)
    assert (header.style, header.values["title"], header.body_line) == (style, "A", body_line)
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just text: with a colon\n\nmore",
        "---\n\nA line between rules\n\n---\n",
        "# Heading\n",
        "---",
        "---\n- a\n---\n",
    ],
)
def test_text_without_a_header_has_none(text: str) -> None:
    header, problems = front(text)
    assert (header.style, header.body_line, dict(header.values), problems) == (FrontStyle.NONE, 1, {}, [])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: XMPP: the news", "XMPP: the news"),
        ("title: It's: 'quoted' here", "It's: 'quoted' here"),
        ("title:\tTabs and all", "Tabs and all"),
        ("title: @home", "@home"),
        ("title: *stars*", "*stars*"),
        ('title: "Two" words', '"Two" words'),
        ("title: [video] The talk", "[video] The talk"),
        ("title: 400%", "400%"),
        ("title: 2024", "2024"),
        ("title: 'a: b'", "a: b"),
        ("Title: Case", "Case"),
    ],
)
def test_titles_that_editors_write_are_read_without_a_word(line: str, title: str) -> None:
    header, problems = front(f"---\n{line}\ndate: 2021-03-05\n---\n")
    assert (header.values["title"], header.values["date"]) == (title, "2021-03-05")
    assert problems == []


def test_words_that_yaml_takes_for_truth_or_nothing_stay_words() -> None:
    header, _ = front("---\ntitle: yes\nslug: no\nauthor: on\n---\n")
    assert header.values == {"title": "yes", "slug": "no", "author": "on"}


def test_unknown_keys_are_kept_with_their_own_types() -> None:
    header, _ = front("---\ntitle: A\nnumber: 400\ntags: [a, b]\nextra:\n  deep: true\n---\n")
    assert header.values["number"] == 400
    assert header.values["tags"] == ["a", "b"]
    assert header.values["extra"] == {"deep": True}


def test_each_key_has_its_place() -> None:
    header, _ = front("\n---\ntitle: A\ndate: 2021-03-05\n---\n")
    assert (header.places["date"].line, header.places["date"].column) == (4, 1)
    toml, _ = front('+++\ntitle = "A"\n  date = 2021-03-05\n+++\n')
    assert (toml.places["date"].line, toml.places["date"].column) == (3, 3)
    assert toml.values["date"] == date(2021, 3, 5)


@pytest.mark.parametrize(
    "text",
    ["---\ntitle: A\ntitle: B\n---\n", '+++\ntitle = "A"\ntitle = "B"\n+++\n', "Title: A\nTITLE: B\n\nx"],
)
def test_a_key_twice_is_a_problem_at_the_second_and_the_first_counts(text: str) -> None:
    header, problems = front(text)
    assert header.values["title"] == "A"
    assert [problem.rule for problem in problems] == ["front-matter"]
    assert places(problems) == [(3 if text[0] in "-+" else 2, 1)]


def test_broken_yaml_is_a_problem_in_place_and_the_rest_is_read() -> None:
    header, problems = front('---\ntitle: A\ntags: ["a", "b\nslug: s\n---\nbody')
    assert header.values["title"] == "A"
    assert header.values["slug"] == "s"
    assert header.body_line == 6
    assert [problem.rule for problem in problems] == ["front-matter"]
    assert problems[0].place.line in (3, 4)


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("Title: Pelican: fenced\ntags: [x, y", (3, 7)),
        ("title: 'never closed\ndate: 2021-03-05", (2, 8)),
        ("title: A\n  stray: b", (3, 8)),
    ],
)
def test_the_place_is_where_the_fault_begins(lines: str, place: tuple[int, int]) -> None:
    _, problems = front(f"---\n{lines}\n---\n")
    assert places(problems) == [place]


def test_broken_toml_is_a_problem_in_place_and_the_rest_is_read() -> None:
    header, problems = front('+++\ntitle = "A"\ndate = tomorrow\nslug = "s"\n+++\nbody')
    assert (header.values["title"], header.values["slug"]) == ("A", "s")
    assert places(problems) == [(3, 8)]


def test_aliases_are_refused_so_that_a_header_cannot_grow() -> None:
    bomb = "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\ntitle: A\n---\n"
    header, problems = front(bomb)
    assert header.values["title"] == "A"
    assert "aliases" in problems[0].message


def test_a_header_that_is_never_closed_is_told_at_its_first_line() -> None:
    header, problems = front("---\ntitle: A\n\nThe text.\n")
    assert (header.values["title"], header.body_line) == ("A", 4)
    assert places(problems) == [(1, 1)]


def test_a_bare_header_that_runs_into_the_text_is_told() -> None:
    header, problems = front("Title: A\nDate: 2021-03-05\nThe text begins here.\n")
    assert header.body_line == 3
    assert places(problems) == [(3, 1)]
