import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.lint.fix import Fix, diff, fix


def test_text_of_a_wrong_encoding_is_mended_in_header_and_body() -> None:
    mended, fixes = fix("title: peopleâ€™s\n\nThanks for GrÃ¶ÃŸe.\n")

    assert mended == "title: people’s\n\nThanks for Größe.\n"
    assert fixes == [
        Fix(1, 8, "mojibake", "peopleâ€™s", "people’s"),
        Fix(3, 12, "mojibake", "GrÃ¶ÃŸe.", "Größe."),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[x]( https://example.net/ )", "[x](https://example.net/)"),
        ('[x](https://example.net/ "T" )', '[x](https://example.net/ "T")'),
        ("get it[here ](/x) now", "get it[here](/x) now"),
        ("get [it ](/x)now", "get [it](/x) now"),
        ("![a ](/x.png )", "![a ](/x.png)"),
    ],
)
def test_white_space_goes_out_of_links(before: str, after: str) -> None:
    assert fix(before)[0] == after


@pytest.mark.parametrize(
    "clean",
    [
        "Ça va, “people’s” naïve Größe; ação, Â.\r\n",
        "`peopleâ€™s` and `[x]( y )`\n",
        "```\n[x]( /y ) peopleâ€™s\n```\n",
        "http://example.org stays; [x][y] too\n",
        "",
    ],
)
def test_what_is_right_or_code_stays_byte_for_byte(clean: str) -> None:
    assert fix(clean) == (clean, [])


@given(st.text(alphabet="[]()!`<>é’â€™ \nab/:x", max_size=80))
@settings(max_examples=200, deadline=None)
def test_mending_twice_changes_nothing_more(source: str) -> None:
    once, _ = fix(source)

    assert fix(once)[0] == once


def test_the_difference_is_shown_as_a_patch() -> None:
    assert diff("a\nb\n", "a\nc", "x.md") == (
        "--- a/x.md\n+++ b/x.md\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )
    assert diff("a\n", "a\n", "x.md") == ""
