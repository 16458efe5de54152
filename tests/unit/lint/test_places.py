import pytest

from mailer.lint.engine import lint
from tests.builders.manuscript import HEADER_LINES, a_source

PLACES = [
    ("Text.\n\n- One\n  - Two [IMAGE TWO]\n", 4, 9, "placeholder-bracket"),
    ("Text.\n\n> quoted\n> [IMAGE TWO]\n", 4, 3, "placeholder-bracket"),
    ("A `[IMAGE]` and é 🦀 [IMAGE TWO]\n", 1, 21, "placeholder-bracket"),
    ("Two\nlines [x](/a) [y](URL_HERE)\n", 2, 19, "placeholder-link"),
    ("[x][y] is here\n\n[y]: URL_HERE\n", 3, 6, "placeholder-link"),
    ('A <a href="URL_HERE">link</a>\n', 1, 12, "placeholder-link"),
    (
        '{{< img alt="A" src="INSERT_IMG" >}}\n\nTen words: these here are not only images at all.\n',
        1,
        22,
        "placeholder-link",
    ),
    ("1. One\n2. TODO\n", 2, 4, "placeholder"),
    ("Text.\n\n##   Empty\n", 3, 6, "empty-section"),
    ("Text.\n\nEmpty\n=====\n", 3, 1, "empty-section"),
    ("Text.\n\n## Bare\n\n   Word\n", 5, 4, "empty-section"),
    ("Text. ![]() of ten words and more, so that it is not only images.\n", 1, 7, "empty-link"),
    ("Thanks to peopleâ€™s work.\n", 1, 11, "mojibake"),
    ("We met, then went\nhome with the\n", 2, 13, "cut-paragraph"),
    ("See [a](https://news/x)\n", 1, 9, "link-syntax"),
    ("## A\n\nText.\n\n#### B\n\nText.\n", 5, 1, "heading-order"),
]


@pytest.mark.parametrize(("text", "line", "column", "rule"), PLACES)
def test_a_problem_stands_where_it_is(text: str, line: int, column: int, rule: str) -> None:
    (problem,) = lint(a_source(text))

    assert (problem.place.line - HEADER_LINES, problem.place.column, problem.rule) == (line, column, rule)


@pytest.mark.parametrize(
    ("header", "line", "column", "rule"),
    [
        ("---\ntitle: XXX of May\ndate: 2024-06-05\n---\n", 2, 8, "placeholder"),
        ('+++\ntitle = "News of Feburary"\ndate = 2024-03-05\n+++\n', 2, 18, "month-name"),
        ("Title: News\nDate: 2024-06-05\nStatus: draft\n\n", 3, 1, "draft"),
        ("---\ntitle: News of May 2021\ndate: 2024-06-05\n---\n", 2, 16, "date-mismatch"),
        ("---\ntitle: News\ndate: 2024-06-05\nurl: /2023/01/news/\n---\n", 4, 7, "date-mismatch"),
    ],
)
def test_a_problem_of_the_header_stands_at_its_key_or_value(
    header: str, line: int, column: int, rule: str
) -> None:
    (problem,) = lint(a_source(header + "Welcome to our newsletter!\n"))

    assert (problem.place.line, problem.place.column, problem.rule) == (line, column, rule)
