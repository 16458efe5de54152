"""Images that mail clients do not show: SVG, and pictures inside the address (`data:`).

One warning of each kind for an issue.

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
from mailer.lint.links import Link
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_SVG = re.compile(r"\.svgz?(?:[?#]|$)", re.IGNORECASE)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    inside = [link for link in manuscript.links if link.image and link.target.lower().startswith("data:")]
    drawn = [link for link in manuscript.links if link.image and link not in inside and _SVG.search(link.target)]
    if inside:
        message = f"mail clients do not show a picture inside an address{_more(inside)}"
        yield Finding(inside[0].start, message, "Link to a file.")
    if drawn:
        name = drawn[0].target.rpartition("/")[2]
        yield Finding(
            drawn[0].start, f"most mail clients do not show SVG: “{name}”{_more(drawn)}", "Use a PNG of it."
        )


def _more(links: list[Link]) -> str:
    return f" (and {len(links) - 1} more)" if len(links) > 1 else ""


RULE = Rule("image-format", Severity.WARNING, check, __doc__)
