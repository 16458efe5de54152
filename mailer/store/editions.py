"""Issues and their frozen editions in the database: what was sent can be named, compared and sent again as it was.

Law: an edition is written once; nothing here changes one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, insert, select, update

from mailer.render.model import RenderedEdition
from mailer.store.states import SendingState
from mailer.store.tables import CorrectionRow, EditionRow, IssueRow


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue as the database knows it."""

    id: int
    newsletter: str
    slug: str
    title: str
    state: SendingState
    reason: str  # why it is paused or cancelled
    audience: int  # rows in its ledger


@dataclass(frozen=True, slots=True)
class NewEdition:
    """An edition about to be frozen: how it was rendered and from which bytes."""

    rendered: RenderedEdition
    source: bytes
    web_html: str = ""  # its body for the archive
    page_url: str = ""  # its own page on the site


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """A frozen edition with the bytes of its source."""

    id: int
    rendered: RenderedEdition
    source: bytes
    result_sha256: str
    corrected_sources: frozenset[str] = frozenset()  # SHA-256 of texts that the archive showed later


def result_sha256(rendered: RenderedEdition) -> str:
    """SHA-256 (hex) over subject, HTML and text: equal for equal mail."""
    parts = (rendered.subject, rendered.html, rendered.text)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


ISSUES: Final = select(
    IssueRow.id,
    IssueRow.newsletter,
    IssueRow.slug,
    IssueRow.title,
    IssueRow.state,
    IssueRow.reason,
    IssueRow.audience,
)
"""All of them; narrow it down for ``stored_issues``."""


def stored_issues(connection: Connection, some: Select[*tuple[Any, ...]]) -> list[StoredIssue]:
    """What a query made from ``ISSUES`` finds."""
    return [
        StoredIssue(row.id, row.newsletter, row.slug, row.title, SendingState(row.state), row.reason, row.audience)
        for row in connection.execute(some)
    ]


def find_issue(connection: Connection, newsletter: str, slug: str) -> StoredIssue | None:
    """The issue with that slug, or None."""
    found = stored_issues(connection, ISSUES.where(IssueRow.newsletter == newsletter, IssueRow.slug == slug))
    return found[0] if found else None


def freeze(
    connection: Connection,
    *,
    newsletter: str,
    slug: str,
    title: str,
    issue_date: datetime | None,
    page_url: str,
    editions: Sequence[NewEdition],
    now: datetime,
) -> tuple[int, Mapping[str, int]]:
    """Write the issue and its editions; return the issue's id and each language's edition id.

    The caller's transaction must also plan the ledger: an issue without its rows would look finished.
    """
    issue_id = connection.execute(
        insert(IssueRow).returning(IssueRow.id),
        {
            "newsletter": newsletter,
            "slug": slug,
            "title": title,
            "state": SendingState.SENDING,
            "reason": "",
            "audience": 0,
            "issue_date": issue_date,
            "page_url": page_url,
            "created_at": now,
            "start_at": None,
            "started_at": now,
            "finished_at": None,
        },
    ).scalar_one()
    return issue_id, freeze_more(connection, issue_id, editions, now)


def freeze_more(
    connection: Connection, issue_id: int, editions: Sequence[NewEdition], now: datetime
) -> dict[str, int]:
    """Write editions of an issue that stands; return each language's edition id.

    A language that the issue has already is an IntegrityError: an edition is written once.
    """
    ids: dict[str, int] = {}
    for edition in editions:
        rendered = edition.rendered
        ids[rendered.language] = connection.execute(
            insert(EditionRow).returning(EditionRow.id),
            {
                "issue_id": issue_id,
                "language": rendered.language,
                "subject": rendered.subject,
                "preheader": rendered.preheader,
                "mjml": rendered.mjml,
                "html": rendered.html,
                "text": rendered.text,
                "source": edition.source,
                "source_sha256": rendered.source_sha256,
                "result_sha256": result_sha256(rendered),
                "template_version": rendered.template_version,
                "frozen_at": now,
                "web_html": edition.web_html,
                "page_url": edition.page_url,
            },
        ).scalar_one()
    return ids


def editions_of(connection: Connection, issue_id: int) -> list[StoredEdition]:
    """The frozen editions of an issue, by language."""
    corrected: dict[int, set[str]] = {}
    for edition_id, source_sha256 in connection.execute(
        select(CorrectionRow.edition_id, CorrectionRow.source_sha256)
        .join(EditionRow, EditionRow.id == CorrectionRow.edition_id)
        .where(EditionRow.issue_id == issue_id)
    ):
        corrected.setdefault(edition_id, set()).add(source_sha256)
    rows = connection.execute(
        select(
            EditionRow.id,
            EditionRow.language,
            EditionRow.subject,
            EditionRow.preheader,
            EditionRow.mjml,
            EditionRow.html,
            EditionRow.text,
            EditionRow.source,
            EditionRow.source_sha256,
            EditionRow.result_sha256,
            EditionRow.template_version,
        )
        .where(EditionRow.issue_id == issue_id)
        .order_by(EditionRow.language)
    )
    return [
        StoredEdition(
            id=row.id,
            rendered=RenderedEdition(
                language=row.language,
                subject=row.subject,
                preheader=row.preheader,
                mjml=row.mjml,
                html=row.html,
                text=row.text,
                source_sha256=row.source_sha256,
                template_version=row.template_version,
            ),
            source=row.source,
            result_sha256=row.result_sha256,
            corrected_sources=frozenset(corrected.get(row.id, ())),
        )
        for row in rows
    ]


def set_state(connection: Connection, issue_id: int, state: SendingState, *, reason: str = "") -> None:
    """Move the sending of an issue to ``state``; ``reason`` is one sentence for a person."""
    connection.execute(update(IssueRow).where(IssueRow.id == issue_id).values(state=state, reason=reason))
