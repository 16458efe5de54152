"""How a sending stands: which issue a person means, the counts of its ledger, its speed and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Final

from sqlalchemy import Connection, Engine

from mailer.errors import UsageError
from mailer.store import holding, ledger
from mailer.store.database import reading
from mailer.store.editions import StoredIssue
from mailer.store.holding import Held
from mailer.store.report import find_issues, rate_per_second
from mailer.store.states import OPEN, DeliveryState, SendingState

NAMED_ISSUES: Final = 200  # how many slugs are looked through for one that resembles a wrong one


@dataclass(frozen=True, slots=True)
class Status:
    """One sending as it stood at one moment; the counts add up to ``audience``."""

    issue: StoredIssue
    counts: Mapping[DeliveryState, int]
    rate_per_second: float
    finish_at: datetime | None  # None: nothing is going on, or nobody can tell
    next_due: datetime | None  # when the next deferred or held delivery may be tried
    languages: Mapping[str, Mapping[DeliveryState, int]] = field(default_factory=dict)  # of the edition people get
    held: tuple[Held, ...] = ()  # those of the queued who wait for a language

    @property
    def audience(self) -> int:
        return sum(self.counts.values())

    @property
    def done(self) -> int:
        """Deliveries that nothing more will happen to."""
        return sum(self.counts[state] for state in DeliveryState if state not in OPEN)


def issue_named(connection: Connection, slug: str, newsletter: str | None = None) -> StoredIssue:
    """The issue that ``slug`` means. Raises UsageError naming what is near, or the newsletters to choose from."""
    found = find_issues(connection, slug=slug, newsletter=newsletter)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(sorted(issue.newsletter for issue in found))
        raise UsageError(
            f"several newsletters have an issue {slug!r}.", hint=f"Name one with --newsletter: {names}."
        )
    known = [issue.slug for issue in find_issues(connection, newsletter=newsletter, latest=NAMED_ISSUES)]
    near = get_close_matches(slug, known, n=3, cutoff=0.4) or known[:3]
    raise UsageError(
        f"no issue {slug!r} was ever sent.",
        hint=f"Known: {', '.join(near)}." if near else "Nothing was sent yet: mailer send ISSUE.md",
    )


def status_of(engine: Engine, issue: StoredIssue, now: datetime) -> Status:
    """How ``issue`` stands at ``now``, read in one unchanging view of the database."""
    with reading(engine) as connection:
        counts = ledger.counts(connection, issue.id)
        state, reason = ledger.sending_state(connection, issue.id)
        running = state is SendingState.SENDING
        rate = rate_per_second(connection, issue.id, now) if running else 0.0
        due = ledger.next_due(connection, issue.id) if running else None
        languages = holding.counts_by_language(connection, issue.id)
        held = tuple(holding.held(connection, issue.id, now))
    standing = StoredIssue(
        issue.id, issue.newsletter, issue.slug, issue.title, state, reason, sum(counts.values())
    )
    return Status(standing, counts, rate, _finish_at(counts, rate, due, now), due, languages, held)


def _finish_at(
    counts: Mapping[DeliveryState, int], rate: float, due: datetime | None, now: datetime
) -> datetime | None:
    waiting = counts[DeliveryState.QUEUED] + counts[DeliveryState.LEASED] + counts[DeliveryState.SENDING]
    if waiting and not rate:
        return None
    ready = now + timedelta(seconds=waiting / rate) if waiting else None
    times = [time for time in (ready, due) if time is not None]
    return max(times, default=None)
