"""A link of the original leads elsewhere in the translation, or is not there.

Pages in another language are the same link: `/en/` and `/de/`, `en.wikipedia.org` and `de.wikipedia.org`,
`?lang=de`. So are `http` and `https`, and anchors. Links that only the translation has are welcome. A section that
is missing altogether is told by [translation-sections](translation-sections.md).

PASS:
    [Kontalk](https://example.net/en/k) and [more](https://en.wikipedia.org/wiki/Roof).
    ====
    [Kontalk](https://www.example.net/de/k/) und [mehr](https://de.wikipedia.org/wiki/Dach), [und hier](https://example.de/).

FAIL:
    [Kontalk 2.18](https://example.net/k/2.18) is out.
    ====
    [Kontalk 2.18](https://example.net/k/2.17) ist da.

FAIL:
    The [sprint](https://example.net/sprint) is on 14 June.
    ====
    Der Sprint ist am 14. Juni.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.translation.pair import Pair, PairRule, several
from mailer.lint.translation.same import link_key, paths_of, same_link

SHORTEST_BEGINNING = 5


def check(pair: Pair) -> Iterator[Finding]:
    there = {key for part in pair.translated_parts for key in part.links}
    known = {key for part in pair.original_parts for key in part.links}
    there_paths, known_paths = paths_of(there), paths_of(known)
    broken = _broken(pair.translation)
    missing: list[tuple[str, int]] = []
    for couple in pair.couples:
        if couple.original is None or couple.translated is None:
            continue
        lost = {
            key
            for key in couple.original.links
            if not same_link(key, there, there_paths) and not key.startswith(broken)
        }
        others = [key for key in couple.translated.links if not same_link(key, known, known_paths)]
        for target, line in _written(pair, lost):
            instead = f", here: {others[0]}" if len(lost) == 1 and len(others) == 1 else ""
            missing.append((f"{target} (line {line} there{instead})", couple.translated.line))
    if missing:
        named = several(list(dict.fromkeys(text for text, _ in missing)))
        count = len({text for text, _ in missing})
        what = "a link" if count == 1 else f"{count} links"
        message = f"{what} of the original {'is' if count == 1 else 'are'} not here: {named}"
        yield Finding(pair.translation.offset(missing[0][1]), message, "Take the addresses from the original.")


def _broken(translation: Manuscript) -> tuple[str, ...]:
    """How links begin that are cut off by a slip: another rule tells of them."""
    begun = (link_key(link.target.split()[0]) for link in translation.links if link.broken and link.target.split())
    return tuple(key.rstrip(".") for key in begun if len(key.rstrip(".")) >= SHORTEST_BEGINNING)


def _written(pair: Pair, keys: set[str]) -> Iterator[tuple[str, int]]:
    """The links with these keys as the original has them, each once, with their lines."""
    left = set(keys)
    for link in pair.original.links:
        key = link_key(link.target)
        if key in left and not link.image:
            left.discard(key)
            yield link.target, pair.original.place(link.start).line


RULE = PairRule("translation-links", Severity.WARNING, check, __doc__)
