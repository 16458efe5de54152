"""Links named “here”: read aloud, or in a list of links, they say nothing.

One warning for an issue names the first and counts the rest.

PASS:
    Get [the desktop version](https://example.net/), [here and now](https://example.net/) or [hier](/de/)zulande.

FAIL:
    Download it [here](https://example.net/).

FAIL:
    [Cliquez ici](https://example.net/) pour en savoir plus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_HERE = re.compile(
    r"(?:(?:click|read|see|look)\s+)?here|this|(?:this\s+)?link|hier(?:\s+klicken)?|klick(?:en)?\s+(?:sie\s+)?hier"
    r"|(?:haz\s+clic\s+|pulsa\s+)?aqu[ií]|(?:cliquez\s+)?ici|(?:clicca\s+)?qui|(?:clique\s+)?aqui",
    re.IGNORECASE,
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    vague = [
        link
        for link in manuscript.links
        if not link.image
        and link.form in (Form.INLINE, Form.REFERENCE, Form.HTML)
        and _HERE.fullmatch(link.text.strip(" \n*_`.:!→»>"))
        and not _goes_on(manuscript.source, link.end)
    ]
    if vague:
        message = f"“{' '.join(vague[0].text.split())}” says nothing about where the link leads"
        if len(vague) > 1:
            message += f" (and {len(vague) - 1} more)"
        yield Finding(vague[0].start, message, "Make the link of the words that name its target.")


def _goes_on(source: str, end: int) -> bool:
    return source[end : end + 1].isalpha()


RULE = Rule("link-text", Severity.WARNING, check, __doc__)
