"""Feeds: ``/<newsletter>/feed.atom`` and its kin, with whole issues; "nothing new" costs no reading of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from flask import Blueprint, Response, abort, g, request
from sqlalchemy import Engine

import mailer
from mailer.flows import archive as flow
from mailer.newsletter import Newsletter
from mailer.render.tongue import own_name
from mailer.store.archive import ArchivedEdition, ArchivedIssue
from mailer.web.feed_formats import FORMATS, NEVER, Feed, FeedEntry

LATEST: Final = 20
"""Issues in a feed: a reader who was away for a year of weekly issues finds the rest in the archive."""
CACHE: Final = "public, max-age=300"


def feeds(engine: Engine, newsletters: Mapping[str, Newsletter]) -> Blueprint:
    """The feeds of every newsletter, in every language that it has."""
    pages = Blueprint("feeds", __name__)

    @pages.get("/<newsletter>/feed.<any(atom, json, rss):kind>", defaults={"language": ""})
    @pages.get("/<newsletter>/feed.<language>.<any(atom, json, rss):kind>")
    def feed(newsletter: str, language: str, kind: str) -> Response:
        publication = newsletters.get(newsletter)
        if publication is None:
            abort(404)
        g.newsletter = publication.key
        language = language.lower()
        issues = flow.list_latest(engine, publication, LATEST, language)
        chosen = [(issue, language or issue.title_in(publication.languages).language) for issue in issues]
        if language and language not in publication.languages and not chosen:
            abort(404)
        answer = Response(mimetype=FORMATS[kind].media_type)
        answer.headers["Cache-Control"] = CACHE
        answer.set_etag(_fingerprint(publication, chosen, language, kind))
        answer.last_modified = max((issue.titles[tag].changed_at for issue, tag in chosen), default=NEVER)
        answer.make_conditional(request)
        if answer.status_code == 200 and request.method == "GET":
            written = _feed(publication, language, kind, flow.latest_bodies(engine, publication, chosen))
            answer.set_data(FORMATS[kind].write(written))
        return answer

    return pages


def _fingerprint(newsletter: Newsletter, chosen: list[tuple[ArchivedIssue, str]], language: str, kind: str) -> str:
    """Differs whenever the feed's bytes do: of the settings, the texts and this program."""
    parts = [mailer.__version__, repr(newsletter), language, kind]
    parts += [f"{issue.slug} {issue.titles[tag]!r}" for issue, tag in chosen]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _feed(
    newsletter: Newsletter, language: str, kind: str, editions: list[tuple[ArchivedIssue, ArchivedEdition, str]]
) -> Feed:
    several = len(newsletter.languages) > 1
    return Feed(
        url=f"{newsletter.archive_url}feed.{f'{language}.' if language else ''}{kind}",
        home_url=newsletter.archive_url + (f"?lang={language}" if language and several else ""),
        title=f"{newsletter.name} ({own_name(language)})" if language and several else newsletter.name,
        description=newsletter.description,
        language=language or newsletter.fallback_language,
        author=newsletter.name,
        rights=newsletter.licence,
        icon=newsletter.logo,
        entries=tuple(_entry(newsletter, issue, edition, body) for issue, edition, body in editions),
    )


def _entry(newsletter: Newsletter, issue: ArchivedIssue, edition: ArchivedEdition, body: str) -> FeedEntry:
    name = quote(f"{newsletter.key}/{issue.slug}/{edition.language}")
    return FeedEntry(
        id=f"tag:{newsletter.list_id},{issue.sent_at:%Y-%m-%d}:{name}",  # RFC 4151
        url=f"{newsletter.base_url}/{name}/",
        title=edition.subject,
        summary=edition.preheader,
        html=body,
        language=edition.language,
        published=issue.sent_at,
        updated=edition.versions[-1].at,
    )
