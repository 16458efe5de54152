"""A rendered mail as different readers see it: in light or dark mode, with images off. Strings in, string out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from html import escape
from typing import Final
from urllib.parse import quote

from mailer.newsletter import Newsletter
from mailer.render.html_escape import escape_url
from mailer.render.model import ADDRESS_SLOT, PREFERENCES_SLOT, UNSUBSCRIBE_SLOT

SAMPLE_ADDRESS: Final = "you@example.org"
_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")
_ALWAYS, _NEVER = "(min-width: 0)", "(min-width: 99999px)"


class View(StrEnum):
    """How a mail is looked at; the width is the frame's."""

    LIGHT = "light"
    DARK = "dark"
    BARE = "bare"  # images off


POLICIES: Final = {
    view: f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; frame-ancestors 'self'"
    for view, images in ((View.LIGHT, "* data:"), (View.DARK, "* data:"), (View.BARE, "'none'"))
}
"""Content-Security-Policy of each view: no script ever; a browser that may load no image shows its ``alt``."""


def with_sample_person(text: str, newsletter: Newsletter) -> str:
    """The mail with somebody's values in its slots; they are safe in HTML as in text."""
    return (
        text.replace(UNSUBSCRIBE_SLOT, escape(f"{newsletter.base_url}/unsubscribe/preview"))
        .replace(PREFERENCES_SLOT, escape(f"{newsletter.base_url}/preferences/preview"))
        .replace(ADDRESS_SLOT, SAMPLE_ADDRESS)
    )


def with_local_pictures(html: str, urls: Sequence[str], language: str) -> str:
    """The mail with those pictures taken from this machine, by their number."""
    for number, url in enumerate(urls):
        ours = f"/picture/{number}?language={quote(language)}"
        html = html.replace(f'src="{escape_url(url)}"', f'src="{escape(ours)}"')
    return html


def as_seen(html: str, view: View) -> str:
    """The mail's HTML so that any browser shows it in the mode of ``view``, whatever the system's mode is."""
    dark = view is View.DARK
    html = _DARK.sub(_ALWAYS if dark else _NEVER, html)
    mode = "dark" if dark else "light"
    # The name tells the page that this is a mail, not somebody's error.
    added = f'<meta name="preview"><base target="_blank"><style>:root{{color-scheme:{mode} !important}}</style>'
    # Before the end, so that it beats the mail's own rule; a lambda, since the page is no pattern.
    return re.sub(r"</head>", lambda _: f"{added}</head>", html, count=1, flags=re.IGNORECASE)
