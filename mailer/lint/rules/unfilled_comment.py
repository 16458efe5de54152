"""A template's comment says what goes there, and nothing was put there.

`<!-- quote goes here -->` before a list, a quotation, a table or code is filled. Between two headings it is not;
in other places nobody can tell the template's text from new one: a warning. So is a comment that begins with
`TODO`.

PASS:
    <!-- events go here -->
    * Meeting in Berlin

    <!-- quote goes here -->

    > To be or not to be.

    <!-- more -->

FAIL:
    The server has a new parser.

    <!-- TODO: add the client -->

FAIL:
    Vote for the next one!

    <!-- the crate goes here -->

    ## Next

    Text.

FAIL:
    ## Quotation of the week

    <!-- QUOTE GOES HERE -->

    Please submit one for next week!
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_GOES_HERE = re.compile(
    r"<!--\s*([^<>\n]{0,60}?\b(?:go(?:es)?|comes?|belongs?)\s+(?:in\s+)?here)\b|<!--\s*((?:insert|add|put)\b[^<>\n]{0,60}?\bhere)\b",
    re.IGNORECASE,
)


_NOTE = re.compile(r"<!--\s*((?:TODO|FIXME)\b[^<>\n]{0,60})")


def check(manuscript: Manuscript) -> Iterator[Finding]:
    bare = {section.heading.line for section in manuscript.sections if section.heading and not section.blocks}
    for comment in manuscript.comments:
        note = _NOTE.match(manuscript.source, comment.start)
        if note:
            said = " ".join(note[1].split())
            yield Finding(comment.start, f"a comment says “{said}”", "Do it, or take it out.", is_certain=False)
        found = _GOES_HERE.match(manuscript.source, comment.start)
        if not found:
            continue
        line = manuscript.place(comment.end).line
        before = [block for block in manuscript.blocks if block.line <= line]
        if (
            before
            and before[-1].kind is Kind.HEADING
            and before[-1].line in bare
            and not _has_parts(manuscript, before[-1].line)
        ):
            continue  # an empty section is spoken of already
        following = next((block for block in manuscript.blocks if block.line > line), None)
        ends = following is None or following.kind is Kind.HEADING
        if (
            following is None
            or ends
            or (following.kind is Kind.PARAGRAPH and not following.lists and not following.quoted)
        ):
            said = " ".join((found[1] or found[2]).split())
            yield Finding(
                comment.start,
                f"the comment says “{said}”, and nothing was put there",
                "Write it, or take the comment out.",
                ends and before != [] and before[-1].kind is Kind.HEADING,
            )


def _has_parts(manuscript: Manuscript, line: int) -> bool:
    return any(
        section.has_subsection
        for section in manuscript.sections
        if section.heading and section.heading.line == line
    )


RULE = Rule("unfilled-comment", Severity.ERROR, check, __doc__)
