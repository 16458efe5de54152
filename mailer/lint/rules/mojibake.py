"""Text that went through a wrong encoding: `peopleâ€™s` for `people’s`.

`mailer lint --fix` mends it. Code is not looked at.

PASS:
    Ça va? Größe, ação, “people’s”, naïve Ärzte, 新聞, Здравствуйте, Â, 100 €.

FAIL:
    Thanks to peopleâ€™s voluntary work.

FAIL:
    GrÃ¶ÃŸe ist nicht alles.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.mojibake import broken_pieces
from mailer.lint.prose import Kind, blank
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    code = [(r.start, r.end) for r in manuscript.regions if r.kind in (Kind.CODE, Kind.FENCE, Kind.COMMENT)]
    offset = 0
    for line in blank(manuscript.source, code).split("\n"):
        for piece in broken_pieces(line):
            message = f"“{piece.broken}” went through a wrong encoding"
            yield Finding(offset + piece.start, message, f"It was “{piece.mended}”; mailer lint --fix mends it.")
        offset += len(line) + 1


RULE = Rule("mojibake", Severity.ERROR, check, __doc__)
