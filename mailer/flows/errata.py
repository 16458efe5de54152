"""Errata: an issue that was sent gets a better text in the archive. The mail stays as it went out.

Law: the edition that people got is never changed; both texts' hashes stay, and readers see that and when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from mailer.errors import IssueRefused, UsageError
from mailer.flows.prepare import PreparedEdition, PreparedIssue
from mailer.flows.publish import new_edition
from mailer.render.tree import clean
from mailer.store.archive import (
    ArchivedEdition,
    NewCorrection,
    add_correction,
    archived_editions,
    archived_issue,
)
from mailer.store.database import reading, writing
from mailer.store.editions import result_sha256

LONGEST_NOTE = 1000  # characters: a note, not a second issue


@dataclass(frozen=True, slots=True)
class Correction:
    """One language whose text differs: the hashes of its source before and after, and where it is read."""

    language: str
    before_sha256: str
    after_sha256: str
    url: str
    row: NewCorrection


def find_corrections(engine: Engine, prepared: PreparedIssue, note: str) -> list[Correction]:
    """What would change in the archive; nothing is written.

    Raises IssueRefused when the issue has lint errors, UsageError when it was never sent, has a language that was
    not sent, or the note is too long.
    """
    if prepared.errors:
        raise IssueRefused("lint errors stop the correction.", where=prepared.original.path)
    note = " ".join(clean(note).split())
    if len(note) > LONGEST_NOTE:
        raise UsageError(f"the note has {len(note):,} characters; at most {LONGEST_NOTE:,} are shown.")
    with reading(engine) as connection:
        issue = archived_issue(connection, prepared.newsletter.key, prepared.slug)
        if issue is None:
            raise UsageError(
                f"the issue {prepared.slug!r} was not sent, so there is nothing to correct.",
                where=prepared.original.path,
                hint="Send it without --errata.",
            )
        pairs: list[tuple[PreparedEdition, ArchivedEdition]] = []
        for edition in prepared.editions:
            title = issue.titles.get(edition.issue.language)
            if title is None:
                raise UsageError(
                    f"{edition.issue.language} was not sent with this issue; a correction adds no language.",
                    where=edition.issue.path,
                    hint=f"Send it first: mailer send {edition.issue.path}",
                )
            pairs.append((edition, archived_editions(connection, [title.edition_id])[0]))
    return [
        _correction(prepared, edition, shown, note)
        for edition, shown in pairs
        if shown.versions[-1].source_sha256 != edition.issue.source_sha256
    ]


def _correction(
    prepared: PreparedIssue, edition: PreparedEdition, shown: ArchivedEdition, note: str
) -> Correction:
    frozen = new_edition(edition, prepared.newsletter)
    return Correction(
        edition.issue.language,
        shown.versions[-1].source_sha256,
        edition.issue.source_sha256,
        edition.issue.web_url,
        NewCorrection(
            edition_id=shown.id,
            note=note,
            subject=frozen.rendered.subject,
            preheader=frozen.rendered.preheader,
            web_html=frozen.web_html,
            source=frozen.source,
            source_sha256=frozen.rendered.source_sha256,
            result_sha256=result_sha256(frozen.rendered),
        ),
    )


def correct(engine: Engine, corrections: Sequence[Correction], now: datetime) -> None:
    """Show the corrected texts from now on, all of them or none."""
    with writing(engine) as connection:
        for correction in corrections:
            add_correction(connection, correction.row, now)
