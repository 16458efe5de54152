import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import SettingsError
from mailer.render.colour import READABLE, channels, contrast, inverted, is_readable, readable, scheme
from tests.support.inversion import lightness_turned

accents = st.builds("#{:02x}{:02x}{:02x}".format, *[st.integers(0, 255)] * 3)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#ffffff", "#ffffff") == 1


@given(accent=accents)
@settings(max_examples=200, deadline=None)
def test_any_accent_becomes_readable_in_both_modes_and_when_a_client_inverts_them(accent: str) -> None:
    for dark in (False, True):
        colours = scheme(accent, dark=dark)
        for ground in (colours.card, colours.tint, colours.page):
            assert is_readable(colours.accent, ground)
        assert contrast(colours.on_band, colours.band) >= READABLE


@pytest.mark.parametrize("dark", [False, True])
def test_text_and_quiet_text_are_readable_on_every_ground(dark: bool) -> None:
    colours = scheme("#0b57a4", dark=dark)
    for ink in (colours.text, colours.muted):
        for ground in (colours.card, colours.tint, colours.page):
            assert is_readable(ink, ground), (ink, ground)


def test_an_accent_that_can_be_read_stays_as_the_operator_set_it() -> None:
    assert readable("#0b57a4", "#ffffff") == "#0b57a4"


def test_a_pale_accent_keeps_its_hue_when_it_is_darkened() -> None:
    red, green, blue = channels(readable("#ffd400", "#ffffff"))
    assert red > green > blue


def test_a_short_colour_is_understood() -> None:
    assert channels("#0aF") == (0, 170, 255)
    assert inverted("#000") == "#ffffff"


@pytest.mark.parametrize("colour", ["", "blue", "#12345", "#12345g", "0b57a4", "#0b57a4; color: red"])
def test_what_is_no_colour_is_named(colour: str) -> None:
    with pytest.raises(SettingsError) as refused:
        scheme(colour, dark=False)
    assert repr(colour) in str(refused.value)
    assert "#0b57a4" in refused.value.hint


def test_our_own_colours_are_readable_too_where_a_client_turns_their_lightness() -> None:
    for accent in ("#0b57a4", "#0f5c73", "#8a2c12", "#5b2a86", "#1c6b3c"):
        light = scheme(accent, dark=False)
        for ink in (light.text, light.muted, light.accent):
            for ground in (light.card, light.tint, light.page):
                assert contrast(lightness_turned(ink), lightness_turned(ground)) >= READABLE, (ink, ground)
        assert contrast(lightness_turned(light.on_band), lightness_turned(light.band)) >= READABLE, accent
