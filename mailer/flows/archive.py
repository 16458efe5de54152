"""What a page of the archive shows of an issue, taken together from the store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from mailer.issue.reader import read_issue
from mailer.newsletter import Newsletter
from mailer.render.web import render_web_body
from mailer.store.archive import (
    ArchivedEdition,
    ArchivedIssue,
    archived_editions,
    archived_issue,
    archived_issues,
    latest_issues,
    neighbours,
)
from mailer.store.database import reading


@dataclass(frozen=True, slots=True)
class IssuePage:
    """An issue in one language, and the issues around it."""

    issue: ArchivedIssue
    edition: ArchivedEdition
    body: str  # HTML
    older: ArchivedIssue | None
    newer: ArchivedIssue | None


def list_issues(engine: Engine, newsletter: Newsletter) -> list[ArchivedIssue]:
    """Every issue that was sent, newest first."""
    with reading(engine) as connection:
        return archived_issues(connection, newsletter.key)


def list_latest(engine: Engine, newsletter: Newsletter, limit: int, language: str) -> list[ArchivedIssue]:
    """The newest issues, at most so many; those in ``language`` unless it is ""."""
    with reading(engine) as connection:
        return latest_issues(connection, newsletter.key, limit, language or None)


def find_issue(engine: Engine, newsletter: Newsletter, slug: str) -> ArchivedIssue | None:
    """The issue of that slug; None when it does not exist or was not sent."""
    with reading(engine) as connection:
        return archived_issue(connection, newsletter.key, slug)


def open_page(engine: Engine, newsletter: Newsletter, issue: ArchivedIssue, language: str) -> IssuePage:
    """The edition of ``issue`` in one of its languages."""
    with reading(engine) as connection:
        edition = archived_editions(connection, [issue.titles[language].edition_id])[0]
        older, newer = neighbours(connection, newsletter.key, issue)
    return IssuePage(issue, edition, body_of(newsletter, issue, edition), older, newer)


def latest_bodies(
    engine: Engine, newsletter: Newsletter, chosen: list[tuple[ArchivedIssue, str]]
) -> list[tuple[ArchivedIssue, ArchivedEdition, str]]:
    """Editions with their HTML for a feed: of each issue the one in the language named with it."""
    with reading(engine) as connection:
        editions = archived_editions(connection, [issue.titles[language].edition_id for issue, language in chosen])
    return [
        (issue, edition, body_of(newsletter, issue, edition))
        for (issue, _), edition in zip(chosen, editions, strict=True)
    ]


def body_of(newsletter: Newsletter, issue: ArchivedIssue, edition: ArchivedEdition) -> str:
    """The edition's HTML; one frozen before there was an archive is rendered from its source."""
    if edition.web_html:
        return edition.web_html
    read = read_issue(edition.source, f"{issue.slug}.md", newsletter, language=edition.language, slug=issue.slug)
    return render_web_body(read, newsletter)
