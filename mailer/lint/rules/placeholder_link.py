"""A link whose target is still to come: `INSERT_LINK_HERE`, `URL`, `https://…`, `#`.

An address at example.com is one when the link's text is a template's too (“Item title”). A definition
that no link uses is a warning.

PASS:
    Addresses begin with https:// in our days.

    [The release](https://news.example.net/url/link-here), [the end](#the-end), [a page](/link/), [url crate][1],
    [a list](https://git.example.net/project/TODO.md),
    [its text](https://git.example.net/texts/XXXX-count.md)

    [1]: https://docs.example.net/url

FAIL:
    [Discuss it](REDDIT_LINK_HERE)

FAIL:
    [Item title](Item URL)

FAIL:
    [The release](https://...)

FAIL:
    Discuss it [over there].

    [over there]: https://forum.example.net/#TODO

FAIL:
    [The release](#)

FAIL:
    [The release](TODO)

FAIL:
    [Title of the linked page](https://example.com/my_article)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.links import Form, Link
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule

_TARGET = re.compile(
    r"(?:\w*_)?(?:URL|LINK)(?:_\w+)?|\w+_HERE|(?:[\w<>-]+\s+)*(?:url|link)(?:\s+(?:here|to\s+[\w\s]+))?"
    r"|https?:?|todo|tbd|tba|tbc|fixme|xxx+|insert[\s_].*|add\s.*|#|\?+|[-–—…_]+|\.{3,}|href|path/to/\S+"
    r"|(?:https?:)?//(?:[.…?x_-]*|url|link|todo|tbd|xxx+|www|www\.|insert\S*|your\S*)/?",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"(?:URL|LINK|TITLE|IMAGE)_HERE|INSERT_|_GOES_HERE|XXXX(?!-\w)|YYYY[-/]|20\d\d[-/](?:MM|XX)\b|[/_-]\d?[xX]{3,4}(?=[/.]|$)|#(?:TODO|TBD|FIXME)\b|/XX(?=[/.]|$)|/(?:\.{3}|…)$"
)
_SCHEME_ALONE = re.compile(r"https?://?", re.IGNORECASE)
_EXAMPLE_HOST = re.compile(r"(?:www\.)?example\.(?:com|org|net)")
_TEMPLATE_TEXT = re.compile(
    r"(?:title|name|text|description|link|url)\b.*|.*\b(?:title|name|text)|.*\b(?:article|event|project|item|link)\s+\w+",
    re.IGNORECASE,
)
_HINT: Final = "Write the address, or take the link out."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    used = {link.label for link in manuscript.links if link.form is Form.REFERENCE}
    for link in manuscript.links:
        target = link.target.strip()
        if not target or (link.form is Form.REFERENCE):
            continue
        if link.form in (Form.BARE, Form.AUTOLINK) and _SCHEME_ALONE.fullmatch(target):
            continue  # words about addresses
        what = "an image's address" if link.image else "a link's target"
        if _TARGET.fullmatch(target) or _MARK.search(target):
            is_seen = link.form is not Form.DEFINITION or link.label in used
            yield Finding(link.target_start, f"“{target}” stands for {what}", _HINT, is_seen)
        elif _EXAMPLE_HOST.fullmatch(link.host) and _is_template(link):
            yield Finding(link.target_start, f"“{target}” is an example's address", _HINT)


def _is_template(link: Link) -> bool:
    return _TEMPLATE_TEXT.fullmatch(" ".join(link.text.split())) is not None


RULE = Rule("placeholder-link", Severity.ERROR, check, __doc__)
