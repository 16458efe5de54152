"""An issue that is images and hardly a word: spam filters refuse it, and with images off nothing is left.

PASS:
    ![The sprint](/sprint.png)

    Fifteen people met in Berlin for a weekend, and the new server was born there.

FAIL:
    ![The whole issue](/issue-1.png)

    ![The rest of the issue](/issue-2.png)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.prose import blank
from mailer.lint.rule import Rule

_LEAST_WORDS: Final = 10


def check(manuscript: Manuscript) -> Iterator[Finding]:
    images = [link for link in manuscript.links if link.image]
    if images:
        words = blank(manuscript.prose, [(image.start, image.end) for image in images])[manuscript.body_start :]
        if len(re.findall(r"\w+", words)) < _LEAST_WORDS:
            yield Finding(images[0].start, "the issue is images and hardly a word", "Write its news as text.")


RULE = Rule("only-images", Severity.WARNING, check, __doc__)
