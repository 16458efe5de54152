from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.issue.reader import read_issue
from mailer.issue.words import visible_words
from tests.builders.issue import HEADER, an_issue, an_issues_newsletter
from tests.unit.issue.wellformed import check

WORDS = """
<div> ¦ </div> ¦ <p> ¦ </p> ¦ <b> ¦ </b> ¦ <a href='x'> ¦ </a> ¦ <ul> ¦ <li> ¦ </ul> ¦ <table> ¦ <tr> ¦ <td>
¦ </td> ¦ </tr> ¦ </table> ¦ <th> ¦ <details> ¦ <summary> ¦ </summary> ¦ </details> ¦ <!-- ¦ --> ¦ <script>
¦ </script> ¦ <form> ¦ </form> ¦ <pre> ¦ </pre> ¦ <code> ¦ </code> ¦ <img src=x> ¦ <form action=/subscribe>
¦ <input name=email> ¦ <iframe src=//y> ¦ <figure> ¦ <figcaption> ¦ </figure> ¦ <blockquote> ¦ </blockquote>
¦ <h2> ¦ </h2> ¦ <T> ¦ <x-y> ¦ </x-y> ¦ <br> ¦ <hr> ¦ <dl><dt> ¦ <dd> ¦ {{< figure src=a caption=b >}} ¦ {{%
x %}} ¦ {{% /x %}} ¦ >}} ¦ {% raw %} ¦ {% endraw %} ¦ {{ a }} ¦ {{< highlight rust >}} ¦ {{< /highlight >}}
¦ {% highlight c %} ¦ {% endhighlight %} ¦ {% comment %} ¦ [ ¦ ]( ¦ ) ¦ [^1] ¦ [^1]: n ¦ [x](/y)
¦ [x]() ¦ [j](javascript:x) ¦ ![ ¦
[x][y] ¦ [y]: /z ¦ * ¦ ** ¦ _ ¦ ` ¦ ``` ¦ ~~ ¦ | ¦ --- ¦ +++ ¦ : d ¦ word ¦ ümlaut ¦ &amp; ¦ < ¦ > ¦ " ¦ ' ¦
= ¦ https://a.example/b ¦ [TOC] ¦ {: .x} ¦ [!NOTE] ¦ &#12; ¦ &#x85; ¦ &#xD800;
"""
SPACES = [
    "{{< ",
    "\n",
    "\n",
    "\n\n",
    "\n\n",
    "  ",
    "    ",
    "\t",
    "- ",
    "1. ",
    "> ",
    "# ",
    "| a | b |\n|---|---|\n",
    "\U000f0000",
]
SCRAPS = st.sampled_from([*(word.strip() for word in WORDS.split("¦")), *SPACES])


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_no_bytes_raise(raw: bytes) -> None:
    check(read_issue(raw, "folder/issue.de.md", an_issues_newsletter()))


@given(st.sampled_from(["---\n", "+++\n", "Title: x\n", "\ufeff---\r\n"]), st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_header_raises(fence: str, header: str) -> None:
    check(an_issue(f"{fence}{header}\n{fence}\nbody", header=""))


@given(st.lists(SCRAPS, max_size=40).map("".join))
@settings(max_examples=100, deadline=None)
def test_any_mixture_of_markup_becomes_well_formed_tokens(body: str) -> None:
    check(an_issue(body))


@given(st.lists(SCRAPS, max_size=25).map("".join))
@settings(max_examples=100, deadline=None)
def test_no_shortcode_of_a_mixture_is_left_outside_of_code(body: str) -> None:
    issue = an_issue(body)
    for token in issue.tokens:
        for child in token.children or []:
            if child.type == "text":
                assert "{{<" not in child.content or "raw" in body


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_path_and_slug_give_a_slug_of_one_safe_segment(path: str, slug: str) -> None:
    issue = an_issue(path=path, header=f"---\ntitle: x\nslug: {slug!r}\n---\n")
    assert issue.slug
    assert "/" not in issue.slug
    assert issue.slug not in (".", "..")


def test_nesting_without_end_is_read_too() -> None:
    for body in (
        "> " * 3000 + "x",
        "<div>" * 3000 + "x",
        "[" * 3000,
        "*" * 3000 + "x",
        "- " * 1000 + "x",
        "<b>" * 3000 + "x",
        "<table><tr><td>" * 500 + "x",
        "{{< x >}}" * 3000,
        "<ul><li>" * 500,
        "![" * 2000,
        "`" * 5000,
    ):
        check(an_issue(body))
    for header in ("---\na: " + "[" * 3000 + "\n---\n", "+++\na = " + "[" * 3000 + "\n+++\n"):
        check(an_issue("x", header=header))


def test_private_characters_of_the_author_stay_his() -> None:
    issue = an_issue("\U000f0000 {{< unknown >}} `\U000f0000`", header=HEADER)
    said = [child.content for token in issue.tokens for child in token.children or []]
    assert said[0].startswith("\U000f0000")
    assert said[-1] == "\U000f0000"
    assert visible_words(issue) == []
