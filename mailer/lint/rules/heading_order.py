"""Headings that skip a level (`##`, then `####`): people who hear the mail get lost in it.

The first heading may be of any level. One warning for an issue names the first and counts the rest.

PASS:
    ### First

    Text.

    ## Second

    ### Third

    Text.

    # Fourth

    Text.

FAIL:
    ## First

    #### Second
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    headings = [block for block in manuscript.blocks if block.kind is Kind.HEADING and not block.quoted]
    skipping = [(above, below) for above, below in pairwise(headings) if below.level > above.level + 1]
    if skipping:
        above, below = skipping[0]
        message = f"“{below.text}” is a heading of level {below.level} under one of level {above.level}"
        if len(skipping) > 1:
            message += f" (and {len(skipping) - 1} more)"
        yield Finding(manuscript.offset(below.line), message, f"Make it level {above.level + 1}.")


RULE = Rule("heading-order", Severity.WARNING, check, __doc__)
