"""An issue's trip: what will happen, freeze and plan, send, and what is left.

Law: nothing is sent before editions and ledger stand in one committed transaction.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, literal, select

from mailer.delivery.foresight import earliest_end
from mailer.delivery.model import server_scope
from mailer.errors import IssueRefused, UsageError
from mailer.flows.prepare import PreparedEdition, PreparedIssue
from mailer.newsletter import Newsletter
from mailer.render.web import render_web_body
from mailer.settings import Rate, SmtpSettings
from mailer.store import jobs, ledger, pace, schedule
from mailer.store.choosing import Hold, waits_for
from mailer.store.database import writing
from mailer.store.editions import (
    NewEdition,
    StoredEdition,
    StoredIssue,
    editions_of,
    find_issue,
    freeze,
)
from mailer.store.states import SendingState
from subscribers.store import audience_select


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a sending would do, before it does it."""

    recipients: Mapping[str, int]  # by language of the edition they get
    size_bytes: Mapping[str, int]  # encoded HTML, by language
    rates: tuple[Rate, ...]
    finish_at: datetime | None  # None: no limit is set, the server decides
    waiting: Mapping[str, int] = field(default_factory=dict)  # held, by the language that is still to come
    wait_until: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.recipients.values()) + sum(self.waiting.values())


def outlook(
    connection: Connection,
    prepared: PreparedIssue,
    rates: Sequence[Rate],
    now: datetime,
    *,
    smtp: SmtpSettings | None = None,
) -> Outlook:
    """Count who would get which edition, and when the limits (and ramp and hours of ``smtp``) would let the last
    one go.
    """
    languages = [edition.issue.language for edition in prepared.editions]
    hold = hold_of(prepared.newsletter, now)
    audience = (
        audience_select(prepared.newsletter.key, now)
        .add_columns((waits_for(languages, hold) if hold else literal("")).label("waits_for"))
        .subquery()
    )
    recipients, waiting = dict.fromkeys(languages, 0), Counter[str]()
    rows = connection.execute(
        select(audience.c.language, audience.c.waits_for, func.count()).group_by(
            audience.c.language, audience.c.waits_for
        )
    )
    for language, missing, count in rows:
        if missing:
            waiting[missing] += count
        else:
            recipients[_edition_language(language, languages, fallback_of(prepared))] += count
    now_due = sum(recipients.values())
    return Outlook(
        recipients,
        {edition.issue.language: edition.html_size_bytes for edition in prepared.editions},
        tuple(rates),
        _finish_at(connection, now_due, rates, smtp or SmtpSettings(), now),
        dict(sorted(waiting.items())),
        hold.until if hold and waiting else None,
    )


def hold_of(newsletter: Newsletter, now: datetime) -> Hold | None:
    """Until when people who wait for their language are held in an issue planned ``now``; None: nobody is."""
    if not newsletter.translation_deadline_seconds:
        return None
    return Hold(newsletter.languages, now + timedelta(seconds=newsletter.translation_deadline_seconds))


def _edition_language(language: str, languages: Sequence[str], fallback: str) -> str:
    """As ``ledger.plan`` chooses: the language, else the one that it is a kind of ("de" for "de-at")."""
    kinds = (known for known in languages if language == known or language.startswith(f"{known}-"))
    return max(kinds, key=len, default=fallback)


def _finish_at(
    connection: Connection, messages: int, rates: Sequence[Rate], smtp: SmtpSettings, now: datetime
) -> datetime | None:
    day = (0, 0)
    if smtp.ramp is not None:
        day = pace.ramp_day(connection, server_scope(smtp), smtp.ramp, int(now.timestamp() * 1e6))
    return earliest_end(messages, rates, now, hours=smtp.hours, ramp=smtp.ramp, ramp_day=day)


@dataclass(frozen=True, slots=True)
class Told:
    """What was said for one issue instead of the settings; None: they hold."""

    rates: tuple[Rate, ...] | None = None
    connections: int | None = None

    def keep(self, connection: Connection, issue_id: int) -> None:
        """Let whoever sends the issue know of it."""
        schedule.keep_limits(connection, issue_id, ", ".join(map(str, self.rates or ())), self.connections)


