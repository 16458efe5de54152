"""Nothing for the line that mail clients show behind the subject.

It is the header's `summary` (or `description`), else the first sentence of the issue. Spoken of only when there is
neither: an issue that begins with a list, a heading or a picture and has no paragraph.

PASS:
    ---
    title: News of May
    date: 2024-06-05
    summary: A new server, and a sprint in Berlin.
    ---
    - Server 2.0 is out.

PASS:
    ---
    title: News of May
    date: 2024-06-05
    ---
    Welcome to the news of May, with a new server!

FAIL:
    ---
    title: News of May
    date: 2024-06-05
    ---
    - Server 2.0 is out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import is_shortcode
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_LEAST_CHARACTERS: Final = 20


def check(manuscript: Manuscript) -> Iterator[Finding]:
    if manuscript.issue.preheader.strip():
        return
    texts = (block.text for block in manuscript.paragraphs() if not block.lists and not is_shortcode(block))
    if not any(len(text) >= _LEAST_CHARACTERS for text in texts):
        message = "there is neither a summary nor a first sentence to show behind the subject"
        yield Finding(manuscript.header_offset("title"), message, "Write “summary: …” in the header.")


RULE = Rule("preheader", Severity.WARNING, check, __doc__)
