"""A link that leads nowhere as it is written.

A host without a dot, a scheme twice or misspelt, white space, quotes or unbalanced brackets in the target, a
bracket missing around the text, a space between text and target, a reference that nothing defines, a web address
without `https://`.

PASS:
    [One](https://example.net/a_(b)), [two](<https://example.net/x>), [three][t], [DE] [video] and
    [here](/2024/05/ "Title"), <https://xn--bcher-kva.example/>, [IPv6](http://[2001:db8::1]/), `[x](y z)`,
    [archive](https://web.archive.net/web/2020/https://example.net/).

    [t]: https://example.net/t

FAIL:
    [The archive](https://news/example.net/category)

FAIL:
    [The release](https://https://example.net/)

FAIL:
    [The release](htps://example.net/)

FAIL:
    [The release](https:/example.net/)

FAIL:
    [The release]((https://example.net/).

FAIL:
    The release] (175 hours)](https://example.net/)

FAIL:
    [The release] (https://example.net/)

FAIL:
    [The release](https://example.net/category/])

FAIL:
    [The release](https://example.net/some page)

FAIL:
    Read [the release][relaese].

FAIL:
    [The release](www.example.net/release)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailer.issue import Severity
from mailer.lint.links import Form, Link
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_APART = re.compile(r"(?<![\]!\\])\[[^\[\]\n]+\][ \t]+\((?:https?://|www\.)[^()\s]+\)")
_UNOPENED = re.compile(r"(?<!\\)\]\((?=\S)")
_SCHEME_SLIP = re.compile(
    r"(?:h?t{1,3}ps?|hhttps?|https?s|htpps?|httpss|htttps?|ttps?)://|https?(?:[;,]//|//|:/(?!/)|:(?!/))|https?::?/{3,}",
    re.IGNORECASE,
)
_NO_SCHEME = re.compile(
    r"(?:www\.[\w-]+\.|[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|eu|de|fr|it|es|info|chat)(?:[/?#]|$))"
)
_CLOSE = "Write [text](address), with no space in the address."
_HINT = "Open it in a browser, and copy its address from there."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for link in manuscript.links:
        if link.form is Form.REFERENCE:
            if not link.defined and not _is_tag(link):
                yield Finding(
                    link.start, f"nothing defines “[{link.label}]”", "Write “[label]: https://…” for it."
                )
        else:
            message = _fault(link)
            if message:
                yield Finding(link.target_start, message, _CLOSE if link.broken else _HINT)
    for found in _APART.finditer(manuscript.markup, manuscript.body_start):
        yield Finding(
            found.start(), "the space between text and target keeps this from being a link", "Take it out."
        )
    for found in _UNOPENED.finditer(manuscript.prose, manuscript.body_start):
        yield Finding(found.start(), "a bracket is missing, so this is no link", "Put “[” before its text.")


def _is_tag(link: Link) -> bool:
    """``[video][DE]``: two marks side by side, not a text and its reference."""
    return link.label.startswith("^") or (len(link.text) <= 12 and len(link.label) <= 8 and " " not in link.text)


def _fault(link: Link) -> str:
    target = link.target.strip()
    if not target:
        return ""
    if link.broken and target.startswith("("):
        return "the target begins with a bracket of its own"
    if link.broken and re.match(r"https?:|/|www\.", target):
        return "there is white space or no closing bracket in the target, so this is no link"
    if re.match(r"https?://", target, re.IGNORECASE):
        return _web_fault(link, target)
    if _SCHEME_SLIP.match(target):
        return f"“{target[:12]}…” is no “https://”"
    if _NO_SCHEME.match(target) and link.form not in (Form.BARE, Form.AUTOLINK):
        return f"“{target}” lacks its “https://” and leads into our own site"
    return ""


def _web_fault(link: Link, target: str) -> str:
    host = link.host.strip(".")
    if re.match(r"https?://(?:https?:?/|https?:)", target, re.IGNORECASE):
        return "the scheme stands there twice"
    if not host:
        return "the address has no host"
    if host.startswith("["):
        return ""
    if "." not in host and host != "localhost" and link.form not in (Form.BARE, Form.AUTOLINK):
        return f"the host “{host}” has no dot in it"
    if ".." in host or host.startswith("-") or re.search(r"[\"'<>|{}\[\]()*,;]", host):
        return f"“{host}” is no host"
    if link.form not in (Form.BARE, Form.AUTOLINK):
        if re.search(r"[\"”“’<>]$|\"", target):
            return "there is a quotation mark in the target"
        if target.count("]") != target.count("[") or target.count(")") != target.count("("):
            return "brackets in the target do not match"
    return ""


RULE = Rule("link-syntax", Severity.WARNING, check, __doc__)
