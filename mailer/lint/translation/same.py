"""What stays the same in a translation: where links lead, numbers, months. As keys that compare equal.

Law: what languages write differently (decimal signs, clocks, a site's pages by language) has the same key.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from mailer.lint.months import NUMBERS

_URL = re.compile(r"(?:https?:)?//(?:[^/?#@\s]*@)?([^/?#\s]*)([^?#\s]*)(\?[^#\s]*)?", re.IGNORECASE)
_CODES: Final = (
    "ar bg bn ca cs da de el en eo es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko lt lv mk nb nl nn no "
    "pl pt ro ru sk sl sq sr sv th tr uk ur vi zh"
)
_TAG: Final = rf"(?:{'|'.join(_CODES.split())})(?:[-_][a-z]{{2,4}})?"
_LANGUAGE_SEGMENT = re.compile(rf"/{_TAG}(?=/|$)", re.IGNORECASE)
_LANGUAGE_SUFFIX = re.compile(rf"[._-]{_TAG}(?=(?:\.html?)?/?$)", re.IGNORECASE)
_LANGUAGE_HOST = re.compile(rf"^{_TAG}\.(?=[^.]+\.[^.]+)", re.IGNORECASE)
_DEED = re.compile(r"/deed$|/legalcode$")  # the same licence, explained in the reader's language
_LANGUAGE_QUERY = re.compile(r"(?<=[?&])(?:lang|language|hl|locale|setlang|l)=[^&]*&?", re.IGNORECASE)
BY_LANGUAGE: Final = ("wikipedia.org", "wikimedia.org", "wikibooks.org", "wiktionary.org", "wikivoyage.org")
"""Sites whose articles on one thing have another name in each language."""

_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:'’\u00a0\u202f]\d+)*(?:\s?[ap]\.?m\b)?", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:([.,'’\u00a0\u202f])\d{3})(?:\1\d{3})*")
LONGEST_NUMBER: Final = 40  # characters; longer ones are keys and hashes
_APART: Final = r"(?<!\d)(?<!\d[.,])"
_ENDS: Final = r"(?!\d|[.,]\d)"
_LEAST: Final = 13  # smaller ones are written in words here and in digits there


def link_key(target: str) -> str:
    """What a link leads to, whatever the page's language; "" for links inside the issue and mail addresses."""
    target = target.strip()
    if target.startswith("#") or target.lower().startswith(("mailto:", "tel:")):
        return ""
    found = _URL.match(target)
    if found is None:
        return _LANGUAGE_SUFFIX.sub("", _LANGUAGE_SEGMENT.sub("", target.partition("#")[0])).rstrip("/").lower()
    host = found[1].lower().removeprefix("www.")
    if any(host.endswith(f".{site}") or host == site for site in BY_LANGUAGE):
        return _LANGUAGE_HOST.sub("", host)
    host = _LANGUAGE_HOST.sub("", host)
    path = _LANGUAGE_SUFFIX.sub("", _LANGUAGE_SEGMENT.sub("", found[2]))
    path = _DEED.sub("", path.rstrip("/"))
    query = _LANGUAGE_QUERY.sub("", found[3] or "").rstrip("?&")
    return f"{host}{path}".rstrip("/").lower() + query


def paths_of(keys: Collection[str]) -> frozenset[str]:
    """The paths of links, without their hosts."""
    return frozenset(key[key.index("/") :] for key in keys if "/" in key)


def same_link(key: str, keys: Collection[str], paths: Collection[str]) -> bool:
    """Whether a link is among others (and their ``paths``); one into our own site is the same without its host."""
    if key in keys:
        return True
    if key.startswith("/"):
        return key in paths
    path = key[key.index("/") :] if "/" in key else "/"
    return path != "/" and path in keys


def same_number(key: str, text: str, keys: Collection[str]) -> bool:
    """Whether a number of the original is in a translation, in the prose or wherever else its ``text`` has it."""
    if key in keys or re.search(rf"{_APART}{re.escape(key)}{_ENDS}", text):
        return True
    hour, colon, minutes = key.partition(":")
    if not colon:
        return False
    twelve = str((int(hour) - 1) % 12 + 1)
    spellings = [rf"0?{hour}\s?[h.]\s?{minutes}", rf"{twelve}[:.]{minutes}"]
    if minutes == "00":
        spellings += [
            rf"0?{hour}\s?(?:h\b|uhr|heures|horas|ore)",
            rf"{twelve}\s?(?:h\b|[ap]\.?\s?m|de la|da )",
        ]
    return any(re.search(rf"{_APART}{spelling}", text, re.IGNORECASE) for spelling in spellings)


def numbers_in(prose: str) -> Iterator[str]:
    """Numbers that a translation keeps, as keys: "1,000" and "1.000" are 1000, "7 pm" is 19:00."""
    for found in _NUMBER.finditer(prose):
        if len(found[0]) <= LONGEST_NUMBER and (key := _number_key(found[0])):
            yield key


def _number_key(written: str) -> str:
    clock = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m", written, re.IGNORECASE)
    if clock:
        hour = int(clock[1]) % 12 + (12 if clock[3].lower() == "p" else 0)
        return f"{hour}:{clock[2] or '00'}"
    time = re.fullmatch(r"0?(\d{1,2})[:.](\d\d)", written)
    if time and int(time[1]) < 24 and ":" in written:
        return f"{time[1]}:{time[2]}"
    if _THOUSANDS.fullmatch(written) and int(re.split(r"\D", written)[0]):
        return re.sub(r"\D", "", written)
    plain = re.sub(r"[,'’\u00a0\u202f]", ".", written)
    if plain.isdigit() and int(plain) < _LEAST:
        return ""
    return plain.lstrip("0") if plain.isdigit() else plain


def months_in(prose: str) -> set[int]:
    """The months that are named in a text, from 1; the English “May” only beside a number."""
    found = set()
    for word in re.finditer(r"[^\W\d_]{3,10}", prose):
        month = NUMBERS.get(word[0].lower())
        if month is None:
            continue
        if word[0].lower() in ("may", "march", "mars", "mai", "maggio", "marzo"):
            around = prose[max(0, word.start() - 8) : word.end() + 8]
            if not re.search(r"\d", around):
                continue
        found.add(month)
    return found
