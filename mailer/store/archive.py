"""What the archive shows: issues that were really sent, their editions, and the corrections made since.

Law: an issue that is planned, scheduled, or cancelled before anybody got it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, insert, or_, select

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


# Statements are put together once: doing it for each page costs more than asking the database.
_day = func.coalesce(IssueRow.issue_date, IssueRow.started_at)
_reached_somebody = exists().where(
    DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state == DeliveryState.ACCEPTED.value
)
_was_sent = and_(
    IssueRow.started_at.is_not(None),
    IssueRow.state != SendingState.SCHEDULED.value,
    or_(IssueRow.state != SendingState.CANCELLED.value, _reached_somebody),
)
_issues = select(IssueRow.id, IssueRow.slug, _day.label("date"), IssueRow.started_at, IssueRow.page_url).where(
    IssueRow.newsletter == bindparam("newsletter"), _was_sent
)
_NEWEST_FIRST: Final = _issues.order_by(_day.desc(), IssueRow.id.desc())
_LATEST: Final = _NEWEST_FIRST.limit(bindparam("limit"))
_LATEST_IN_LANGUAGE: Final = _LATEST.where(
    exists().where(EditionRow.issue_id == IssueRow.id, EditionRow.language == bindparam("language"))
)
_OF_SLUG: Final = _issues.where(IssueRow.slug == bindparam("slug"))
_this_day, _this_id = bindparam("date", type_=_day.type), bindparam("id", type_=IssueRow.id.type)
_BEFORE: Final = _NEWEST_FIRST.where(or_(_day < _this_day, and_(_day == _this_day, IssueRow.id < _this_id))).limit(
    1
)
_AFTER: Final = (
    _issues.where(or_(_day > _this_day, and_(_day == _this_day, IssueRow.id > _this_id)))
    .order_by(_day.asc(), IssueRow.id.asc())
    .limit(1)
)
_newest_correction = (
    select(CorrectionRow.edition_id, func.max(CorrectionRow.id).label("id"))
    .group_by(CorrectionRow.edition_id)
    .subquery()
)
_TITLES: Final = (
    select(
        EditionRow.issue_id,
        EditionRow.id,
        EditionRow.language,
        func.coalesce(CorrectionRow.subject, EditionRow.subject).label("subject"),
        func.coalesce(CorrectionRow.preheader, EditionRow.preheader).label("preheader"),
        func.coalesce(CorrectionRow.at, EditionRow.frozen_at).label("changed_at"),
    )
    .outerjoin(_newest_correction, _newest_correction.c.edition_id == EditionRow.id)
    .outerjoin(CorrectionRow, CorrectionRow.id == _newest_correction.c.id)
    .where(EditionRow.issue_id.in_(bindparam("issues", expanding=True)))
    .order_by(EditionRow.id)
)
_Statement = Select[int, str, datetime, datetime | None, str]


def archived_issues(connection: Connection, newsletter: str) -> list[ArchivedIssue]:
    """The newsletter's issues, newest first."""
    return _read(connection, _NEWEST_FIRST, newsletter=newsletter)


def latest_issues(
    connection: Connection, newsletter: str, limit: int, language: str | None = None
) -> list[ArchivedIssue]:
    """The newest issues, at most so many; with ``language`` those that have an edition in it."""
    if language is None:
        return _read(connection, _LATEST, newsletter=newsletter, limit=limit)
    return _read(connection, _LATEST_IN_LANGUAGE, newsletter=newsletter, limit=limit, language=language)


def archived_issue(connection: Connection, newsletter: str, slug: str) -> ArchivedIssue | None:
    """The issue of that slug, None when there is none or it was not sent."""
    return next(iter(_read(connection, _OF_SLUG, newsletter=newsletter, slug=slug)), None)


def slug_of_issue(connection: Connection, issue_id: int) -> str:
    """The slug of an issue by its number, "" when there is none."""
    return connection.scalar(select(IssueRow.slug).where(IssueRow.id == issue_id)) or ""


def neighbours(
    connection: Connection, newsletter: str, issue: ArchivedIssue
) -> tuple[ArchivedIssue | None, ArchivedIssue | None]:
    """The issue before and the one after it."""
    here = {"newsletter": newsletter, "date": issue.date, "id": issue.id}
    before, after = (_read(connection, statement, **here) for statement in (_BEFORE, _AFTER))
    return next(iter(before), None), next(iter(after), None)


def _read(connection: Connection, statement: _Statement, **values: object) -> list[ArchivedIssue]:
    rows = connection.execute(statement, values).all()
    titles = _titles(connection, [row.id for row in rows])
    return [
        ArchivedIssue(row.id, row.slug, row.date, row.started_at, row.page_url, titles[row.id])
        for row in rows
        if titles.get(row.id)
    ]


def _titles(connection: Connection, issue_ids: Sequence[int]) -> dict[int, dict[str, Title]]:
    found: dict[int, dict[str, Title]] = {}
    for start in range(0, len(issue_ids), 500):  # SQLite takes a limited number of values in a statement
        rows = connection.execute(_TITLES, {"issues": issue_ids[start : start + 500]})
        for issue_id, edition_id, language, subject, preheader, changed_at in rows:
            found.setdefault(issue_id, {})[language] = Title(edition_id, language, subject, preheader, changed_at)
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
