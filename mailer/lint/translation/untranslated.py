"""Paragraphs of the translation are still in the words of the original.

A title, a quotation in a line or a change log may stay as it is; what is counted has twenty words or more.

PASS:
    The ferry runs again since Monday.

    > A quotation that stays in the words of the one who said it, however long it may be, since nobody ever said
    > it in any other words than these.
    ====
    Die Fähre fährt wieder seit Montag.

    > A quotation that stays in the words of the one who said it, however long it may be, since nobody ever said
    > it in any other words than these.

FAIL:
    The new roof is on, and the reading room is open from nine to six again. Who wants to help with moving the
    books back finds the list at the desk.
    ====
    The new roof is on, and the reading room is open from nine to six again. Who wants to help with moving the
    books back finds the list at the desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding
from mailer.lint.translation.pair import Pair, PairRule

LEAST_WORDS: Final = 20


def check(pair: Pair) -> Iterator[Finding]:
    if pair.original.issue.language.split("-")[0] == pair.translation.issue.language.split("-")[0]:
        return  # "pt" and "pt-br" may share whole paragraphs
    said = {block.text for block in pair.original.paragraphs() if len(block.own_text.split()) >= LEAST_WORDS}
    same = [block for block in pair.translation.paragraphs() if block.text in said and not block.quoted]
    if same:
        start, _ = pair.translation.span(same[0])
        if len(same) == 1:
            message = f"this stands in the original word for word: “{same[0].text[:50]}…”"
        else:
            lines = ", ".join(str(block.line) for block in same[:8])
            message = f"{len(same)} paragraphs stand in the original word for word (lines {lines})"
        yield Finding(start, message, "Translate them, or leave them out.")


RULE = PairRule("translation-untranslated", Severity.WARNING, check, __doc__)
