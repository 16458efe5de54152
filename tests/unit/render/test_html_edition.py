import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import TemplateError
from mailer.render.edition import render_edition
from mailer.render.inline_css import inline_css
from mailer.render.licence import Licence, licence_of
from mailer.render.mjml_html import compile_mjml
from mailer.render.model import SLOTS, Translation
from mailer.resources import template_folders
from tests.builders.render import HEADER, a_publication, a_written_issue, rendered

DE = Translation("de", "Neues vom Kai", "https://news.example.org/harbour/quay/de/")
SECTIONS = "## One\n\na\n\n## Two\n\nb\n\n## Three\n\nc\n"


class Page(HTMLParser):
    """Elements with their attributes, and the words outside of the head."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]


def test_the_same_issue_gives_the_same_bytes() -> None:
    assert rendered(SECTIONS, translations=(DE,)) == rendered(SECTIONS, translations=(DE,))


def test_the_slots_and_nothing_else_personal_stand_in_both_parts() -> None:
    edition = rendered(SECTIONS)
    for part in (edition.html, edition.text):
        assert set(re.findall(r"@@\w+@@", part)) == set(SLOTS)
    assert edition.html.count('href="@@UNSUBSCRIBE_URL@@"') == 1
    assert edition.html.count('href="@@PREFERENCES_URL@@"') == 1
    for slot in SLOTS:
        assert f"\n{slot}\n" in edition.text


def test_the_page_is_in_standards_mode_and_says_its_language() -> None:
    edition = rendered("Ahoj", language="de")
    assert edition.html.startswith("<!DOCTYPE html>")
    page = Page(edition.html)
    for tag in ("html", "body"):
        assert page.all(tag)[0]["lang"] == "de"
        assert page.all(tag)[0]["dir"] == "ltr"


def test_a_language_from_right_to_left_is_mirrored_and_english_sentences_in_it_are_not() -> None:
    edition = rendered("مرحبا\n\n- سطر\n\n> قول", language="ar")
    page = Page(edition.html)
    assert page.all("body")[0]["dir"] == "rtl"
    assert "padding:0 24px 0 0" in page.all("ul")[0]["style"]
    assert "border-right:4px" in page.all("blockquote")[0]["style"]
    assert 'lang="en" dir="ltr"' in edition.html


def test_the_masthead_says_name_title_number_day_and_authors() -> None:
    header = "---\ntitle: Boats\ndate: 2026-05-01\nnumber: 42\nauthors: [Ada, Bob]\n---\n\n"
    edition = rendered("Words", header=header)
    assert re.search(r"<h1[^>]*>Boats</h1>", edition.html)
    assert "Issue 42 · 1 May 2026 · By Ada, Bob" in unescape(edition.html)
    assert ">The Harbour Gazette</p>" in edition.html
    assert edition.text.startswith("The Harbour Gazette\n\nBoats\n=====\nIssue 42 · 1 May 2026 · By Ada, Bob\n")


def test_a_number_that_the_title_says_is_not_said_again() -> None:
    header = "Title: This Week 661\nNumber: 661\nDate: 2026-07-22\n\n"
    assert "Issue 661" not in rendered("Words", header=header).html


def test_the_summary_is_visible_at_the_top_and_a_missing_one_is_taken_from_the_text() -> None:
    edition = rendered("Words")
    assert edition.preheader == "Boats are back."
    assert "display:none" not in edition.html.split("Boats are back.")[0].split("<body")[1]
    without = rendered("First *words* of the issue.", header="---\ntitle: T\n---\n")
    assert without.preheader == "First words of the issue."


def test_the_contents_lead_to_the_web_version() -> None:
    edition = rendered(SECTIONS)
    assert '<a href="https://news.example.org/harbour/2026-05-01-quay/en/#two"' in edition.html
    assert "In this issue:\n- One\n- Two\n- Three\n" in edition.text
    assert "In this issue" not in rendered("## One\n\na").html


def test_the_footer_says_who_why_and_the_way_out() -> None:
    edition = rendered("Words", translations=(DE, replace(DE, language="en")))
    for part in (unescape(edition.html), edition.text.replace("\n", " ")):
        for words in (
            "You get this mail because this address is subscribed to The Harbour Gazette:",
            "The Harbour Gazette is sent by Harbour office <gazette@harbour.example.org>.",
            "North Quay 7, 24999 Example",
            "Unsubscribe",
            "Change language or address",
            "Read on the web",
            "CC BY-SA 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
            "Deutsch",
            DE.url,
        ):
            assert words in part, words
        assert "English" not in part


def test_the_footer_speaks_the_language_of_the_issue() -> None:
    edition = rendered("Worte", language="de")
    assert "Abbestellen" in edition.html
    assert "Abbestellen:\n@@UNSUBSCRIBE_URL@@" in edition.text


def test_without_a_web_version_nothing_links_to_one() -> None:
    edition = rendered(SECTIONS, newsletter=a_publication(base_url=""))
    assert "Read on the web" not in edition.html + edition.text
    assert 'href=""' not in edition.html


def test_what_an_operator_writes_cannot_break_the_page() -> None:
    wild = a_publication(name='Fish & <Chips> "café" > thé', postal_address="1 < 2 & 3", licence="<own>")
    edition = rendered("Words", newsletter=wild)
    assert 'Fish & <Chips> "café" > thé' in unescape(edition.html)
    assert 'Fish & <Chips> "café" > thé' in edition.text
    assert not Page(edition.html).all("chips")


def test_every_layout_table_is_presentation_and_every_image_has_an_alt() -> None:
    markdown = "![](https://example.org/line.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    page = Page(rendered(markdown, newsletter=a_publication(logo="https://example.org/logo.png")).html)
    assert all(
        table.get("role") == "presentation" or "data" in table.get("class", "") for table in page.all("table")
    )
    assert all("alt" in image for image in page.all("img"))
    assert page.all("img")[0]["alt"] == "The Harbour Gazette"


def test_nothing_is_fetched_but_the_pictures_of_the_issue() -> None:
    edition = rendered("Words ![x](https://pictures.example.org/x.png)")
    page = Page(edition.html)
    assert [image["src"] for image in page.all("img")] == ["https://pictures.example.org/x.png"]
    assert not page.all("link")
    assert not page.all("script")
    assert "@import" not in edition.html
    assert "url(" not in edition.html


def test_dark_mode_and_phones_keep_their_important_rules() -> None:
    edition = rendered("Words")
    assert "@media (prefers-color-scheme: dark)" in edition.html
    assert edition.html.count("!important") > 40
    assert '<meta name="color-scheme" content="light dark">' in edition.html
    assert "[data-ogsc]" in edition.html
    style = max(re.findall(r"<style[^>]*>(.*?)</style>", edition.html, re.DOTALL), key=len)
    assert len(style.encode()) < 8192, "Gmail drops a longer style element"


def test_no_blank_between_words_is_lost_on_the_way() -> None:
    edition = rendered(
        "[one](https://example.org/1)\n*two* **three**\n`four` five  \n*six*\n[seven](https://example.org/7)"
    )
    body = edition.html.split("<body")[1]
    words = " ".join(unescape(re.sub(r"<br[^>]*>", " ", body)).split())
    assert "one two three four five six seven" in re.sub(r"<[^>]*>", "", words)


def test_outlook_gets_its_conditionals_and_fixed_widths() -> None:
    edition = rendered("![x](https://example.org/x.png)")
    assert edition.html.count("<!--[if mso") > 5
    assert edition.html.count("<!--[if") == edition.html.count("<![endif]-->")
    assert 'width="640"' in edition.html
    assert 'width="576"' in edition.html


def test_each_section_is_weighed_with_its_line() -> None:
    edition = rendered("Intro\n\n## Light\n\na\n\n## Heavy\n\n" + "word " * 400 + "\n")
    light, heavy = edition.weights
    assert (light.title, heavy.title) == ("Light", "Heavy")
    assert light.line == HEADER.count("\n") + 3
    assert heavy.size_bytes > 2000 > 600 > light.size_bytes


def test_a_first_heading_that_is_the_title_is_not_shown_twice() -> None:
    edition = rendered("# News from the quay\n\nWords")
    assert edition.html.count("News from the quay</h") == 1


def test_an_operators_own_template_replaces_one_file_and_changes_the_version(tmp_path: Path) -> None:
    (tmp_path / "issue").mkdir()
    (tmp_path / "issue" / "issue.txt").write_text("Own: {{ title }}\n{{ body }}\n{{ slots.unsubscribe }}\n")
    own, ours = rendered("Words", own_templates=tmp_path), rendered("Words")
    assert own.text == "Own: News from the quay\nWords\n@@UNSUBSCRIBE_URL@@\n"
    assert own.html == ours.html
    assert own.template_version != ours.template_version
    (tmp_path / "issue" / "issue.txt").write_text("Changed: {{ slots.unsubscribe }}\n")
    assert rendered("Words", own_templates=tmp_path).text == "Changed: @@UNSUBSCRIBE_URL@@\n"


@pytest.mark.parametrize("name", ["footer.mjml", "issue.txt"])
def test_a_template_without_a_way_to_unsubscribe_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "issue").mkdir()
    (tmp_path / "issue" / name).write_text("")
    with pytest.raises(TemplateError, match="unsubscribe"):
        rendered("Words", own_templates=tmp_path)


@pytest.mark.parametrize(
    ("template", "where"),
    [
        ("\n<mj-text>{{ nobody }}</mj-text>", "issue/footer.mjml:2"),
        ("{% if %}", "issue/footer.mjml:1"),
        ("<mj-section><mj-column><mj-text>1 < 2</mj-text></mj-column></mj-section>", "issue/issue.mjml"),
        ("<mj-section><mj-column><mj-text><p>open</mj-text></mj-column></mj-section>", "issue/issue.mjml"),
    ],
)
def test_a_broken_template_is_named(tmp_path: Path, template: str, where: str) -> None:
    (tmp_path / "issue").mkdir()
    (tmp_path / "issue" / "footer.mjml").write_text(template)
    with pytest.raises(TemplateError) as broken:
        rendered("Words", own_templates=tmp_path)
    assert broken.value.where.startswith(where)


def test_a_missing_template_says_where_it_was_looked_for(tmp_path: Path) -> None:
    publication = a_publication()
    issue = a_written_issue("Words", newsletter=publication)
    with pytest.raises(TemplateError, match=re.escape(str(tmp_path))):
        render_edition(issue, publication, template_folders=(tmp_path,))


def test_the_panic_of_mjml_is_an_error_of_ours() -> None:
    text = "<mj-text>café > thé</mj-text>"
    source = f"<mjml><mj-body><mj-section><mj-column>{text}</mj-column></mj-section></mj-body></mjml>"
    with pytest.raises(TemplateError):
        compile_mjml(source, language="en", direction="ltr")


def test_inlining_refuses_a_page_that_it_would_damage() -> None:
    page = "<!DOCTYPE html><html><head><style>a{}</style></head><body><p>x</p><!-- a --></body></html>"
    assert "<!-- a -->" in inline_css(page, "p { color: red; }")
    with pytest.raises(TemplateError, match="comment"):
        inline_css(page.replace("<!-- a -->", "<!--[if !mso]><!--> <p>a</p> <!--x--!> --><b"), "p { color: red; }")


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("", None),
        ("CC BY-SA 4.0", Licence("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/")),
        ("cc-by 3.0", Licence("cc-by 3.0", "https://creativecommons.org/licenses/by/3.0/")),
        ("CC BY-NC-ND", Licence("CC BY-NC-ND", "https://creativecommons.org/licenses/by-nc-nd/4.0/")),
        ("CC0 1.0", Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")),
        ("All rights reserved", Licence("All rights reserved", "")),
        ("https://example.org/l", Licence("https://example.org/l", "https://example.org/l")),
        ("Own (https://example.org/l)", Licence("Own", "https://example.org/l")),
    ],
)
def test_a_licence_links_to_its_text(text: str, licence: Licence | None) -> None:
    assert licence_of(text) == licence


@given(
    body=st.text(alphabet=st.characters(codec="utf-8"), max_size=300)
    | st.text(alphabet="#*_`[]()<>!|-+.1 \n\t&;:/ab\"'{}%@^~éé漢😀\u202e\x00\x1b", max_size=300)
)
@settings(max_examples=120, deadline=None)
def test_no_text_breaks_the_rendering(body: str) -> None:
    edition = rendered(body)
    assert set(re.findall(r"@@\w+@@", edition.html)) >= set(SLOTS)
    assert all(edition.html.count(slot) == 1 and edition.text.count(slot) == 1 for slot in SLOTS)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", edition.html + edition.text)


@given(title=st.text(max_size=60), name=st.text(min_size=1, max_size=40), summary=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_no_title_name_or_summary_breaks_the_rendering(title: str, name: str, summary: str) -> None:
    publication = a_publication(name=name)
    issue = replace(a_written_issue("Words", newsletter=publication), title=title, preheader=summary)
    edition = render_edition(issue, publication, template_folders=template_folders(None))
    assert all(edition.html.count(slot) == 1 and edition.text.count(slot) == 1 for slot in SLOTS)


def test_the_hidden_preview_line_is_not_written_in_white() -> None:
    html = rendered("First words of the issue.\n", header="---\ntitle: Bare\n---\n\n").html
    line = re.search(r'<div style="(display:none;[^"]*)">First words', html)
    assert line is not None
    assert "color" not in line[1]
