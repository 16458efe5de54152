"""The translation lacks sections that the original has.

Sections are recognised by their level, links and numbers, so that every heading may be translated freely. Sections
that the translation has of its own are welcome.

PASS:
    ## Events
    The [sprint](https://example.net/sprint) is on 14 June.
    ## Software
    [Kontalk 2.18](https://example.net/k) is out.
    ====
    ## Software
    [Kontalk 2.18](https://example.net/k) ist da.
    ## Termine
    Der [Sprint](https://example.net/sprint) ist am 14. Juni.

FAIL:
    ## Events
    The [sprint](https://example.net/sprint) is on 14 June.
    ## Articles
    Read [about roofs](https://example.net/roofs).
    ## Software
    [Kontalk 2.18](https://example.net/k) is out.
    ====
    ## Termine
    Der [Sprint](https://example.net/sprint) ist am 14. Juni.
    ## Software
    [Kontalk 2.18](https://example.net/k) ist da.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding
from mailer.lint.translation.alignment import Part, likeness
from mailer.lint.translation.pair import Pair, PairRule, several

SURELY = 1.5  # so alike are two sections that stand in another order


def check(pair: Pair) -> Iterator[Finding]:
    found = pair.couples
    extra = [couple.translated for couple in found if couple.original is None and couple.translated]
    missing: list[tuple[Part, int]] = []
    line = 0
    for couple in found:
        if couple.translated is not None:
            line = couple.translated.end_line
        elif couple.original is not None and couple.original.title and not _moved(couple.original, extra):
            missing.append((couple.original, line))
    if missing:
        after = missing[0][1]
        named = several([f"“{part.title}” (line {part.line} there)" for part, _ in missing])
        offset = pair.translation.offset(after) if after else pair.translation.body_start
        what = "a section" if len(missing) == 1 else f"{len(missing)} sections"
        yield Finding(
            offset, f"{what} of the original {'is' if len(missing) == 1 else 'are'} not here: {named}", _HINT
        )


def _moved(part: Part, extra: list[Part]) -> bool:
    """True for a section that stands elsewhere in the translation."""
    return any(likeness(part, other) >= SURELY for other in extra)


_HINT = "Translate it, or leave a word on where it can be read."
RULE = PairRule("translation-sections", Severity.WARNING, check, __doc__)
