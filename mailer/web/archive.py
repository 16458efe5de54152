"""The archive: every issue that was sent, in each of its languages, at its own address, and the list of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import groupby
from typing import Final

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy import Engine
from werkzeug.wrappers import Response as AnyResponse

from mailer.flows import archive as flow
from mailer.newsletter import Newsletter
from mailer.render.tongue import date_in_words, direction
from mailer.store.archive import ArchivedIssue
from mailer.web.frame import link, preferred, reads
from mailer.web.phrases import PAGES, nearest_language, page_phrases
from mailer.web.security import ISSUE_POLICY
from subscribers.web.phrases import people_phrases
from subscribers.web.subscribing import TRAP

CACHE: Final = "public, max-age=300"
"""Long enough for a rush of readers, short enough for a correction."""
FEWEST_CONTENTS: Final = 3
BEGINNING: Final = 4000  # characters of HTML: a banner and the first paragraphs
_HEADING: Final = re.compile(r'<h2 id="([^"]*)">(.*?)</h2>', re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a list: an issue in the language that its reader is shown."""

    url: str
    title: str
    preheader: str
    language: str
    date: str
    others: tuple[tuple[str, str], ...] = ()  # language and address of its other editions


def archive(engine: Engine, newsletters: Mapping[str, Newsletter], *, form_here: bool = True) -> Blueprint:
    """The pages under ``/<newsletter>/``. Without ``form_here`` they lead to the form's own page: a proof of work
    needs its script.
    """
    pages = Blueprint("archive", __name__)
    pages.context_processor(lambda: {"form_here": form_here})

    def of(key: str) -> Newsletter:
        newsletter = newsletters.get(key)
        if newsletter is None:
            abort(404)
        g.newsletter = newsletter.key
        return newsletter

    @pages.get("/")
    def home() -> AnyResponse:
        if len(newsletters) == 1:
            return redirect(link(f"/{next(iter(newsletters))}/"))
        return _answer(render_template("web/archive/home.html", newsletters=list(newsletters.values())))

    @pages.get("/<newsletter>/")
    def index(newsletter: str) -> Response:
        publication = of(newsletter)
        issues = flow.list_issues(engine, publication)
        languages = wanted(publication)
        years = [
            (year, [_entry(publication, issue, languages) for issue in several])
            for year, several in groupby(issues, key=lambda issue: issue.date.year)
        ]
        values = {"years": years, "form": _form(publication, languages[0])}
        return _answer(render_template("web/archive/index.html", **values))

    @pages.get("/<newsletter>/<slug>/")
    def issue(newsletter: str, slug: str) -> Response:
        publication = of(newsletter)
        found = _find(engine, publication, slug)
        known = found.title_in((*wanted(publication, found.titles), publication.fallback_language))
        return _show(engine, publication, found, known.language, is_own_address=False)

    @pages.get("/<newsletter>/<slug>/<language>/")
    def edition(newsletter: str, slug: str, language: str) -> Response:
        publication = of(newsletter)
        found = _find(engine, publication, slug)
        if language.lower() not in found.titles:
            abort(404)
        return _show(engine, publication, found, language.lower(), is_own_address=True)

    return pages


def wanted(newsletter: Newsletter, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The reader's language among those of the newsletter (or ``known``), then the fallback."""
    languages = list(known) or list(newsletter.languages)
    theirs = nearest_language(request.args.get("lang", "")[:40], languages) or preferred(
        request.headers.get("Accept-Language", ""), languages
    )
    return (theirs, newsletter.fallback_language) if theirs else (newsletter.fallback_language,)


@dataclass(frozen=True, slots=True)
class Form:
    """The form on every page: the language that it offers first, and the words that the consent record quotes."""

    language: str
    wording: str
    trap: str  # a field that only machines fill in


def _form(newsletter: Newsletter, language: str) -> Form:
    return Form(language, people_phrases(g.language).wording.format(newsletter=newsletter.name), TRAP)


def _find(engine: Engine, newsletter: Newsletter, slug: str) -> ArchivedIssue:
    found = flow.find_issue(engine, newsletter, unicodedata.normalize("NFC", slug))
    if found is None:
        abort(404)
    return found


def _entry(newsletter: Newsletter, issue: ArchivedIssue, languages: Iterable[str]) -> Entry:
    title = issue.title_in(languages)
    base = f"/{newsletter.key}/{issue.slug}"
    return Entry(
        url=f"{base}/{title.language}/",
        title=title.subject,
        preheader=title.preheader,
        language=title.language,
        date=date_in_words(issue.date.date(), g.language),
        others=tuple((other, f"{base}/{other}/") for other in issue.titles if other != title.language),
    )


def _show(
    engine: Engine, newsletter: Newsletter, issue: ArchivedIssue, language: str, *, is_own_address: bool
) -> Response:
    """The page of an edition; its frame speaks the edition's language where we do."""
    spoken = nearest_language(language, PAGES)
    if spoken is not None and not g.language_is_chosen:
        g.language = spoken
        g.language_is_chosen = is_own_address  # then the page is the same for every reader
    page = flow.open_page(engine, newsletter, issue, language)
    phrases = page_phrases(g.language)
    own_url = newsletter.issue_url(issue.slug, language)
    versions = [
        (
            (phrases.corrected if version.at != page.edition.versions[0].at else phrases.as_sent).format(
                date=date_in_words(version.at.date(), g.language)
            ),
            version,
        )
        for version in page.edition.versions
    ]
    contents = contents_of(page.body)
    values = {
        "page": page,
        "issue": issue,
        "edition": page.edition,
        "lead": "" if _says(page.body, page.edition.preheader) else page.edition.preheader,
        "body": Markup(page.body),  # noqa: S704 -- written by our renderer from sanitised tokens
        "contents": contents if len(contents) >= FEWEST_CONTENTS else [],
        "edition_dir": direction(language),
        "date": date_in_words(issue.date.date(), g.language),
        "canonical": page.edition.page_url or own_url,
        "own_url": own_url,
        "any_url": f"{newsletter.archive_url}{issue.slug}/",
        "translations": [(other, newsletter.issue_url(issue.slug, other)) for other in issue.titles],
        "versions": versions,
        "older": _entry(newsletter, page.older, (language, newsletter.fallback_language)) if page.older else None,
        "newer": _entry(newsletter, page.newer, (language, newsletter.fallback_language)) if page.newer else None,
        "form": _form(newsletter, language if language in newsletter.languages else newsletter.fallback_language),
    }
    answer = _answer(render_template("web/archive/issue.html", **values))
    answer.headers["Content-Security-Policy"] = ISSUE_POLICY
    answer.content_language.add(language)
    if not is_own_address:
        answer.vary.add("Accept-Language")
    return answer


def _says(body: str, preheader: str) -> bool:
    """Whether an issue begins with its preheader anyway, as when that was taken from its first words."""
    begins = " ".join(unescape(_TAG.sub("", body[:BEGINNING])).split())
    return " ".join(preheader.removesuffix("…").split()) in begins


def contents_of(body: str) -> list[tuple[str, str]]:
    """Anchor and words of each big heading of an issue's HTML."""
    found = [(unescape(anchor), unescape(_TAG.sub("", words)).strip()) for anchor, words in _HEADING.findall(body)]
    return [(anchor, words) for anchor, words in found if words]


def _answer(page: str) -> Response:
    answer = Response(page, mimetype="text/html")
    answer.headers["Cache-Control"] = CACHE
    answer.add_etag()
    reads(answer)
    answer.make_conditional(request)
    return answer
