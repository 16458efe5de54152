"""Images that mail clients do not show: SVG, and pictures inside the address (`data:`).

PASS:
    ![Logo](/logo.png) ![A photo](/photo.jpg?size=svg)

FAIL:
    ![Logo](/logo.svg)

FAIL:
    <img src="data:image/png;base64,iVBORw0KGgo=" alt="Logo">
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for link in manuscript.links:
        if not link.image:
            continue
        if link.target.lower().startswith("data:"):
            yield Finding(link.start, "mail clients do not show a picture inside an address", "Link to a file.")
        elif re.search(r"\.svgz?(?:[?#]|$)", link.target, re.IGNORECASE):
            name = link.target.rpartition("/")[2]
            yield Finding(link.start, f"most mail clients do not show SVG: “{name}”", "Use a PNG of it.")


RULE = Rule("image-format", Severity.WARNING, check, __doc__)
