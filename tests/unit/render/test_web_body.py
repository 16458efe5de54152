"""An issue's body for the web says all that the mail says, in HTML that a strict page can show."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.issue.reader import read_issue
from mailer.render.model import SLOTS
from mailer.render.web import render_web_body
from tests.builders.render import HEADER, a_publication, a_written_issue

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.suffix in (".md", ".markdown"))


def body(markdown: str, *, header: str = HEADER) -> str:
    publication = a_publication()
    return render_web_body(a_written_issue(markdown, header=header, newsletter=publication), publication)


class Strict(HTMLParser):
    """Collects the attributes of every element and the places that links inside the page lead to."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: set[tuple[str, str]] = set()
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.words: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.names.add((tag, name))
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and (value or "").startswith("#"):
                self.targets.append((value or "")[1:])

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check(markup: str) -> Strict:
    """The laws of every body."""
    Xml.fromstring(f"<body>{markup}</body>")  # every element is closed where it should be
    seen = Strict(markup)
    tags = {tag for tag, _ in seen.names}
    attributes = {name for _, name in seen.names}
    assert "style" not in attributes
    assert not [name for name in attributes if name.startswith("on")]
    assert not tags & {"script", "style", "form", "input", "iframe", "object", "svg", "h1"}
    assert len(seen.ids) == len(set(seen.ids))
    for slot in SLOTS:
        assert slot not in markup
    return seen


def test_headings_carry_their_anchors_and_start_below_the_title() -> None:
    written = body("# News from the quay\n\n## Boats\n\n#### Sails\n\n## Boats\n")
    assert re.findall(r'<(h\d) id="([^"]+)"', written) == [("h2", "boats"), ("h3", "sails"), ("h2", "boats-1")]
    check(written)


def test_a_table_can_be_entered_by_keyboard_and_names_its_columns() -> None:
    written = body("| Day | | Boats |\n|---|:-:|--:|\n| 1 | a | 2 |\n")
    assert '<div class="table-box" tabindex="0" role="region" aria-label="Day, Boats">' in written
    assert '<th scope="col">Day</th><td class="align-center"></td><th scope="col" class="align-right">' in written
    check(written)


def test_notes_lead_there_and_back() -> None:
    seen = check(body("One[^a] and two[^b] and one again[^a].\n\n[^a]: First.\n[^b]: Second.\n"))
    assert set(seen.targets) <= set(seen.ids)
    assert {"fn:1", "fn:2", "fnref:1", "fnref:2"} <= set(seen.ids)


def test_a_lone_image_is_a_figure_and_a_link_without_words_is_named() -> None:
    written = body(
        '![A boat](https://example.org/a.png "At dawn")\n\n[![](https://example.org/l.png)](https://x.org/)\n'
    )
    assert '<figure><img src="https://example.org/a.png" alt="A boat" loading="lazy"/>' in written
    assert "<figcaption>At dawn</figcaption>" in written
    assert 'href="https://x.org/" aria-label="https://x.org/"' in written
    check(written)


def test_addresses_that_only_some_programs_follow_are_printed() -> None:
    assert "(xmpp:room@example.org)" in body("[Join us](xmpp:room@example.org?join)").replace("?join", "")


def test_a_slot_that_somebody_wrote_stays_words() -> None:
    written = body("Write @@ADDRESS@@ and [here](https://example.org/@@UNSUBSCRIBE_URL@@).")
    check(written)
    assert "ADDRESS" in written


@given(st.text(max_size=300))
def test_whatever_is_written_the_laws_hold(text: str) -> None:
    check(body(text))


@given(
    st.lists(
        st.sampled_from(
            (
                *("# a", "## a", "> ", "- ", "1. ", "| a | b |", "|--|--|", "```", "<div style='x'>", "</div>"),
                *("[^1]", "[^1]: x", "<script>x</script>", "![](x)", "[x](javascript:y)", "<img src=x onerror=y>"),
                "@@ADDRESS@@",
            )
        ),
        max_size=20,
    )
)
def test_whatever_is_marked_up_the_laws_hold(lines: list[str]) -> None:
    check(body("\n".join(lines)))


@pytest.mark.corpus
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_real_issues_keep_the_laws(path: Path) -> None:
    publication = a_publication()
    issue = read_issue(path.read_bytes(), path.name, publication)
    seen = check(render_web_body(issue, publication))
    words = " ".join("".join(seen.words).split())
    for section in issue.sections:
        assert section.title in words or section.title == issue.title
