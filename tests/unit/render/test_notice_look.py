"""A notice wears the colours and fonts of its newsletter, as an issue does."""

from dataclasses import replace

from mailer.render.notice import render_notice
from mailer.resources import template_folders
from tests.builders.render import a_publication


def test_settings_of_the_look_reach_a_notice() -> None:
    newsletter = replace(
        a_publication(),
        fonts="Georgia,serif",
        colours={"page": "#f4ecdf", "band": "#5b1f10"},
        dark_colours={"page": "#120a06"},
    )

    html = render_notice("confirm", newsletter, "en", template_folders=template_folders(None)).html

    head, _, body = html.partition("</head>")
    assert "Georgia,serif" in body
    assert "background-color:#f4ecdf" in body
    assert "#5b1f10" in body
    assert "#120a06" in head


def test_a_newsletter_without_a_look_of_its_own_has_ours() -> None:
    html = render_notice("confirm", a_publication(), "en", template_folders=template_folders(None)).html

    assert "Georgia" not in html
    assert "#f2f4f7" in html
