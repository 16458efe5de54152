"""Putting a backup back so that nothing is sent again and no goodbye is lost.

Laws: everything is done to a copy, which then takes the database's place in one step; the database that is
replaced is kept beside it; where nobody can know whether a message went out after the backup, it is held for a
person.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, text

from mailer.errors import MailerError, UsageError
from mailer.flows.backup import LABEL, check, sending_now
from mailer.store import merging
from mailer.store.database import create_private, database_file, open_database, writing
from mailer.store.erasing import forget_person
from mailer.store.journal import Entry, Journal, Mark
from mailer.store.migrate import prepare_database
from subscribers.erasing import erase

_MAGIC: Final = b"SQLite format 3\0"
_SIDES: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Label:
    """What a backup says of itself; ``at`` is None for a plain copy of a database, which says nothing."""

    at: datetime | None
    busy: frozenset[int] = frozenset()  # issues that were being sent at that moment


@dataclass(slots=True)
class Restored:
    """What a restore did beside putting the backup back."""

    label: Label
    kept_aside: Path | None = None  # the database that was replaced
    replaced_was_readable: bool = False
    suppressions: int = 0
    goodbyes: int = 0
    erased: int = 0
    notices: int = 0  # given up, because they may have gone out
    held: dict[str, int] = field(default_factory=dict)  # rows by issue
    guarded: list[str] = field(default_factory=list)  # issues that only the journal knows


def look(path: Path) -> Label:
    """Whether a file is a backup of ours that this program can read. Raises MailerError, and changes nothing."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise UsageError(f"it cannot be read ({error.strerror}).", where=str(path)) from error
    if start[:5] == b"PGDMP":
        raise UsageError(
            "this is a backup of PostgreSQL.",
            where=str(path),
            hint="Stop every mailer process, then: pg_restore --clean --if-exists --no-owner --dbname=URL FILE. "
            "See docs/backup.md.",
        )
    if start != _MAGIC:
        raise UsageError("this is no backup of newsletter-mailer.", where=str(path))
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            check(connection, path)
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not {"alembic_version", "subscription", "delivery"} <= names:
                raise UsageError("this is no backup of newsletter-mailer.", where=str(path))
            if LABEL not in names:
                return Label(None)
            at, busy = connection.execute(f"SELECT at, busy FROM {LABEL}").fetchone()  # noqa: S608 -- our own name
            return Label(datetime.fromisoformat(at), frozenset(map(int, busy.split())))
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise MailerError(f"the backup cannot be read ({error}).", where=str(path)) from error


def restore(database_url: str, backup: Path, journal: Journal, now: datetime) -> Restored:
    """Put ``backup`` in the place of the SQLite database at ``database_url``. Raises MailerError.

    The caller has asked, and keeps workers away.
    """
    label = look(backup)
    engine = open_database(database_url)
    live = database_file(engine)
    if live is None:
        raise UsageError(
            "only a SQLite database in a file is put back from here.",
            hint="For PostgreSQL use pg_restore; docs/backup.md says how.",
        )
    result = Restored(label)
    fresh = live.with_name(f".{live.name}.restoring")
    _remove(fresh)
    try:
        _copy(backup, fresh)
        renewed = open_database(f"sqlite:///{fresh}")
        try:
            prepare_database(renewed)
            result.replaced_was_readable = _can_be_read(engine, live, now)
            _settle(renewed, live if result.replaced_was_readable else None, journal, result, now)
            _fold(renewed)
        finally:
            renewed.dispose()
        result.kept_aside = _take_place(fresh, live, result.replaced_was_readable, now)
    finally:
        engine.dispose()
        _remove(fresh)
    journal.note(Entry(now, Mark.RESTORED))
    return result


