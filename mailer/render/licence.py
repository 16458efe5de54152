"""A licence as people write it, and where its text is. Creative Commons names are understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_CREATIVE_COMMONS: Final = re.compile(
    r"\s*CC[ -]BY((?:-(?:NC|SA|ND)){0,2})(?:[ -]([1-4]\.\d))?(?: International)?\s*", re.IGNORECASE
)
_ZERO: Final = re.compile(r"\s*CC[ -]?(?:0|ZERO)(?: 1\.0)?(?: Universal)?\s*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Licence:
    """A name to show and an address, "" when unknown."""

    name: str
    url: str


def licence_of(text: str) -> Licence | None:
    """The licence of a newsletter, nothing when it names none."""
    text = text.strip()
    if not text:
        return None
    address = _ADDRESS.search(text)
    if address:
        name = text.replace(address[0], "").strip(" ()<>[],:-")
        return Licence(name or address[0], address[0].rstrip(")>],."))
    if _ZERO.fullmatch(text):
        return Licence(text, "https://creativecommons.org/publicdomain/zero/1.0/")
    found = _CREATIVE_COMMONS.fullmatch(text)
    if found:
        return Licence(text, f"https://creativecommons.org/licenses/by{found[1].lower()}/{found[2] or '4.0'}/")
    return Licence(text, "")
