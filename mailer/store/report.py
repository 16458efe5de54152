"""Reading the ledger for people: which issues there are, how fast one goes, and each person's row, page by page.

Law: nothing here holds a whole audience in memory, and no page keeps a transaction open while it is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, Select, func, select

from mailer.store.database import reading
from mailer.store.editions import ISSUES, StoredIssue, stored_issues
from mailer.store.states import DeliveryState
from mailer.store.tables import DeliveryRow, EditionRow, IssueRow

PAGE_ROWS: Final = 1_000
RATE_WINDOW: Final = timedelta(seconds=60)
DONE: Final = (DeliveryState.ACCEPTED.value, DeliveryState.REFUSED.value)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What happened to one person. ``code`` is the SMTP reply code, None before the first attempt."""

    address: str
    language: str
    outcome: str  # a DeliveryState's value
    attempts: int
    code: int | None
    enhanced_code: str  # RFC 3463
    reply: str
    at: datetime | None  # when this outcome was reached
    message_id: str  # "" for a person who was erased since


def find_issues(
    connection: Connection, *, slug: str | None = None, newsletter: str | None = None, latest: int | None = None
) -> list[StoredIssue]:
    """Issues, the latest first; with ``slug`` those of that name, one a newsletter at most."""
    statement = ISSUES.order_by(IssueRow.id.desc())
    if slug is not None:
        statement = statement.where(IssueRow.slug == slug)
    if newsletter is not None:
        statement = statement.where(IssueRow.newsletter == newsletter)
    return stored_issues(connection, statement.limit(latest))


def rate_per_second(connection: Connection, issue_id: int, now: datetime) -> float:
    """How many deliveries a second reached their end over the last minute."""
    since = now - RATE_WINDOW
    count, first = connection.execute(
        select(func.count(), func.min(DeliveryRow.at)).where(
            DeliveryRow.issue_id == issue_id, DeliveryRow.state.in_(DONE), DeliveryRow.at >= since
        )
    ).one()
    if first is None:
        return 0.0
    return float(count) / max((now - first).total_seconds(), 1.0)


def report_lines(
    engine: Engine,
    issue_id: int,
    message_id: Callable[[int], str],
    *,
    outcome: DeliveryState | None = None,
    page_rows: int = PAGE_ROWS,
) -> Iterator[ReportLine]:
    """Every row of an issue's ledger in the order of planning, or those with ``outcome``; each exactly once.

    ``message_id`` gives the Message-ID for a subscription's id.
    """
    after_id = 0
    while True:
        with reading(engine) as connection:
            rows = connection.execute(_page(issue_id, outcome, after_id, page_rows)).all()
        for row in rows:
            yield ReportLine(
                address=row.address,
                language=row.language,
                outcome=row.state,
                attempts=row.attempts,
                code=row.code,
                enhanced_code=row.enhanced_code,
                reply=row.reply,
                at=row.at,
                message_id="" if row.subscription_id is None else message_id(row.subscription_id),
            )
        if len(rows) < page_rows:
            return
        after_id = rows[-1].id


def _page(
    issue_id: int, outcome: DeliveryState | None, after_id: int, page_rows: int
) -> Select[int, str, str, int, int | None, str, str, datetime | None, int | None, str]:
    statement = (
        select(
            DeliveryRow.id,
            DeliveryRow.address,
            DeliveryRow.state,
            DeliveryRow.attempts,
            DeliveryRow.code,
            DeliveryRow.enhanced_code,
            DeliveryRow.reply,
            DeliveryRow.at,
            DeliveryRow.subscription_id,
            EditionRow.language,
        )
        .join_from(DeliveryRow, EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.id > after_id)
        .order_by(DeliveryRow.id)
        .limit(page_rows)
    )
    return statement if outcome is None else statement.where(DeliveryRow.state == outcome.value)