def freeze_and_plan(
    engine: Engine,
    prepared: PreparedIssue,
    now: datetime,
    *,
    start_at: datetime | None = None,
    told: Told | None = None,
) -> StoredIssue:
    """Freeze the editions and write the ledger in one transaction; or find the issue that already stands.

    With ``start_at`` a new issue waits until then for a worker. On PostgreSQL a job for it is deferred as well.

    Raises IssueRefused when the issue has lint errors, or stands with another text.
    """
    if prepared.errors:
        raise IssueRefused(
            f"{len(prepared.errors)} errors stop the sending; nothing was sent.", where=prepared.original.path
        )
    newsletter, original = prepared.newsletter, prepared.original
    with writing(engine) as connection:
        standing = find_issue(connection, newsletter.key, prepared.slug)
        if standing is not None:
            refuse_other_text(prepared, editions_of(connection, standing.id))
            return standing
        issue_id, editions = freeze(
            connection,
            newsletter=newsletter.key,
            slug=prepared.slug,
            title=original.title,
            issue_date=original.date,
            page_url=original.page_url,
            editions=[new_edition(edition, newsletter) for edition in prepared.editions],
            now=now,
        )
        fallback, hold = fallback_of(prepared), hold_of(newsletter, start_at or now)
        ledger.plan(connection, issue_id, newsletter.key, editions, fallback, now, hold=hold)
        if start_at is not None:
            schedule.put_off(connection, issue_id, start_at)
        (told or Told()).keep(connection, issue_id)
        jobs.expect_issue(connection, issue_id, (start_at or now) - now)
        planned = find_issue(connection, newsletter.key, prepared.slug)
    if planned is None:  # the row was written three statements ago
        raise AssertionError("a frozen issue is not in the database")
    return planned


def new_edition(edition: PreparedEdition, newsletter: Newsletter) -> NewEdition:
    """What is frozen of an edition: as mail, as written, and as a page of the archive."""
    return NewEdition(
        edition.rendered,
        edition.source.raw,
        render_web_body(edition.issue, newsletter),
        edition.issue.page_url,
    )


def fallback_of(prepared: PreparedIssue) -> str:
    """The language for people whose own is not there: the newsletter's first, else the original's."""
    languages = [edition.issue.language for edition in prepared.editions]
    fallback = prepared.newsletter.fallback_language
    return fallback if fallback in languages else prepared.original.language


def refuse_other_text(prepared: PreparedIssue, standing: Sequence[StoredEdition]) -> None:
    """Raise IssueRefused when a file differs from what was frozen under its slug, and from every correction."""
    frozen = {edition.rendered.language: edition for edition in standing}
    for edition in prepared.editions:
        before = frozen.get(edition.issue.language)
        if before is None or edition.issue.source_sha256 in {
            before.rendered.source_sha256,
            *before.corrected_sources,
        }:
            continue
        line, was, now = _first_difference(before.source, edition.source.raw)
        raise IssueRefused(
            f"this issue was sent with another text: the line was {was!r} and is {now!r}.",
            where=f"{edition.issue.path}:{line}",
            hint="An issue is sent once. To correct it in the archive: mailer send --errata; "
            "a new issue needs a slug of its own.",
        )


def _first_difference(before: bytes, after: bytes) -> tuple[int, str, str]:
    old, new = (raw.decode("utf-8", "replace").splitlines() for raw in (before, after))
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            return j1 + 1, " ".join(old[i1:i2])[:80], " ".join(new[j1:j2])[:80]
    return 1, "(other line ends)", "(other line ends)"


def refuse_ended(issue: StoredIssue) -> None:
    """Raise UsageError for an issue whose sending was cancelled or is held by a person."""
    if issue.state is SendingState.CANCELLED:
        raise UsageError(f"the sending of {issue.slug!r} was cancelled; what was left was skipped.")
    if issue.state is SendingState.PAUSED:
        reason = f" ({issue.reason})" if issue.reason else ""
        raise UsageError(
            f"the sending of {issue.slug!r} is paused{reason}.", hint=f"Go on with: mailer resume {issue.slug}"
        )
