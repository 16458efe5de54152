"""A link or image without a target, or a link without a text.

PASS:
    [The release](https://example.net/), ![A picture](/picture.png), [![Logo](/logo.png)](https://example.net/),
    and an anchor <a name="here"></a>.

FAIL:
    [The release]()

FAIL:
    - [ - ]()

FAIL:
    ![The sprint]()

FAIL:
    [](https://example.net/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_HINT: Final = "Write both, or take it out."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for link in manuscript.links:
        if link.form in (Form.DEFINITION, Form.BARE, Form.AUTOLINK) or not link.defined:
            continue
        what = "an image" if link.image else "a link"
        if not link.target.strip():
            yield Finding(link.start, f"{what} without a target", _HINT)
        elif not link.image and not link.text.strip() and link.form is not Form.HTML:
            yield Finding(link.start, "a link without a text: nobody will see it", _HINT)


RULE = Rule("empty-link", Severity.ERROR, check, __doc__)
