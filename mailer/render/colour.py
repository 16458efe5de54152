"""Colours that can be read: an operator's accent, made dark or light enough for the page that it stands on.

Contrast is that of WCAG 2.2; colours are "#rrggbb". The law: at least 4.5 to 1, also when a mail client
inverts both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from colorsys import hls_to_rgb, rgb_to_hls
from dataclasses import dataclass, replace
from typing import Final

from mailer.errors import SettingsError
from mailer.newsletter import Newsletter

READABLE: Final = 4.5
_WITH_SPARE: Final = 6.0  # what leaves 4.5 in nearly every hue where a client turns a light mail dark its own way
_STEPS: Final = 64  # finer than an eye sees
_HEX: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The colours of one mode. ``accent`` is readable on ``card``, ``tint`` and ``page``; ``band`` is a ground for
    ``on_band``: the accent as the operator set it."""

    page: str
    card: str
    tint: str
    line: str
    text: str
    muted: str
    accent: str = ""
    band: str = ""
    on_band: str = ""


_LIGHT: Final = Scheme("#f2f4f7", "#ffffff", "#f5f7f9", "#d9dee4", "#1f2328", "#57606a")
_DARK: Final = Scheme("#101215", "#1b1e23", "#262a31", "#3a4049", "#e6e8eb", "#aab1bb")


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, each 0 to 255. Raises SettingsError for anything but #rgb and #rrggbb."""
    if not _HEX.fullmatch(colour):
        raise SettingsError(f"{colour!r} is not a colour.", where="accent", hint='Write it as "#0b57a4".')
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = channels(colour)
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """1 (the same) to 21 (black on white)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def inverted(colour: str) -> str:
    """What a mail client that inverts everything makes of it."""
    red, green, blue = channels(colour)
    return f"#{255 - red:02x}{255 - green:02x}{255 - blue:02x}"


def is_readable(colour: str, *backgrounds: str, at_least: float = READABLE) -> bool:
    """Whether the colour can be read on every background, inverted or not."""
    return all(
        contrast(colour, ground) >= at_least and contrast(inverted(colour), inverted(ground)) >= READABLE
        for ground in backgrounds
    )


def readable(colour: str, *backgrounds: str, at_least: float = READABLE) -> str:
    """The colour in its own hue, made darker or lighter just far enough to be read on every background."""
    hue, lightness, saturation = rgb_to_hls(*(channel / 255 for channel in channels(colour)))
    end = 1.0 if luminance(backgrounds[0]) < 0.18 else 0.0  # 0.18: where black and white contrast alike
    for step in range(_STEPS + 1):
        shade = hls_to_rgb(hue, lightness + (end - lightness) * step / _STEPS, saturation)
        candidate = "#{:02x}{:02x}{:02x}".format(*(round(channel * 255) for channel in shade))
        if is_readable(candidate, *backgrounds, at_least=at_least):
            return candidate
    return "#ffffff" if end else "#000000"


def _ink(ground: str) -> str:
    """White or black, whichever can be read on a ground; one of them always can, white is tried first."""
    for enough in (is_readable, lambda ink, under: contrast(ink, under) >= READABLE):
        for ink in ("#ffffff", "#000000"):
            if enough(ink, ground):
                return ink
    return "#ffffff"


def scheme(accent: str, *, dark: bool, own: Mapping[str, str] | None = None) -> Scheme:
    """The colours of light or dark mode for an accent; ``own`` are an operator's in place of ours, by field.

    Texts are made readable on the operator's grounds as the accent is.
    """
    own = dict(own or {})
    chosen = replace(_DARK if dark else _LIGHT, **{name: own[name] for name in own if name != "band"})
    band = own.get("band", accent)
    if own:
        grounds = (chosen.card, chosen.tint, chosen.page)
        chosen = replace(chosen, text=readable(chosen.text, *grounds), muted=readable(chosen.muted, *grounds))
    return replace(
        chosen,
        accent=readable(accent, chosen.card, chosen.tint, chosen.page, at_least=READABLE if dark else _WITH_SPARE),
        band=band,
        on_band=_ink(band),
    )


def schemes(newsletter: Newsletter) -> tuple[Scheme, Scheme]:
    """The colours of a newsletter, light and dark: of its mail, its notices and its pages.

    A band of its own colour has it in the dark too, as the accent does.
    """
    band = {name: newsletter.colours[name] for name in newsletter.colours if name == "band"}
    return (
        scheme(newsletter.accent, dark=False, own=newsletter.colours),
        scheme(newsletter.accent, dark=True, own=band | dict(newsletter.dark_colours)),
    )


@dataclass(frozen=True, slots=True)
class Mended:
    """A colour of the settings that cannot be read on its ground: ``shown`` is what the mail has instead."""

    setting: str
    wanted: str
    shown: str
    contrast: float  # the lowest that it would have had, 1 to 21


def mended(accent: str, own: Mapping[str, str], own_dark: Mapping[str, str]) -> tuple[Mended, ...]:
    """What had to be changed of an operator's colours.

    The accent is judged on light grounds only: dark ones ask another shade of nearly every accent, and get it.
    Raises SettingsError for what is no colour.
    """
    light, dark = scheme(accent, dark=False, own=own), scheme(accent, dark=True, own=own_dark)
    asked = [("accent", accent, light.accent, light)]
    for name, chosen, drawn in (("colours", own, light), ("dark_colours", own_dark, dark)):
        asked += [
            (f"{name}.{field}", chosen[field], getattr(drawn, field), drawn)
            for field in ("text", "muted")
            if field in chosen
        ]
    found = [
        Mended(setting, wanted, shown, min(contrast(wanted, ground) for ground in (on.card, on.tint, on.page)))
        for setting, wanted, shown, on in asked
    ]
    return tuple(each for each in found if each.contrast < READABLE)
