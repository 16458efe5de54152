"""Procrastinate's tables in a PostgreSQL database, and the trigger that defers a job with each notice.

Laws: a step runs once, whoever starts first (``_LOCK``); each step is a transaction of its own. Whoever writes to
the outbox, in whatever way, has a job deferred for it in that transaction, unless one waits already. Job rows say
where to look, never what is true: that is the ledger, and housekeeping finds a lost job again.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from mailer.errors import DatabaseError

STEPS: Final = "procrastinate_steps"
"""Our record of which of Procrastinate's schema files this database has; it keeps none itself."""
_LOCK: Final = 0x6A6F6273  # PostgreSQL's advisory locks are numbers: "jobs"
_WHOLE: Final = "schema.sql"
_OURS: Final = "mailer-0001"

_TRIGGER: Final = """
CREATE OR REPLACE FUNCTION procrastinate_notices_of_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM written) AND NOT EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE queue_name = 'notices' AND status = 'todo'
            AND scheduled_at > clock_timestamp() + interval '500 milliseconds'
            AND scheduled_at < clock_timestamp() + interval '1500 milliseconds'
    ) THEN
        PERFORM procrastinate_defer_jobs_v1(ARRAY[
            ROW('notices', 'notices', 10, NULL, NULL, '{}', clock_timestamp() + interval '1 second')
            ::procrastinate_job_to_defer_v1
        ]);
    END IF;
    RETURN NULL;
END;
$$;
CREATE OR REPLACE TRIGGER procrastinate_notices_of_outbox AFTER INSERT ON outbox
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION procrastinate_notices_of_outbox();
"""
"""A job for a second later, which serves all notices of the half second that follows: with a job for each, the
database has a third more to do. No queueing lock, which would make web requests wait for each other: those that do
not see each other's job leave one each, and a worker takes all that wait at once (``jobs.take_notices``). Whoever
takes longer than half a second to commit may miss the job; the next look finds the notice."""


def prepare_jobs(engine: Engine) -> None:
    """Bring Procrastinate's tables up to the installed version; nothing on SQLite. Raises DatabaseError."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        missing = _missing(_files(), _done(connection))
    while missing:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            missing = _missing(_files(), _done(connection))  # somebody else may have done it while we waited
            if missing:
                _take(connection, missing)


def _take(connection: Connection, missing: list[str]) -> None:
    """The whole schema where there is none, else the next step."""
    files = _files()
    if _WHOLE not in missing:
        _run(connection, _TRIGGER if missing[0] == _OURS else files[missing[0]].read_text(encoding="utf-8"))
        _note(connection, missing[:1])
        return
    if _is_there(connection, "procrastinate_jobs"):
        raise DatabaseError(
            "the database holds tables of Procrastinate that are not ours.",
            where=connection.engine.url.render_as_string(hide_password=True),
            hint="Give newsletter-mailer a database of its own.",
        )
    connection.execute(
        text(f"CREATE TABLE {STEPS} (name text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")
    )
    _run(connection, files[_WHOLE].read_text(encoding="utf-8"))
    _run(connection, _TRIGGER)
    _note(connection, missing)


def _files() -> dict[str, Path]:
    """Procrastinate's SQL by name: the whole schema, and what brings older databases up to it, oldest first."""
    found = find_spec("procrastinate")  # without importing it, which the web app never needs
    if found is None or not found.submodule_search_locations:
        raise DatabaseError(
            "Procrastinate, which distributes the work on PostgreSQL, is not installed.",
            hint="Install it with: pip install 'newsletter-mailer[postgres]'.",
        )
    folder = Path(found.submodule_search_locations[0]) / "sql"
    steps = sorted((folder / "migrations").glob("*.sql"))
    return {_WHOLE: folder / _WHOLE, **{step.name: step for step in steps}}


def _missing(files: dict[str, Path], done: set[str]) -> list[str]:
    return [name for name in _all(files) if name not in done]


def _all(files: dict[str, Path]) -> Iterator[str]:
    yield from files
    yield _OURS


def _done(connection: Connection) -> set[str]:
    if not _is_there(connection, STEPS):
        return set()
    return set(connection.scalars(text(f"SELECT name FROM {STEPS}")))  # noqa: S608 -- a constant


def _is_there(connection: Connection, table: str) -> bool:
    # Not to_regclass: it asks a cache, which does not learn of a table made while we waited for the lock.
    return (
        connection.scalar(
            text(
                "SELECT 1 FROM pg_class WHERE relname = :table AND relnamespace = current_schema()::regnamespace"
            ),
            {"table": table},
        )
        is not None
    )


def _note(connection: Connection, names: list[str]) -> None:
    connection.execute(
        text(f"INSERT INTO {STEPS} (name) VALUES (:name)"),  # noqa: S608 -- a constant
        [{"name": name} for name in names],
    )


def _run(connection: Connection, statements: str) -> None:
    """Many statements at once, with percent signs in them: only the driver itself takes that."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statements)
    finally:
        cursor.close()
