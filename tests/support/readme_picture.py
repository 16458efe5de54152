"""Draws the pictures of the documentation: the demo's issue on a desk and, dark, on a phone; one for each theme.

Run by hand after the theme changed: ``python -m tests.support.readme_picture``
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image

from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter
from mailer.render.edition import render_edition
from mailer.render.model import Translation
from mailer.resources import template_folders
from tests.support.pictures import PHONE, View, a_browser, take_picture

_ROOT: Final = Path(__file__).resolve().parents[2]
_DRAWING: Final = _ROOT / "docs" / "pictures" / "slipway.svg"
_FOLDER: Final = _ROOT / "docs" / "pictures"
_SAMPLE: Final = _ROOT / "mailer" / "demo" / "issue" / "2026-05-01-spring.md"
_HEIGHT: Final = 1120
_DESK: Final = 720
_GAP: Final = 24

_HARBOUR: Final = Newsletter(
    key="harbour",
    name="The Harbour Gazette",
    sender="Harbour office <gazette@harbour.example.org>",
    list_id="gazette.harbour.example.org",
    site_url="https://harbour.example.org",
    base_url="https://news.example.org",
    languages=("en", "de", "fr"),
    postal_address="Harbour Office, 1 North Quay, 00000 Example Port",
    licence="CC BY-SA 4.0",
    accent="#0f5c73",
)


_LOOKS: Final = {
    "issue": _HARBOUR,
    "theme-plain": replace(_HARBOUR, theme="plain"),
    "theme-own-colours": replace(
        _HARBOUR,
        accent="#8a2c12",
        fonts="Georgia,'Times New Roman',serif",
        colours={"page": "#f4ecdf", "card": "#fffaf1", "tint": "#f7efe1", "band": "#5b1f10"},
    ),
}
"""Each picture and the settings that it shows."""


def sample_mail(newsletter: Newsletter = _HARBOUR) -> str:
    """The HTML of the demo's issue in English."""
    issue = read_issue(_SAMPLE.read_bytes(), _SAMPLE.name, newsletter)
    others = [Translation(tag, issue.title, newsletter.issue_url(issue.slug, tag)) for tag in newsletter.languages]
    return render_edition(
        issue, newsletter, translations=others, template_folders=template_folders(None)
    ).html.replace("@@ADDRESS@@", "ada@example.org")


def main() -> None:
    """Two views beside each other."""
    pictures = {
        "https://harbour.example.org/pictures/2026/slipway.png": ("image/svg+xml", _DRAWING.read_bytes()),
    }
    with tempfile.TemporaryDirectory() as folder, a_browser() as browser:
        for name, newsletter in _LOOKS.items():
            canvas = Image.new("RGB", (_DESK + _GAP + PHONE, _HEIGHT), "#ffffff")
            left = 0
            for view in (View(_DESK), View(PHONE, "dark")):
                shot = Path(folder) / f"{view.name}.png"
                take_picture(browser, sample_mail(newsletter), shot, view, height=_HEIGHT, pictures=pictures)
                with Image.open(shot) as picture:
                    canvas.paste(picture, (left, 0))
                left += view.width + _GAP
            colours = 192 if name == "issue" else 64
            canvas.quantize(colours).save(_FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
