"""Bringing the database to the schema of this program, and refusing one that is newer or somebody else's.

Law: looking and changing happen under one lock, so that processes that start together do the work once.
Alembic is imported only when there is work: it costs more than everything else at the start of a command.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from mailer.errors import DatabaseError
from mailer.store import tables as _tables  # noqa: F401 -- puts the ledger into the metadata
from mailer.store.database import reading
from mailer.store.job_tables import prepare_jobs
from mailer.store.migrations import REVISIONS
from subscribers.tables import Base

MIGRATIONS: Final = Path(__file__).resolve().parent / "migrations"
_VERSIONS: Final = "alembic_version"
_LOCK: Final = 0x6D61696C6572  # PostgreSQL's advisory locks are numbers: "mailer"
_TABLE_NAMES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v') "
    "AND relnamespace = current_schema()::regnamespace",
}


def prepare_database(engine: Engine) -> None:
    """Create or upgrade the schema. DatabaseError where that cannot be: unreachable, newer than us, not ours."""
    try:
        with reading(engine) as connection:
            current = _revision(connection) == REVISIONS[-1]
        if not current:
            _upgrade(engine)
        prepare_jobs(engine)
    except DBAPIError as error:
        raise DatabaseError(
            f"the database cannot be used: {str(error.orig).strip().splitlines()[0]}.",
            where=engine.url.render_as_string(hide_password=True),
            hint="Check 'database' in the settings, and that its folder or server is there and may be written to.",
        ) from error


def revision_of(engine: Engine) -> str | None:
    """The revision that the database is at, None when it is empty; changes nothing. DatabaseError as above."""
    with reading(engine) as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    """The schema's revision, None for an empty database, DatabaseError for one that we must not touch."""
    names = set(connection.scalars(text(_TABLE_NAMES[connection.dialect.name])))
    ours = names & set(Base.metadata.tables)
    where = connection.engine.url.render_as_string(hide_password=True)
    found = connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}")) if _VERSIONS in names else None  # noqa: S608 -- a constant
    if found in REVISIONS:
        return str(found)
    if found is not None and ours:
        raise DatabaseError(
            f"the database is newer than this program (its revision is {found}, we know up to {REVISIONS[-1]}).",
            where=where,
            hint="Upgrade newsletter-mailer, or give it another database.",
        )
    if found is not None or ours or (names and connection.dialect.name == "sqlite"):
        raise DatabaseError(
            f"the database belongs to another program: it holds {_some(names)}.",
            where=where,
            hint="Give newsletter-mailer a database of its own.",
        )
    return None


def _some(names: set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names)[:3]) + (" and more" if len(names) > 3 else "")


def _upgrade(engine: Engine) -> None:
    with engine.connect() as connection, _alone(connection):
        if _revision(connection) != REVISIONS[-1]:  # nobody else did it while we waited
            _run_steps(connection)


def _run_steps(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction that keeps every other process out until it is committed."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            yield
        return
    # SQLite changes a table by copying and dropping it: with foreign keys on, dropping would cascade. The pragma
    # has no effect inside a transaction, so it is set on the bare connection.
    _bare(connection, "PRAGMA foreign_keys = OFF")
    try:
        with connection.begin():
            yield
            broken = connection.execute(text("PRAGMA foreign_key_check")).first()
            if broken is not None:
                raise DatabaseError(f"the upgrade would break a reference in table {broken[0]!r}.")
    finally:
        _bare(connection, "PRAGMA foreign_keys = ON")


def _bare(connection: Connection, pragma: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(pragma)
    cursor.close()
