"""Links through a shortener: nobody sees where they lead, spam filters mistrust them, and they die first.

PASS:
    [The video](https://youtu.be/abc), [a page](https://short.example.net/x)

FAIL:
    [The survey](https://bit.ly/3abc)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.words import words

_SHORTENERS: Final = words(
    """
    bit.ly bitly.com t.co goo.gl tinyurl.com ow.ly is.gd v.gd buff.ly lnkd.in rebrand.ly cutt.ly shorturl.at rb.gy
    tiny.cc tr.im adf.ly bl.ink t.ly s.id dlvr.it ift.tt trib.al mcaf.ee shorte.st soo.gd clck.ru
    """
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    short = [link for link in manuscript.links if link.host.removeprefix("www.") in _SHORTENERS]
    if short:
        message = f"“{short[0].host}” hides where the link leads"
        if len(short) > 1:
            message += f" (and {len(short) - 1} more)"
        yield Finding(short[0].target_start, message, "Use the address that it leads to.")


RULE = Rule("link-shortener", Severity.WARNING, check, __doc__)
