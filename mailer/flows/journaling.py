"""The journal in the trip of an issue: asked before an issue is frozen, written before it is sent.

Law: an issue that the journal knows and the database does not is never sent from here; somebody may have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from mailer.errors import IssueRefused, MailerError
from mailer.store import ledger
from mailer.store.database import database_file, reading
from mailer.store.editions import StoredEdition, StoredIssue
from mailer.store.journal import Entry, Journal, Mark
from mailer.store.states import DeliveryState, SendingState

NAME = "mailer.journal"


def journal_of(engine: Engine, folder: Path) -> Journal:
    """Beside a SQLite database, under its name; for PostgreSQL in ``folder``."""
    file = database_file(engine)
    return Journal(folder / NAME if file is None else file.with_suffix(".journal"))


def refuse_forgotten(journal: Journal, newsletter: str, slug: str) -> None:
    """Raise IssueRefused for an issue that was begun before, though the database knows nothing of it."""
    told = journal.of_issue(newsletter, slug)
    if not told:
        return
    last = told[-1]
    how = "sent" if last.mark is Mark.FINISHED else "begun"
    raise IssueRefused(
        f"{slug!r} was {how} on {last.at:%Y-%m-%d %H:%M} UTC, and the database has forgotten it: it was put back "
        "from an older backup. Nothing was sent.",
        where=str(journal.path),
        hint="Whoever has it would get it twice. To send it all the same, give it another slug.",
    )


def note_begun(
    journal: Journal, engine: Engine, issue: StoredIssue, editions: Sequence[StoredEdition], now: datetime
) -> None:
    """Write down that messages may go out from now on.

    Raises MailerError when the journal knows of more messages than the ledger: an older database was put in place
    by hand, and what it would send was sent.
    """
    accepted = _accepted(engine, issue.id)
    known = _accepted_since_restore(journal, issue)
    if known > accepted:
        raise MailerError(
            f"the database knows of {accepted:,} messages of {issue.slug!r}, the journal of {known:,}: an older "
            "database was put in place by hand. Nothing was sent.",
            where=str(journal.path),
            hint="Put the backup back with `mailer restore FILE`: it holds what may have been sent since.",
        )
    journal.note(_entry(Mark.BEGUN, issue, editions, accepted, now))


def note_if_finished(
    journal: Journal, engine: Engine, issue: StoredIssue, editions: Sequence[StoredEdition], now: datetime
) -> None:
    """Write down that nothing is left to send, when it is so."""
    with reading(engine) as connection:
        state, _ = ledger.sending_state(connection, issue.id)
    if state is SendingState.FINISHED:
        journal.note(_entry(Mark.FINISHED, issue, editions, _accepted(engine, issue.id), now))


def _accepted_since_restore(journal: Journal, issue: StoredIssue) -> int:
    """The most messages that a line tells of; a restore has settled what stands before it."""
    known = 0
    for one in journal.entries():
        if one.mark is Mark.RESTORED:
            known = 0
        elif (one.newsletter, one.slug) == (issue.newsletter, issue.slug):
            known = max(known, one.accepted)
    return known


def _accepted(engine: Engine, issue_id: int) -> int:
    with reading(engine) as connection:
        return ledger.counts(connection, issue_id)[DeliveryState.ACCEPTED]


def _entry(
    mark: Mark, issue: StoredIssue, editions: Sequence[StoredEdition], accepted: int, now: datetime
) -> Entry:
    hashes = {edition.rendered.language: edition.result_sha256 for edition in editions}
    return Entry(now, mark, issue.newsletter, issue.slug, hashes, accepted, issue.audience)
