"""A link to a place in the issue that is not there (`#the-end`).

A translated heading has a translated anchor; links into it are easily forgotten. One warning for an issue names
the first and counts the rest.

PASS:
    Read [more](#the-end-of-it), [this](#top) and [that](#own).

    <a id="own"></a>

    ## The end, of it!

    It ends here.

FAIL:
    Read [more](#the-end).

    ## Das Ende
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from mailer.issue import Severity
from mailer.lint.blocks import Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_ID = re.compile(r"""\b(?:id|name)\s*=\s*["']?([^\s"'>]+)|\{\s*#([\w:.-]+)""")
_FOOTNOTE = re.compile(r"fn(?:ref)?[:_-]?\w*", re.IGNORECASE)
_ALWAYS: Final = frozenset({"top", ""})


def check(manuscript: Manuscript) -> Iterator[Finding]:
    wanted = [link for link in manuscript.links if re.match(r"#.", link.target)]
    if not wanted:
        return
    known = {section.anchor for section in manuscript.issue.sections} | _ALWAYS
    known.update(found[1] or found[2] for found in _ID.finditer(manuscript.source, manuscript.body_start))
    known.update(_slug(block.text) for block in manuscript.blocks if block.kind is Kind.HEADING)
    flat = {_flat(anchor) for anchor in known}
    lost = [
        link
        for link in wanted
        if _flat(unquote(link.target[1:])) not in flat and not _FOOTNOTE.fullmatch(link.target[1:])
    ]
    if lost:
        more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
        message = f"no heading of this issue is “{lost[0].target}”{more}"
        yield Finding(lost[0].target_start, message, "Name the heading as it is written here.")


def _slug(title: str) -> str:
    """The anchor that static sites make of a heading."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", title.lower()).strip())


def _flat(anchor: str) -> str:
    """Sites differ in accents, marks and repeated hyphens; what is left of an anchor without them."""
    bare = unicodedata.normalize("NFKD", anchor).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", bare) or anchor


RULE = Rule("anchor", Severity.WARNING, check, __doc__)