def _can_be_read(engine: Engine, live: Path, now: datetime) -> bool:
    """Whether the database that is replaced can still tell something. MailerError while it is being sent from."""
    if not live.exists() or not live.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(f"{live.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            check(connection, live)
        prepare_database(engine)
        busy = sending_now(engine, now)
    except (MailerError, sqlite3.Error):
        return False
    if busy:
        raise MailerError(
            "an issue is being sent from this database at the moment; nothing was changed.",
            hint="Stop it first with Ctrl-C or SIGTERM, then restore.",
        )
    return True


def _settle(engine: Engine, live: Path | None, journal: Journal, result: Restored, now: datetime) -> None:
    """Everything that makes the old state safe to go on with, in one transaction."""
    known: set[int] = set()
    with _attached(engine, live) as connection:
        connection.execute(text(f"DROP TABLE IF EXISTS {LABEL}"))
        if live is not None:
            result.suppressions, result.goodbyes = merging.keep_wishes(connection)
            known = merging.keep_ledger(connection)
            for newsletter, slug, audience in merging.issues_of_old(connection):
                if not journal.of_issue(newsletter, slug):
                    journal.note(Entry(now, Mark.BEGUN, newsletter, slug, audience=audience))
        merging.release_leases(connection, now)
        for key, digest in merging.erased_people(connection):
            erase(connection, key, digest, forget_person, now)
            result.erased += 1
        when = f" of {result.label.at:%Y-%m-%d %H:%M} UTC" if result.label.at else ""
        reason = f"restored from a backup{when}: it may have been sent since"
        for issue_id, newsletter, slug, _ in merging.open_issues(connection):
            if issue_id not in known and _may_have_gone_on(journal, result.label, issue_id, newsletter, slug):
                result.held[slug] = merging.hold(connection, issue_id, reason, now)
        result.notices = merging.give_up_notices(connection, reason, now, old_knows=live is not None)
        there = {
            (row.newsletter, row.slug) for row in connection.execute(text("SELECT newsletter, slug FROM issue"))
        }
    told = {(one.newsletter, one.slug) for one in journal.entries() if one.slug}
    result.guarded = sorted(slug for newsletter, slug in told - there)


def _may_have_gone_on(journal: Journal, label: Label, issue_id: int, newsletter: str, slug: str) -> bool:
    """Whether messages of the issue may have gone out after the backup."""
    if label.at is None or issue_id in label.busy or not journal.exists:
        return True
    return any(one.at >= label.at for one in journal.of_issue(newsletter, slug))


@contextmanager
def _attached(engine: Engine, live: Path | None) -> Iterator[Connection]:
    """A transaction on the copy, in which the replaced database is called ``old``."""
    if live is None:
        with writing(engine) as connection:
            yield connection
        return
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("ATTACH DATABASE ? AS old", (str(live),))
        try:
            with connection.begin():
                yield connection
        finally:
            cursor.execute("DETACH DATABASE old")
            cursor.close()


def _copy(backup: Path, fresh: Path) -> None:
    create_private(fresh)
    with (
        closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(fresh)) as target,
    ):
        source.backup(target)


def _fold(engine: Engine) -> None:
    """Bring the log's content into the file itself."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.close()


def _take_place(fresh: Path, live: Path, readable: bool, now: datetime) -> Path | None:
    """Put the copy in the database's place; what was there is kept beside it, readable by its owner only."""
    aside = live.with_name(f"{live.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    if readable:
        # Through SQLite itself, so that a web app that has the file open sees the new content, not a lost file.
        create_private(aside)
        with closing(sqlite3.connect(live)) as there, closing(sqlite3.connect(aside)) as kept:
            there.execute("PRAGMA busy_timeout = 30000")
            there.backup(kept)
            kept.execute("PRAGMA journal_mode = DELETE")
            with closing(sqlite3.connect(fresh)) as source:
                source.backup(there)
        return aside
    kept_something = live.exists() and live.stat().st_size > 0
    for side in ("", *_SIDES):
        path = Path(f"{live}{side}")
        if path.exists():
            path.replace(f"{aside}{side}")
    fresh.replace(live)
    _sync_folder(live.parent)
    return aside if kept_something else None


def _remove(path: Path) -> None:
    for side in ("", *_SIDES, "-journal"):
        Path(f"{path}{side}").unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
