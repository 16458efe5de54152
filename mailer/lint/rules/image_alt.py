"""Images without a description: many mail clients show that, and only that, until images are allowed.

A figure's caption counts. One warning for an issue names the first and counts the rest.

PASS:
    ![The sprint in Berlin](/sprint.png)

    {{< figure src="/logo.png" caption="Our logo" >}}

FAIL:
    ![](/sprint.png)

FAIL:
    {{< figure src="/logo.png" >}}

FAIL:
    <img src="/logo.png">

FAIL:
    ![alt text](/logo.png)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_SAYING_NOTHING: Final = frozenset(
    {
        "alt",
        "alt text",
        "image",
        "image description",
        "description",
        "caption",
        "picture",
        "bild",
        "imagen",
        "immagine",
    }
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    bare = [
        link
        for link in manuscript.links
        if link.image
        and link.target
        and (not link.text.strip() or link.text.strip().lower() in _SAYING_NOTHING)
        and not (link.form is Form.HTML and ("alt", "") in link.attributes)  # said to be decoration
    ]
    if bare:
        name = bare[0].target.rpartition("/")[2]
        message = f"the image “{name}” has no description"
        if len(bare) > 1:
            message += f" (and {len(bare) - 1} more)"
        yield Finding(bare[0].start, message, "Say in a few words what it shows.")


RULE = Rule("image-alt", Severity.WARNING, check, __doc__)
