import pytest

from mailer.render.outline import outline
from mailer.render.text_body import TextBody
from mailer.render.tree import tree
from tests.builders.render import a_publication, a_written_issue


def text(markdown: str) -> str:
    issue = a_written_issue(markdown, newsletter=a_publication())
    return TextBody(outline(tree(issue.tokens), issue.sections), "Notes").text()


def test_links_are_numbered_through_the_mail_and_listed_after_their_section() -> None:
    written = text(
        "See [a](https://a.example.org/).\n\n## Two\n\nSee [b](https://b.example.org/) and [again](https://b.example.org/)."
    )
    assert written == (
        "See a [1].\n\n[1] https://a.example.org/\n\nTwo\n===\n\nSee b [2] and again [2].\n\n[2] https://b.example.org/"
    )


def test_an_address_that_is_its_own_text_is_printed_once() -> None:
    assert text("<https://example.org/x>") == "https://example.org/x"
    assert text("[example.org/x](https://example.org/x)") == "https://example.org/x"
    assert (
        text("[Ada](mailto:ada@example.org) and <bob@example.org>") == "Ada <ada@example.org> and bob@example.org"
    )


def test_an_international_host_is_readable() -> None:
    assert "[1] https://bücher.example/" in text("[Books](https://xn--bcher-kva.example/)")


def test_no_mark_of_markdown_is_left() -> None:
    written = text("*one* **two** `three` ~~four~~ ![five](https://example.org/5.png)\n\n> six")
    assert written == "one two three [-four-] [five]\n\n> six"


def test_headings_are_underlined() -> None:
    assert text("## Big\n\n### Small\n\nWords") == "Big\n===\n\nSmall\n-----\n\nWords"


def test_lists_nest_and_hang() -> None:
    written = text("- one\n  1. inner\n  2. " + "word " * 20 + "\n- two")
    assert written.split("\n") == [
        "- one",
        "  1. inner",
        "  2. " + " ".join(["word"] * 13),
        "     " + " ".join(["word"] * 7),
        "- two",
    ]


def test_items_of_a_loose_list_stand_apart() -> None:
    assert text("- one\n\n  more\n\n- two") == "- one\n\n  more\n\n- two"


def test_code_is_verbatim_however_long() -> None:
    long = "x = " + "y" * 100
    assert text(f"```\n{long}\n  z\n```") == f"    {long}\n      z"


def test_a_picture_says_what_it_shows_once() -> None:
    assert text("![Boats](https://example.org/b.png)") == "[Boats]"
    assert text('{{< figure src="https://example.org/b.png" caption="At the quay" >}}') == "[At the quay]"
    assert text('![Boats](https://example.org/b.png "At the quay")') == "[Boats]\nAt the quay"
    assert text("[![Boats](https://example.org/b.png)](https://example.org/all)") == (
        "[Boats] [1]\n\n[1] https://example.org/all"
    )
    assert text("![](https://example.org/line.png)") == ""


def test_tables_notes_terms_and_shifted_digits() -> None:
    assert text("| A | B |\n|---|--:|\n| x | 10 |") == "A   B\n-  --\nx  10"
    assert text("Log[^1].\n\n[^1]: Nothing.\n") == "Log¹.\n\nNotes\n=====\n\n¹ Nothing."
    assert text("Tide\n: the water's going and coming") == "Tide\n    the water's going and coming"
    assert text("H<sub>2</sub>O, m<sup>2</sup>, x<sup>n</sup>") == "H₂O, m², xn"


def test_a_break_of_the_author_is_kept() -> None:
    assert text("one  \ntwo\nthree") == "one\ntwo three"


@pytest.mark.parametrize("slot", ["@@ADDRESS@@", "@@UNSUBSCRIBE_URL@@", "@@PREFERENCES_URL@@"])
def test_a_slot_that_an_author_wrote_is_disarmed(slot: str) -> None:
    written = text(f"{slot} `{slot}` [x](https://example.org/{slot})\n\n    {slot}\n")
    assert slot not in written
    assert slot.strip("@") in written
