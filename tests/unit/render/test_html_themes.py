from dataclasses import replace
from pathlib import Path

import pytest

from mailer.errors import TemplateError
from mailer.newsletter import Newsletter
from mailer.render.colour import READABLE, contrast, scheme
from mailer.render.model import SLOTS
from mailer.render.templates import STANDARD, themed, themes
from mailer.resources import template_folders, templates_folder
from tests.builders.render import a_publication, rendered

BODY = """Words.

![Boats at the quay](https://example.org/boats.jpg "First boats")

[![The chart](https://example.org/chart.png)](https://example.org/weather) and ![an anchor](https://example.org/a.png)
"""


def plain(logo: str = "https://example.org/logo.png") -> Newsletter:
    return replace(a_publication(logo=logo), theme="plain")


def test_the_plain_theme_says_pictures_in_words_and_shows_none() -> None:
    html = rendered(BODY, newsletter=plain()).html
    assert "<img" not in html
    assert ">[Boats at the quay]</a><br>First boats</p>" in html
    assert ">[The chart]</a>" in html
    assert 'href="https://example.org/a.png"' in html
    assert all(html.count(slot) == 1 for slot in SLOTS)


def test_a_theme_has_a_version_of_its_own_and_the_same_text() -> None:
    ours, other = rendered(BODY), rendered(BODY, newsletter=plain())
    assert ours.template_version != other.template_version
    assert ours.text == other.text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_a_theme_leaves_out_comes_from_the_standard_one(language: str) -> None:
    folder = templates_folder()
    assert not (folder / "themes/plain/issue/footer.mjml").exists()
    assert "CC BY-SA 4.0" in rendered(BODY, newsletter=plain(), language=language).html


def test_a_file_of_ones_own_wins_over_every_theme_of_ours(tmp_path: Path) -> None:
    (tmp_path / "issue").mkdir()
    (tmp_path / "issue/contents.mjml").write_text("<mj-text>MINE</mj-text>")
    assert "MINE" in rendered(BODY, newsletter=plain(), own_templates=tmp_path).html
    (tmp_path / "themes/plain/issue").mkdir(parents=True)
    (tmp_path / "themes/plain/issue/contents.mjml").write_text("<mj-text>FOR PLAIN</mj-text>")
    assert "FOR PLAIN" in rendered(BODY, newsletter=plain(), own_templates=tmp_path).html
    assert "MINE" in rendered(BODY, own_templates=tmp_path).html


def test_a_theme_of_ones_own_needs_only_the_files_that_differ(tmp_path: Path) -> None:
    (tmp_path / "themes/mine/issue").mkdir(parents=True)
    (tmp_path / "themes/mine/issue/contents.mjml").write_text("<mj-text>MINE</mj-text>")
    assert themes(template_folders(tmp_path)) == (STANDARD, "mine", "plain")
    assert "MINE" in rendered(BODY, newsletter=replace(plain(), theme="mine"), own_templates=tmp_path).html


def test_a_theme_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TemplateError, match="no theme 'plian'") as refused:
        themed(template_folders(None), "plian")
    assert "plain" in refused.value.hint


def test_fonts_colours_and_footer_come_from_settings() -> None:
    own = replace(
        a_publication(),
        fonts="Georgia,'Times New Roman',serif",
        colours={"page": "#fff4e0", "card": "#fffaf0", "band": "#7a1f1f"},
        footer="Made by <volunteers> & friends.\nJoin: https://example.org/join?a=1&b=2.",
    )
    edition = rendered(BODY, newsletter=own)
    assert "font-family:Georgia,'Times New Roman',serif" in edition.html
    for colour in ("#fff4e0", "#fffaf0", "#7a1f1f"):
        assert colour in edition.html
    assert "Made by &lt;volunteers&gt; &amp; friends.<br>Join: <a href=" in edition.html
    assert 'href="https://example.org/join?a=1&amp;b=2"' in edition.html
    assert "Join: https://example.org/join?a=1&b=2." in edition.text


def test_texts_stay_readable_on_grounds_that_an_operator_chose() -> None:
    for grounds in (
        {"page": "#222222", "card": "#333333", "tint": "#2a2a2a"},
        {"page": "#ffe0b0", "text": "#c8a070"},
    ):
        colours = scheme("#0b57a4", dark=False, own=grounds)
        for ink in (colours.text, colours.muted, colours.accent):
            for ground in (colours.page, colours.card, colours.tint):
                assert contrast(ink, ground) >= READABLE, (grounds, ink, ground)


def test_a_slot_in_a_footer_is_not_filled_in() -> None:
    edition = rendered(BODY, newsletter=replace(a_publication(), footer="@@ADDRESS@@"))
    assert edition.html.count("@@ADDRESS@@") == 1
