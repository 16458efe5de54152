from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mailer.lint.links import Form, Link, links
from tests.builders.manuscript import a_manuscript


def only(text: str) -> Link:
    (link,) = links(text)
    return link


def test_a_link_knows_where_its_parts_stand() -> None:
    text = 'See [the *notes*]( https://s.example/a_(b) "T" ) now'
    link = only(text)

    assert text[link.start : link.end] == '[the *notes*]( https://s.example/a_(b) "T" )'
    assert text[link.text_start : link.text_end] == link.text == "the *notes*"
    assert text[link.target_start :].startswith(link.target)
    assert (link.form, link.target, link.host) == (Form.INLINE, "https://s.example/a_(b)", "s.example")


@pytest.mark.parametrize(
    ("text", "form", "target"),
    [
        ("<https://s.example/>", Form.AUTOLINK, "https://s.example/"),
        ("<anna@s.example>", Form.AUTOLINK, "anna@s.example"),
        ("see https://s.example/x_(y)).", Form.BARE, "https://s.example/x_(y)"),
        ("see www.s.example, too", Form.BARE, "www.s.example"),
        ('<a class=x href="/y">z</a>', Form.HTML, "/y"),
        ("[x](<a b>)", Form.INLINE, "a b"),
        ("[x]()", Form.INLINE, ""),
    ],
)
def test_links_are_found_in_every_form(text: str, form: Form, target: str) -> None:
    link = only(text)

    assert (link.form, link.target) == (form, target)


@pytest.mark.parametrize(
    ("text", "target"),
    [("[x](Item URL)", "Item URL"), ("[x]((https://s.example).", "(https://s.example)."), ("[x](/y", "/y")],
)
def test_what_markdown_does_not_take_is_a_broken_link(text: str, target: str) -> None:
    link = only(text)

    assert (link.broken, link.target) == (True, target)


def test_references_lead_to_their_definitions_and_say_when_there_is_none() -> None:
    definitions = "[A  B]: /1\n[two]: </2>\n[three]: /3 'T'\n"
    found = links(f"[One][a b], [two][], [three], [four][none], [DE]\n\n{definitions}")

    assert [(link.text, link.target, link.defined) for link in found if link.form is Form.REFERENCE] == [
        ("One", "/1", True),
        ("two", "/2", True),
        ("three", "/3", True),
        ("four", "", False),
    ]


def test_an_image_inside_a_link_is_found_beside_it() -> None:
    assert [(link.image, link.target) for link in links("[![x](/a.png)](/b)")] == [(False, "/b"), (True, "/a.png")]


def test_figures_of_the_site_are_images() -> None:
    (figure,) = a_manuscript('{{< figure src="/a.png" caption="A sprint" >}}').links

    assert (figure.form, figure.image, figure.target, figure.text) == (Form.SHORTCODE, True, "/a.png", "A sprint")


LINKS = r"""
[a](/b) ![c](/d.png) [![e](/f.png)](/g) [h][r] [r] [r][] <https://s.example/i> [j] [q](/s_(t)) [nobody][here]
[u[v]w](/x) \[a](/no) `[a](/code)` text [A](#a) &amp; 1. - > ## * ( ) ! [[ ]]
"""
PIECES = st.sampled_from([*LINKS.split(), " ", "\n", "\n\n", "[k](</l m>)", '[n](/o "p")', "[y]( /z )"])


@given(st.lists(PIECES, max_size=25))
@settings(max_examples=200, deadline=None)
def test_what_markdown_reads_as_links_is_read_as_links(pieces: list[str]) -> None:
    text = " ".join(pieces) + "\n\n[r]: /ref\n"
    parser = MarkdownIt("commonmark", {"html": True})
    read: Counter[str] = Counter()
    for token in parser.parse(text):
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                read[str(child.attrs.get("href", child.attrs.get("src"))).replace("%20", " ")] += 1
    forms = (Form.INLINE, Form.REFERENCE, Form.AUTOLINK)
    manuscript = a_manuscript(text)
    found = Counter(
        link.target for link in manuscript.links if link.form in forms and link.defined and not link.broken
    )

    assert read - found == Counter()
