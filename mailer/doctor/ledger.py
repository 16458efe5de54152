"""What the doctor reads in the database: the schema's revision, the last issue's size, what waits too long.

Law: nothing is created or upgraded here; a SQLite file that does not exist stays away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, func, select

from mailer.errors import DatabaseError
from mailer.newsletter import Newsletter
from mailer.render.message import compile_message
from mailer.settings import Settings
from mailer.store.database import open_database, reading
from mailer.store.editions import editions_of
from mailer.store.report import find_issues
from subscribers.tables import OutboxRow

SQLITE: Final = "sqlite:///"
PERSONAL_BYTES: Final = 2_000  # headers and links of one person, and signatures


def database_file(settings: Settings) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    if not settings.database.startswith(SQLITE):
        return None
    return Path(settings.database.removeprefix(SQLITE).partition("?")[0])


@contextmanager
def opened(settings: Settings) -> Iterator[Engine]:
    """The database as it is. Raises DatabaseError for a SQLite file that does not exist."""
    file = database_file(settings)
    if file is not None and not file.is_file():
        raise DatabaseError("there is no database yet", where=str(file), hint="Make it with: mailer db upgrade")
    engine = open_database(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


def largest_recent_message(settings: Settings, newsletters: Sequence[Newsletter]) -> tuple[str, int] | None:
    """Slug and size in bytes of the largest message in the last issues; None when nothing was sent."""
    found: list[tuple[int, str]] = []
    with opened(settings) as engine, reading(engine) as connection:
        for newsletter in newsletters:
            for issue in find_issues(connection, newsletter=newsletter.key, latest=1):
                found += [
                    (compile_message(edition.rendered, newsletter, issue.slug).static_size, issue.slug)
                    for edition in editions_of(connection, issue.id)
                ]
    if not found:
        return None
    size, slug = max(found)
    return slug, size + PERSONAL_BYTES


def waiting_notices(engine: Engine, now: datetime, longer_than: timedelta) -> int:
    """How many notices are due for longer than that."""
    with reading(engine) as connection:
        return (
            connection.scalar(
                select(func.count())
                .select_from(OutboxRow)
                .where(OutboxRow.sent_at.is_(None), OutboxRow.next_attempt_at < now - longer_than)
            )
            or 0
        )
