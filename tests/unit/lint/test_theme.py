"""Colours that cannot be read: the mail shows others, and the lint says so once, with the original."""

from dataclasses import replace

import pytest

from mailer.flows.prepare import judge_theme
from mailer.issue import Severity
from mailer.lint.engine import LintSettings
from mailer.newsletter import Newsletter
from mailer.render.colour import contrast, mended
from tests.builders.issue import an_issue
from tests.builders.render import a_publication


def said(newsletter: Newsletter, **words: str) -> list[str]:
    found = judge_theme(an_issue(), newsletter, LintSettings.read({"theme-contrast": "on"} | words))
    assert all(
        (each.rule, each.severity, each.place.line) == ("theme-contrast", Severity.WARNING, 1) for each in found
    )
    return [problem.message for problem in found]


@pytest.mark.parametrize("accent", ["#0b57a4", "#0f5c73", "#8a1538", "#000"])
def test_a_readable_accent_is_not_spoken_of(accent: str) -> None:
    assert said(a_publication(accent=accent)) == []


@pytest.mark.parametrize("accent", ["#ffdd00", "#7fd6ff", "#ffffff", "#ff8c00"])
def test_an_accent_too_light_is_named_with_the_colour_in_its_place(accent: str) -> None:
    (message,) = said(a_publication(accent=accent))

    (colour,) = mended(accent, {}, {})
    assert message.startswith(f"accent {accent} has a contrast of ")
    assert colour.shown in message
    assert colour.contrast < 4.5 <= contrast(colour.shown, "#ffffff")


def test_texts_of_ones_own_are_judged_on_ones_own_grounds() -> None:
    plain = a_publication()
    grey = replace(plain, colours={"muted": "#bbbbbb"})
    night = replace(plain, dark_colours={"text": "#333333"})
    black = replace(plain, colours={"page": "#000000", "card": "#111111", "tint": "#1a1a1a", "text": "#eeeeee"})

    assert [message.split()[0] for message in said(grey)] == ["colours.muted"]
    assert [message.split()[0] for message in said(night)] == ["dark_colours.text"]
    assert [message.split()[0] for message in said(black)] == ["accent"]


def test_the_rule_can_be_switched_off() -> None:
    newsletter = a_publication(accent="#ffdd00")

    assert judge_theme(an_issue(), newsletter, LintSettings.read({"theme-contrast": "off"})) == []
