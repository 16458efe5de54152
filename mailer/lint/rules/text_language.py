"""The text is in another language than its file's name, folder or header says.

People get an edition by its language: one that says the wrong one reaches those who cannot read it. Told by the
small words of a language (the, der, que); a short text, or one in a language that is not known here, is left
alone.

PASS:
    ---
    title: News of May
    date: 2024-06-05
    lang: en
    ---
    The ferry runs again since Monday, and the timetable is the same as it was last year. You can read it at the
    pier, or on the page of the harbour. There will be a feast for all of us when the new roof of the library is
    on, and we hope that many of you can come to it.

FAIL:
    ---
    title: Neues im Mai
    date: 2024-06-05
    lang: en
    ---
    Die Fähre fährt seit Montag wieder, und der Fahrplan ist der gleiche wie im letzten Jahr. Er hängt am Anleger
    und steht auf der Seite des Hafens. Wenn das neue Dach der Bücherei fertig ist, gibt es ein Fest für uns alle,
    und wir hoffen, dass viele von euch kommen können.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.tongues import NAMES, contradicted


def check(manuscript: Manuscript) -> Iterator[Finding]:
    claimed = manuscript.issue.language
    found = contradicted(manuscript.prose, claimed)
    if found is not None:
        name = NAMES.get(claimed.split("-")[0])
        said = f"{name} ({claimed})" if name else claimed
        yield Finding(
            manuscript.body_start,
            f"this reads like {NAMES[found]}, but the issue is said to be {said}",
            "Name the language in the file's name (issue.de.md) or header (lang: de), or mend what is there.",
        )


RULE = Rule("text-language", Severity.WARNING, check, __doc__)
