"""A host that mixes alphabets, so that it looks like another one: a Cyrillic “е” in `еxample.net`.

Hosts of one alphabet, with digits and hyphens, are fine in any script; so are the mixtures that Japanese, Chinese
and Korean are written in.

PASS:
    [Bücher](https://bücher.example/), [Пример](https://пример.example/), [日本](https://日本のドメイン.example/)

FAIL:
    [The release](https://еxample.net/)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

# UTS 39, highly restrictive: scripts that are written together
_TOGETHER: Final = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for link in manuscript.links:
        for label in _unicode(link.host).split("."):
            scripts = {_script(letter) for letter in label if letter.isalpha()}
            if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
                strange = next(letter for letter in label if letter.isalpha() and _script(letter) != "LATIN")
                message = (
                    f"the host “{label}” mixes alphabets: “{strange}” is {unicodedata.name(strange, '?').title()}"
                )
                yield Finding(link.target_start, message, "Type the address anew.")
                break


def _unicode(host: str) -> str:
    try:
        return host.encode("ascii").decode("idna") if "xn--" in host else host
    except UnicodeError:
        return host


def _script(letter: str) -> str:
    """The script of a letter by its name (“CYRILLIC SMALL LETTER IE”), which is all that the library knows."""
    first = unicodedata.name(letter, "UNKNOWN").split()[0]
    return "KATAKANA" if first == "KATAKANA-HIRAGANA" else first


RULE = Rule("homoglyph-domain", Severity.ERROR, check, __doc__)
