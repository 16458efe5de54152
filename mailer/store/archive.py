"""What the archive shows: issues that were really sent, their editions, and the corrections made since.

Law: an issue that is planned, scheduled, or cancelled before anybody got it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import CorrectionRow, DeliveryRow, EditionRow, IssueRow


@dataclass(frozen=True, slots=True)
class Title:
    """What an edition is called: its subject, and the line that goes with it."""

    edition_id: int
    language: str
    subject: str
    preheader: str
    changed_at: datetime  # when it was frozen or last corrected


@dataclass(frozen=True, slots=True)
class ArchivedIssue:
    """An issue that was sent, with the titles of its editions by language."""

    id: int
    slug: str
    date: datetime  # the day in its header, else when it was sent
    sent_at: datetime
    page_url: str
    titles: Mapping[str, Title]

    @property
    def changed_at(self) -> datetime:
        return max((title.changed_at for title in self.titles.values()), default=self.sent_at)

    def title_in(self, languages: Iterable[str]) -> Title:
        """The title in the first of ``languages`` that there is, else in any."""
        for language in languages:
            if language in self.titles:
                return self.titles[language]
        return next(iter(self.titles.values()))


@dataclass(frozen=True, slots=True)
class Version:
    """A text of an edition by its hashes; ``note`` says what a correction corrected."""

    at: datetime
    note: str
    source_sha256: str
    result_sha256: str


@dataclass(frozen=True, slots=True)
class ArchivedEdition:
    """An edition as it is shown now. ``versions``: as sent, then each correction."""

    id: int
    language: str
    subject: str
    preheader: str
    web_html: str  # "" for an edition frozen before there was an archive
    source: bytes
    page_url: str
    versions: tuple[Version, ...]

    @property
    def corrections(self) -> tuple[Version, ...]:
        return self.versions[1:]


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """A correction about to be written."""

    edition_id: int
    note: str
    subject: str
    preheader: str
    web_html: str
    source: bytes
    source_sha256: str
    result_sha256: str


_day = func.coalesce(IssueRow.issue_date, IssueRow.started_at)


def _was_sent() -> ColumnElement[bool]:
    reached = exists().where(
        DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state == DeliveryState.ACCEPTED.value
    )
    return and_(
        IssueRow.started_at.is_not(None),
        IssueRow.state != SendingState.SCHEDULED.value,
        or_(IssueRow.state != SendingState.CANCELLED.value, reached),
    )


def archived_issues(connection: Connection, newsletter: str, *, limit: int | None = None) -> list[ArchivedIssue]:
    """The newsletter's issues, newest first."""
    return _issues(connection, IssueRow.newsletter == newsletter, limit=limit)


def archived_issue(connection: Connection, newsletter: str, slug: str) -> ArchivedIssue | None:
    """The issue of that slug, None when there is none or it was not sent."""
    found = _issues(connection, and_(IssueRow.newsletter == newsletter, IssueRow.slug == slug))
    return found[0] if found else None


def slug_of_issue(connection: Connection, issue_id: int) -> str:
    """The slug of an issue by its number, "" when there is none."""
    return connection.scalar(select(IssueRow.slug).where(IssueRow.id == issue_id)) or ""


def neighbours(
    connection: Connection, newsletter: str, issue: ArchivedIssue
) -> tuple[ArchivedIssue | None, ArchivedIssue | None]:
    """The issue before and the one after it."""
    older = or_(_day < issue.date, and_(_day == issue.date, IssueRow.id < issue.id))
    newer = or_(_day > issue.date, and_(_day == issue.date, IssueRow.id > issue.id))
    ours = IssueRow.newsletter == newsletter
    before = _issues(connection, and_(ours, older), limit=1)
    after = _issues(connection, and_(ours, newer), limit=1, oldest_first=True)
    return (before[0] if before else None), (after[0] if after else None)


