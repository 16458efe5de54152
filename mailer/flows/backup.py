"""Writing everything into one file while work goes on: SQLite's own online copy, or pg_dump.

Laws: the file shows one moment, only its owner can read it, and it takes its name when it is complete and checked.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Engine, select

import mailer
from mailer.errors import MailerError, UsageError
from mailer.store import workers
from mailer.store.database import create_private, database_file, open_database, reading
from mailer.store.tables import WorkerRow

LABEL: Final = "mailer_backup"
"""A table that a backup has beside ours: when it was made, and which issues were being sent at that time."""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished backup."""

    path: Path
    size_bytes: int


def back_up(engine: Engine, path: Path, now: datetime) -> Written:
    """Write the database to ``path``, replacing what is there. Raises MailerError."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    create_private(part)
    if not part.exists():
        raise UsageError("the file cannot be written.", where=str(path), hint="Is the folder there, and yours?")
    try:
        if engine.dialect.name == "sqlite":
            _copy(engine, part, now)
        else:
            _dump(engine, part)
        part.chmod(0o600)
        _sync(part)
        part.replace(path)
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return Written(path, path.stat().st_size)


def refuse_missing(database_url: str) -> None:
    """Raise UsageError when there is no SQLite database yet: an empty one would be made and kept as a backup."""
    database = database_file(open_database(database_url))
    if database is not None and not (database.exists() and database.stat().st_size):
        raise UsageError(
            "there is no database to back up.", where=str(database), hint="Is --config the right one?"
        )


def refuse_overwriting(engine: Engine, path: Path, *, yes: bool) -> None:
    """Raise UsageError for a path that is the database itself, or holds something and nobody said yes."""
    database = database_file(engine)
    if database is not None and path.exists() and path.samefile(database):
        raise UsageError("this is the database itself.", where=str(path), hint="Name another file.")
    if path.is_dir():
        raise UsageError("this is a folder.", where=str(path), hint="Name a file in it.")
    if path.exists() and not yes:
        raise UsageError("it exists already.", where=str(path), hint="Name another file, or add --yes.")


def _copy(engine: Engine, part: Path, now: datetime) -> None:
    busy = " ".join(str(number) for number in sending_now(engine, now))
    source = engine.raw_connection()
    try:
        with closing(sqlite3.connect(part)) as target:
            cast("sqlite3.Connection", source.driver_connection).backup(
                target
            )  # in one step: one moment, and writers need not wait for it
            target.execute("PRAGMA journal_mode = DELETE")  # one file, whole without a log beside it
            with target:
                target.execute(f"DROP TABLE IF EXISTS {LABEL}")
                target.execute(f"CREATE TABLE {LABEL} (at TEXT, version TEXT, busy TEXT)")
                target.execute(
                    f"INSERT INTO {LABEL} VALUES (?, ?, ?)",  # noqa: S608 -- our own name
                    (now.isoformat(), mailer.__version__, busy),
                )
            check(target, part)
    except sqlite3.Error as error:
        raise MailerError(f"the backup could not be written ({error}).", where=str(part)) from error
    finally:
        source.close()


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise MailerError when a database file is damaged."""
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise MailerError(f"the file is damaged: {str(found).splitlines()[0]}.", where=str(path))


def sending_now(engine: Engine, now: datetime) -> list[int]:
    """Issues that a living process is sending at this moment."""
    with reading(engine) as connection:
        dead = set(workers.dead_workers(connection, now))
        rows = connection.execute(
            select(WorkerRow.id, WorkerRow.issue_id).where(
                WorkerRow.ended_at.is_(None), WorkerRow.issue_id.is_not(None)
            )
        ).all()
    return sorted({row.issue_id for row in rows if row.id not in dead and row.issue_id is not None})


def _dump(engine: Engine, part: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise MailerError(
            "pg_dump is not installed, and it makes the backups of PostgreSQL.",
            hint="Install PostgreSQL's client programs, or run pg_dump --format=custom where the server is.",
        )
    with _postgres(engine) as (arguments, environment):
        made = subprocess.run(  # noqa: S603 -- no shell; the values are the operator's own settings
            [program, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if made.returncode:
        said = (made.stderr.strip().splitlines() or ["it said nothing"])[-1].removeprefix("pg_dump: ")
        raise MailerError(f"pg_dump failed: {said}.", hint="Its version must be at least the server's.")


@contextmanager
def _postgres(engine: Engine) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Arguments and environment for PostgreSQL's programs; the password is in no command line."""
    url = engine.url
    hosts = url.query.get("host")
    host = url.host or (hosts if isinstance(hosts, str) else "")
    arguments = ["--no-password", f"--dbname={url.database or ''}"]
    arguments += [f"--host={host}"] if host else []
    arguments += [f"--port={url.port}"] if url.port else []
    arguments += [f"--username={url.username}"] if url.username else []
    environment = dict(os.environ)
    if url.password:
        environment["PGPASSWORD"] = str(url.password)
    yield arguments, environment


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
