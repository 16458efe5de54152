"""A translation that comes after its issue: frozen as an edition of its own, for the people who waited for it.

Law: nobody who was sent an edition, or may have been, is sent another one of the same issue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from mailer.errors import IssueRefused
from mailer.flows.prepare import PreparedEdition, PreparedIssue
from mailer.flows.publish import new_edition
from mailer.newsletter import Newsletter
from mailer.store import holding
from mailer.store.database import reading, writing
from mailer.store.editions import StoredEdition, StoredIssue, editions_of, freeze_more
from mailer.store.holding import Held


@dataclass(frozen=True, slots=True)
class Added:
    """Editions that were added to an issue, and how many people get one of them who would have waited, or would
    have got the fallback."""

    languages: tuple[str, ...]
    released: int


def late_translations(prepared: PreparedIssue, standing: Sequence[StoredEdition]) -> list[PreparedEdition]:
    """Translations that lie beside the issue now and were not there when it was sent."""
    frozen = {edition.rendered.language for edition in standing}
    return [edition for edition in prepared.editions if edition.issue.language not in frozen]


def waiting_for(engine: Engine, issue: StoredIssue, now: datetime) -> list[Held]:
    """Who is held in an issue, by the language that they wait for."""
    with reading(engine) as connection:
        return holding.held(connection, issue.id, now)


def add_late(engine: Engine, prepared: PreparedIssue, issue: StoredIssue, now: datetime) -> Added:
    """Freeze the late translations of an issue that stands, and let go the people who waited for them.

    Raises IssueRefused when the issue has lint errors. Two processes that add the same translation: the second
    finds it there.
    """
    if prepared.errors:
        raise IssueRefused("lint errors stop the sending; nothing was sent.", where=prepared.original.path)
    newsletter = prepared.newsletter
    with writing(engine) as connection:
        late = late_translations(prepared, editions_of(connection, issue.id))
        new = freeze_more(connection, issue.id, [new_edition(edition, newsletter) for edition in late], now)
        released = _let_go(connection, newsletter, issue.id)
        if new:
            there = _editions(connection, issue.id)
            released += holding.switch(connection, issue.id, there, _fallback(newsletter, there), set(new))
    return Added(tuple(new), released)


def release_settled(engine: Engine, newsletter: Newsletter) -> int:
    """Let go who has no reason to wait any more: changed their language, does not want to wait, or is gone.

    For a worker, now and then: those whose time has come go without it.
    """
    with reading(engine) as connection:
        waiting = holding.issues_with_held(connection, newsletter.key)
    released = 0
    for issue_id in waiting:
        with writing(engine) as connection:
            released += _let_go(connection, newsletter, issue_id)
    return released


def _let_go(connection: Connection, newsletter: Newsletter, issue_id: int) -> int:
    there = _editions(connection, issue_id)
    return holding.release(connection, issue_id, there, _fallback(newsletter, there), newsletter.languages)


def _editions(connection: Connection, issue_id: int) -> dict[str, int]:
    return {edition.rendered.language: edition.id for edition in editions_of(connection, issue_id)}


def _fallback(newsletter: Newsletter, editions: Mapping[str, int]) -> str:
    """As the issue was planned: the newsletter's first language, else the edition that was frozen first."""
    first = newsletter.fallback_language
    return first if first in editions else min(editions, key=lambda language: editions[language])