def _issues(
    connection: Connection,
    which: ColumnElement[bool],
    *,
    limit: int | None = None,
    oldest_first: bool = False,
) -> list[ArchivedIssue]:
    order = (_day.asc(), IssueRow.id.asc()) if oldest_first else (_day.desc(), IssueRow.id.desc())
    rows = connection.execute(
        select(IssueRow.id, IssueRow.slug, _day.label("date"), IssueRow.started_at, IssueRow.page_url)
        .where(which, _was_sent())
        .order_by(*order)
        .limit(limit)
    ).all()
    titles = _titles(connection, [row.id for row in rows])
    return [
        ArchivedIssue(row.id, row.slug, row.date, row.started_at, row.page_url, titles[row.id])
        for row in rows
        if titles.get(row.id)
    ]


def _titles(connection: Connection, issue_ids: Sequence[int]) -> dict[int, dict[str, Title]]:
    newest = (
        select(CorrectionRow.edition_id, func.max(CorrectionRow.id).label("id"))
        .group_by(CorrectionRow.edition_id)
        .subquery()
    )
    found: dict[int, dict[str, Title]] = {}
    for start in range(0, len(issue_ids), 500):  # SQLite takes a limited number of values in a statement
        rows = connection.execute(
            select(
                EditionRow.issue_id,
                EditionRow.id,
                EditionRow.language,
                func.coalesce(CorrectionRow.subject, EditionRow.subject).label("subject"),
                func.coalesce(CorrectionRow.preheader, EditionRow.preheader).label("preheader"),
                func.coalesce(CorrectionRow.at, EditionRow.frozen_at).label("changed_at"),
            )
            .outerjoin(newest, newest.c.edition_id == EditionRow.id)
            .outerjoin(CorrectionRow, CorrectionRow.id == newest.c.id)
            .where(EditionRow.issue_id.in_(issue_ids[start : start + 500]))
            .order_by(EditionRow.id)
        )
        for row in rows:
            found.setdefault(row.issue_id, {})[row.language] = Title(
                row.id, row.language, row.subject, row.preheader, row.changed_at
            )
    return found


def archived_editions(connection: Connection, edition_ids: Sequence[int]) -> list[ArchivedEdition]:
    """Editions with their text, in the order of ``edition_ids``."""
    editions = {
        row.id: row
        for row in connection.execute(
            select(
                EditionRow.id,
                EditionRow.language,
                EditionRow.subject,
                EditionRow.preheader,
                EditionRow.web_html,
                EditionRow.source,
                EditionRow.page_url,
                EditionRow.frozen_at,
                EditionRow.source_sha256,
                EditionRow.result_sha256,
            ).where(EditionRow.id.in_(edition_ids))
        )
    }
    corrections: dict[int, list[CorrectionRow]] = {}
    for row in connection.execute(
        select(CorrectionRow.__table__).where(CorrectionRow.edition_id.in_(edition_ids)).order_by(CorrectionRow.id)
    ):
        corrections.setdefault(row.edition_id, []).append(row)  # type: ignore[arg-type]  # a row with its columns
    found = []
    for edition_id in edition_ids:
        sent, later = editions[edition_id], corrections.get(edition_id, [])
        shown = later[-1] if later else sent
        found.append(
            ArchivedEdition(
                id=edition_id,
                language=sent.language,
                subject=shown.subject,
                preheader=shown.preheader,
                web_html=shown.web_html,
                source=shown.source,
                page_url=sent.page_url,
                versions=(
                    Version(sent.frozen_at, "", sent.source_sha256, sent.result_sha256),
                    *(Version(one.at, one.note, one.source_sha256, one.result_sha256) for one in later),
                ),
            )
        )
    return found


def add_correction(connection: Connection, correction: NewCorrection, now: datetime) -> None:
    """Show this text from now on."""
    connection.execute(
        insert(CorrectionRow),
        {
            "edition_id": correction.edition_id,
            "at": now,
            "note": correction.note,
            "subject": correction.subject,
            "preheader": correction.preheader,
            "web_html": correction.web_html,
            "source": correction.source,
            "source_sha256": correction.source_sha256,
            "result_sha256": correction.result_sha256,
        },
    )
