"""When an issue goes: at once, or at a moment that a worker waits for.

Law: an issue that is scheduled is never sent early by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from mailer.errors import UsageError
from mailer.flows.publish import hold_of
from mailer.newsletter import Newsletter
from mailer.store import jobs, schedule
from mailer.store.database import reading, writing
from mailer.store.editions import StoredIssue
from mailer.store.states import SendingState


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said about the moment: nothing, ``at_once``, or a time."""

    start_at: datetime | None = None
    at_once: bool = False


def waits_until(
    engine: Engine, issue: StoredIssue, wish: Wish, newsletter: Newsletter, now: datetime
) -> datetime | None:
    """The moment that the issue waits for after this; None when it is to be sent now.

    Raises UsageError for a scheduled issue when nothing was said, and for one under way that was to wait.
    """
    with reading(engine) as connection:
        waiting_for = schedule.start_of(connection, issue.id)
    if waiting_for is None:
        if wish.start_at is not None and issue.state is not SendingState.SCHEDULED:
            raise UsageError(
                f"{issue.slug!r} is under way already.", hint=f"To halt it: mailer pause {issue.slug}"
            )
        return None
    if wish.start_at is not None:
        with writing(engine) as connection:
            schedule.put_off(connection, issue.id, wish.start_at)
            jobs.expect_issue(connection, issue.id, wish.start_at - now, exactly=True)
        return wish.start_at
    if not wish.at_once:
        raise UsageError(
            f"{issue.slug!r} is scheduled for {waiting_for.astimezone():%Y-%m-%d %H:%M %Z}.",
            hint="Another time: --at TIME. At once: --at now. Never: mailer cancel.",
        )
    begin(engine, issue.id, newsletter, now)
    return None


def begin(engine: Engine, issue_id: int, newsletter: Newsletter, now: datetime) -> None:
    """Let a scheduled issue go."""
    with writing(engine) as connection:
        schedule.begin(connection, issue_id, newsletter.fallback_language, now, hold=hold_of(newsletter, now))
