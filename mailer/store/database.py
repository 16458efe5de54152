"""Opening the database: SQLite in WAL with synchronous=FULL and foreign keys, or PostgreSQL.

Law: on SQLite a transaction takes the write lock when it begins (BEGIN IMMEDIATE), unless it was opened with
``reading``. A transaction that reads first and writes later would otherwise be told "database is locked" at once
when somebody else wrote in between, however long it is willing to wait; this way it waits its turn instead.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from mailer.errors import DatabaseError

BUSY_TIMEOUT_MS = 30_000
"""How long a SQLite writer waits for another one: group commits are short, so a wait this long is a fault."""
DIALECTS = ("sqlite", "postgresql")
_READS_ONLY = "mailer_reads_only"


def open_database(url: str) -> Engine:
    """An engine for ``url``. SQLite connections get the pragmas that the ledger's promise needs.

    Raises DatabaseError for a URL that names no database that we know, or whose driver is not installed.
    """
    try:
        engine = create_engine(url, hide_parameters=True)  # errors are logged, and the values are people's
    except (ArgumentError, ValueError):
        engine = None
    except ModuleNotFoundError as error:
        raise DatabaseError(
            f"the driver {error.name!r} for this database is not installed.",
            hint="For PostgreSQL: pip install 'newsletter-mailer[postgres]'.",
        ) from error
    if engine is None or engine.dialect.name not in DIALECTS:
        raise DatabaseError(  # the URL is not repeated: it may hold a password
            "'database' names neither SQLite nor PostgreSQL.",
            hint="Write it like sqlite:///mailer.db or postgresql+psycopg://user@host/name.",
        )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _create_private)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def database_file(engine: Engine) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL and for a database in memory."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def create_private(path: Path) -> None:
    """Make an empty file that only this user can read, because it will hold addresses; one that is there stays.

    SQLite gives the rights of its file to the log beside it. A folder that is missing is left for it to report.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def for_reading(engine: Engine) -> Engine:
    """The same engine and pool, for transactions that write nothing: they wait for nobody and block nobody."""
    return engine.execution_options(**{_READS_ONLY: True})


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction with one unchanging view, for looking only (temporary tables may be filled)."""
    with for_reading(engine).connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at the end, or rolled back by an exception. Keep it short: on SQLite every
    other writer waits for it.
    """
    with engine.begin() as connection:
        yield connection


def _create_private(_dialect: Any, _record: Any, arguments: list[Any], _parameters: dict[str, Any]) -> None:
    name = arguments[0] if arguments else ""
    if name and name != ":memory:" and not str(name).startswith("file:"):
        create_private(Path(name))


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN" if options.get(_READS_ONLY) else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # The driver's own idea of when a transaction begins (before INSERT, not before SELECT or CREATE) is switched
    # off: _begin_sqlite says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchall() != [("wal",)]:
        _switch_to_wal(connection)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(connection: DBAPIConnection) -> None:
    """Tried again by hand: while two processes open a new file together, SQLite refuses this without waiting."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)
        finally:
            cursor.close()
