"""An `xmpp:` or `mailto:` link that no program can follow.

PASS:
    [The room](xmpp:news@rooms.example.net?join), [a server](xmpp:example.net), <mailto:news@example.net>,
    [mail](mailto:news@example.net?subject=News%20of%20May), [two](mailto:a@example.net,b@example.net).

FAIL:
    [The room](xmpp://news@rooms.example.net?join)

FAIL:
    [The room](xmpp:news.rooms@)

FAIL:
    [The room](xmpp:news@rooms.example.net&join)

FAIL:
    [Mail](mailto:news.example.net)

FAIL:
    [Mail](news@example.net)

FAIL:
    [Mail](mailto://news@example.net)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from mailer.issue import Severity
from mailer.lint.links import Form
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

# RFC 5122: xmpp:[//account/]node@host/resource?action;key=value
_XMPP = re.compile(
    r"(?://[^/?#\s]+@[^/?#\s]+/)?(?:[^@/?#\s\"&'<>]+@)?[^@/?#\s&]+\.[^@/?#\s&]+(?:/[^?#]*)?(?:\?[^#]*)?(?:#.*)?"
)
# RFC 6068: mailto:address,address?header=value
_MAIL = re.compile(r"[^\s@,?/]+@[^\s@,?]+\.[^\s@,?]+(?:,[^\s@,?]+@[^\s@,?]+\.[^\s@,?]+)*(?:\?.*)?|\?to=.*")
_NO_SCHEME = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_KNOWN: Final = {
    "xmpp": (_XMPP, "an XMPP address is written xmpp:name@host?join"),
    "mailto": (_MAIL, "a mail address is written mailto:name@host"),
}


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for link in manuscript.links:
        if _NO_SCHEME.fullmatch(link.target.strip()) and link.form is not Form.AUTOLINK:
            yield Finding(
                link.target_start, f"“{link.target}” is a mail address and lacks its “mailto:”", "Add it."
            )
            continue
        scheme, colon, rest = link.target.strip().partition(":")
        if colon and scheme.lower() in _KNOWN:
            form, hint = _KNOWN[scheme.lower()]
            if not form.fullmatch(unquote(rest)):
                yield Finding(
                    link.target_start, f"“{link.target}” cannot be followed", f"{hint[0].upper()}{hint[1:]}."
                )


RULE = Rule("address-link", Severity.WARNING, check, __doc__)
