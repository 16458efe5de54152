"""What mail clients make of a mail's colours when they turn it dark by themselves: two ways that were seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from mailer.render.colour import channels, inverted

# sRGB (IEC 61966-2-1) to CIE XYZ and back, and the white of D65
_TO_XYZ: Final = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_FROM_XYZ: Final = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
_WHITE: Final = (0.9505, 1.0, 1.089)
_DARKEST: Final = 20.0  # lightness of the ground on which Outlook puts a mail that it turned dark


def lightness_turned(colour: str) -> str:
    """Dark for light in CIE Lab and in the same hue, as Outlook does: white becomes a dark grey."""
    linear = [_linear(channel / 255) for channel in channels(colour)]
    fx, fy, fz = (_root(_dot(row, linear) / white) for row, white in zip(_TO_XYZ, _WHITE, strict=True))
    lightness = (100 - (116 * fy - 16)) * (100 - _DARKEST) / 100 + _DARKEST
    turned = (lightness + 16) / 116
    xyz = [
        white * _power(f) for f, white in zip((turned + fx - fy, turned, turned - fy + fz), _WHITE, strict=True)
    ]
    parts = (round(255 * _gamma(min(1.0, max(0.0, _dot(row, xyz))))) for row in _FROM_XYZ)
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _dot(row: tuple[float, ...], values: list[float]) -> float:
    return sum(share * value for share, value in zip(row, values, strict=True))


def _linear(share: float) -> float:
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _gamma(share: float) -> float:
    return share * 12.92 if share <= 0.0031308 else float(1.055 * share ** (1 / 2.4) - 0.055)


def _root(share: float) -> float:
    return float(share ** (1 / 3)) if share > (6 / 29) ** 3 else share / (3 * (6 / 29) ** 2) + 4 / 29


def _power(share: float) -> float:
    return float(share**3) if share > 6 / 29 else 3 * (6 / 29) ** 2 * (share - 4 / 29)


INVERSIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "as meant": lambda colour: colour,
    "inverted": inverted,
    "lightness turned": lightness_turned,
}
