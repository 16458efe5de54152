"""What every page of every blueprint has: a language, a newsletter's look, links that keep a chosen language.

For a view, ours or another package's: ``flask.g.language`` is the reader's choice when it is called ("de"); a view
that knows better sets it. It sets ``flask.g.newsletter`` to a newsletter's key when the page belongs to one. Its
template extends ``web/page.html`` and fills the blocks ``title`` and ``main``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from flask import Flask, Response, abort, g, request

from mailer.newsletter import Newsletter
from mailer.render.licence import licence_of
from mailer.render.tongue import direction, own_name
from mailer.web.phrases import PAGES, nearest_language, page_phrases
from mailer.web.styles import Styles

_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ufffd]")
LONGEST_ACCEPT_LANGUAGE: Final = 500


def set_up_frame(app: Flask, newsletters: Mapping[str, Newsletter], styles: Styles) -> None:
    """Give ``app`` the reader's language and the values that ``web/page.html`` needs."""

    @app.before_request
    def choose_language() -> None:
        g.language, g.language_is_chosen = _wanted()
        g.newsletter = None
        if _CONTROL.search(request.path):  # no address of ours has one, and PostgreSQL takes no NUL
            abort(404)

    @app.after_request
    def tell_caches(answer: Response) -> Response:
        if answer.mimetype == "text/html":
            reads(answer)
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    @app.context_processor
    def values() -> dict[str, object]:
        phrases = page_phrases(g.get("language") or "en")
        newsletter = newsletters.get(g.get("newsletter") or "")
        return {
            "language": phrases.language,
            "dir": phrases.direction,
            "t": phrases,
            "newsletter": newsletter,
            "licence": licence_of(newsletter.licence) if newsletter else None,
            "look": styles.look(newsletter.key if newsletter else ""),
            "page_languages": [(tag, own_name(tag)) for tag in PAGES],
            "link": link,
            "own_name": own_name,
            "direction": direction,
        }


def link(path: str) -> str:
    """``path`` as an address that keeps a language that the reader chose by ?lang=."""
    chosen = request.args.get("lang", "")
    known = nearest_language(chosen, PAGES) if chosen else None
    return f"{path}{'&' if '?' in path else '?'}lang={quote(known)}" if known else path


def _wanted() -> tuple[str, bool]:
    """The reader's language, and whether ?lang= named it; English when nothing of theirs is ours."""
    chosen = nearest_language(request.args.get("lang", "")[:40], PAGES)
    if chosen is not None:
        return chosen, True
    return preferred(request.headers.get("Accept-Language", "")) or "en", False


def reads(answer: Response) -> None:
    """Tell caches that the answer depends on the reader's language, unless its address settles it."""
    if not g.get("language_is_chosen", True):
        answer.vary.add("Accept-Language")


def preferred(header: str, known: Iterable[str] = PAGES) -> str | None:
    """The first known language in an Accept-Language header (RFC 9110 section 12.5.4), by its weights."""
    languages = list(known)
    wanted: list[tuple[float, int, str]] = []
    for position, item in enumerate(header[:LONGEST_ACCEPT_LANGUAGE].split(",")):
        tag, _, weight = item.partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*", weight)
        quality = float(match[1]) if match else 0.0 if weight else 1.0
        if quality > 0:
            wanted.append((-quality, position, tag))
    return next((found for _, _, tag in sorted(wanted) if (found := nearest_language(tag, languages))), None)
