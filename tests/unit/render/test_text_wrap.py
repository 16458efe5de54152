import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.render.text_table import table_text
from mailer.render.text_wrap import GLUE, WIDTH, indent, underline, width, wrap


@given(text=st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=400))
@settings(max_examples=150, deadline=None)
def test_wrapping_changes_nothing_but_blanks(text: str) -> None:
    text = text.replace(GLUE, "")
    assert "".join(wrap(text).split()) == "".join(text.split())


@given(words=st.lists(st.text(alphabet="abcdefghij漢字かな", min_size=1, max_size=12), max_size=60))
@settings(max_examples=100, deadline=None)
def test_no_line_is_wider_than_asked(words: list[str]) -> None:
    assert all(width(line) <= WIDTH for line in wrap(" ".join(words)).split("\n"))


def test_an_address_is_never_cut() -> None:
    url = "https://example.org/" + "a" * 100
    assert wrap(f"See {url} for more.").split("\n") == ["See", url, "for more."]


def test_a_reference_stays_with_its_word() -> None:
    line = "x" * 30
    assert wrap(f"{line} word{GLUE}[12]", 36) == f"{line}\nword [12]"


def test_chinese_breaks_between_characters_but_no_line_begins_with_a_full_stop() -> None:
    lines = wrap("我" * 36 + "。" + "你" * 3).split("\n")
    assert lines == ["我" * 35, "我。你你你"]


def test_a_wide_character_counts_two_columns_and_an_accent_none() -> None:
    assert width("漢a") == 3
    assert width("e\u0301") == 1
    assert width("👍") == 2


def test_a_break_that_the_author_asked_for_stays() -> None:
    assert wrap("one\ntwo") == "one\ntwo"


def test_leads_stand_before_the_lines() -> None:
    assert wrap("aa bb cc", 7, first="- ", rest="  ") == "- aa bb\n  cc"
    assert indent("a\n\nb", "> ", "> ") == "> a\n>\n> b"


def test_a_heading_is_underlined_as_wide_as_it_is() -> None:
    assert underline("漢字", "-") == "漢字\n----"


def test_a_table_that_fits_stands_in_columns() -> None:
    assert table_text(["Day", "Metres"], [["Monday", "3.4"], ["Sunday", "10"]], ["left", "right"], 72) == (
        "Day     Metres\n------  ------\nMonday     3.4\nSunday      10"
    )


def test_a_table_of_wide_characters_is_aligned() -> None:
    lines = table_text(["名前", "x"], [["a", "b"]], ["left", "left"], 72).split("\n")
    assert lines == ["名前  x", "----  -", "a     b"]


def test_a_table_that_is_too_wide_wraps_its_cells() -> None:
    lines = table_text(["A", "B"], [["short", "word " * 20]], ["left", "left"], 40).split("\n")
    assert all(len(line) <= 40 for line in lines)
    assert lines[2].startswith("short  word word")
    assert lines[3].startswith("       word")


def test_a_table_whose_words_do_not_fit_becomes_records() -> None:
    head = ["Name", "Address", "Note"]
    url = "https://example.org/" + "x" * 40
    written = table_text(head, [["Ada", url, "n" * 30], ["Bob", url, ""]], ["left"] * 3, 72)
    assert written == f"Name: Ada\nAddress: {url}\nNote: {'n' * 30}\n\nName: Bob\nAddress: {url}"


@given(
    rows=st.lists(
        st.lists(st.text(alphabet="ab 漢", max_size=30), min_size=1, max_size=5), min_size=1, max_size=5
    ),
    columns=st.integers(20, 80),
)
@settings(max_examples=100, deadline=None)
def test_no_cell_is_lost_in_any_table(rows: list[list[str]], columns: int) -> None:
    written = table_text([], rows, [], columns)
    for row in rows:
        for cell in row:
            assert all(part in written.replace("\n", "") for part in "".join(cell.split())[:1])
    assert sum(map(written.count, "ab漢")) == sum(
        cell.count(sign) for row in rows for cell in row for sign in "ab漢"
    )


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_nothing_wraps_to_nothing(text: str) -> None:
    assert wrap(text).strip() == ""


def test_a_table_without_a_cell_is_empty() -> None:
    assert table_text([], [], [], 72) == ""
