"""A person takes the wheel: retry, pause, resume and cancel the sending of an issue.

Law: each changes the ledger in one transaction and answers with one sentence that names how to go on.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine

from mailer.errors import UsageError
from mailer.flows.status import issue_named
from mailer.store import jobs, ledger
from mailer.store.database import writing
from mailer.store.editions import StoredIssue, set_state
from mailer.store.states import DeliveryState, SendingState

GO_ON = "A worker goes on with it; without one: mailer send ISSUE.md (the file it was sent from)."


def retry(engine: Engine, slug: str, newsletter: str | None, only: DeliveryState, now: datetime) -> str:
    """Queue the deliveries that stand at ``only`` again, as if never tried."""
    with writing(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
        _refuse(issue, SendingState.CANCELLED)
        moved = ledger.requeue(connection, issue.id, only, now)
        jobs.expect_issue(connection, issue.id)
    if not moved:
        return f"{slug}: no delivery is {only}; nothing was changed."
    return f"{slug}: {moved:,} {only} {'delivery is' if moved == 1 else 'deliveries are'} queued again. {GO_ON}"


def pause(engine: Engine, slug: str, newsletter: str | None) -> str:
    """Let no more deliveries begin; those on their way are finished."""
    with writing(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
        _refuse(issue, SendingState.CANCELLED, SendingState.FINISHED)
        if not ledger.pause(connection, issue.id, "by hand"):
            return f"{slug} was paused already. Go on with: mailer resume {slug}"
        left = _left(connection, issue)
    return f"{slug} is paused with {left:,} left. Go on with: mailer resume {slug}"


def resume(engine: Engine, slug: str, newsletter: str | None) -> str:
    """Let a paused sending go on."""
    with writing(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
        _refuse(issue, SendingState.CANCELLED, SendingState.FINISHED)
        if issue.state is not SendingState.PAUSED:
            return f"{slug} is not paused; nothing was changed. {GO_ON}"
        set_state(connection, issue.id, SendingState.SENDING)
        jobs.expect_issue(connection, issue.id)
        left = _left(connection, issue)
    return f"{slug} may go on with {left:,} left. {GO_ON}"


def cancel(engine: Engine, slug: str, newsletter: str | None, now: datetime) -> str:
    """Stop for good: everything that is not on its way is skipped."""
    with writing(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
        _refuse(issue, SendingState.FINISHED)
        skipped = ledger.skip_open(connection, issue.id, "cancelled by hand", now)
        set_state(connection, issue.id, SendingState.CANCELLED, reason="by hand")
        accepted = ledger.counts(connection, issue.id)[DeliveryState.ACCEPTED]
    return f"{slug} is cancelled: {accepted:,} have it, {skipped:,} will not get it."


def _refuse(issue: StoredIssue, *states: SendingState) -> None:
    if issue.state in states:
        raise UsageError(
            f"the sending of {issue.slug!r} is {issue.state}; nothing was changed.",
            hint=f"See: mailer report {issue.slug}",
        )


def _left(connection: Connection, issue: StoredIssue) -> int:
    counts = ledger.counts(connection, issue.id)
    return sum(counts[state] for state in (DeliveryState.QUEUED, DeliveryState.LEASED, DeliveryState.DEFERRED))
