"""Mail in a real browser: it fits a phone, in both directions and modes, and can be read with images off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mailer.render.colour import READABLE, contrast
from tests.builders.render import rendered
from tests.support.pictures import DESKTOP, PHONE, View, inks, open_mail, take_picture

pytestmark = pytest.mark.browser

WIDE = f"""A word{"x" * 120} and https://example.org/{"path/" * 40}

![A chart that is not there](https://example.org/chart.png "The tide")

```
{"value = compute(value) " * 12}
```

| Name | Address | Version | Note |
|---|---|--:|---|
| Conversations | https://example.org/{"a" * 60} | 2.17.2 | {"word " * 20} |

> {"quoted" * 30}

- one
  - two
    - three
      - {"four" * 30}
"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("width", [320, PHONE, DESKTOP])
def test_nothing_in_an_issue_is_wider_than_the_screen(
    browser: Browser, tmp_path: Path, width: int, language: str
) -> None:
    edition = rendered(WIDE, language=language)
    assert take_picture(browser, edition.html, tmp_path / "mail.png", View(width)) == 0
    assert (tmp_path / "mail.png").stat().st_size > 5000


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_can_be_read_in_both_modes(browser: Browser, mode: str) -> None:
    """Computed colours of every element with words of its own, against the nearest ground painted below it."""
    edition = rendered(WIDE + "\n## A heading\n\nWith a [link](https://example.org/) and `code`.\n")
    with open_mail(browser, edition.html, View(PHONE, "dark" if mode == "dark" else "light")) as page:
        found = inks(page)
    assert len(found) > 30
    for ink in found:
        assert contrast(ink.colour, ink.ground) >= READABLE, ink


def test_a_wide_table_becomes_cards_on_a_phone_and_stays_a_table_on_a_desk(browser: Browser) -> None:
    edition = rendered(WIDE)
    shown = {}
    for width in (PHONE, DESKTOP):
        with open_mail(browser, edition.html, View(width)) as page:
            shown[width] = (page.locator(".cards thead").is_visible(), page.locator(".label").first.is_visible())
    assert shown == {PHONE: (False, True), DESKTOP: (True, False)}


def test_with_images_off_the_words_of_a_picture_stand_in_its_place(browser: Browser) -> None:
    with open_mail(browser, rendered(WIDE).html, View(PHONE, images=False)) as page:
        picture = page.get_by_alt_text("A chart that is not there")
        box = picture.bounding_box()
        assert box is not None
        assert 0 < box["width"] <= PHONE
        assert page.get_by_text("The tide").is_visible()
