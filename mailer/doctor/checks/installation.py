"""What lies on this machine: settings, database, who may read the keys, room on the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.ledger import database_file, opened, waiting_notices
from mailer.errors import DatabaseError, MailerError
from mailer.render.headers import bounce_domain, issue_headers, sender_of
from mailer.store.migrate import revision_of
from mailer.store.migrations import REVISIONS

SETTINGS: Final = "settings"
DATABASE: Final = "database"
OUTBOX: Final = "outbox"
FILES: Final = "files"
DISK: Final = "disk"

SCARCE_BYTES: Final = 1 << 30
TOO_LITTLE_BYTES: Final = 100 << 20
UNSENT: Final = timedelta(minutes=30)


def check_settings(case: Case) -> Iterator[Finding]:
    """PASS: newsletters that can be named in headers, and a key. FAIL: what stops a sending."""
    settings = case.settings
    if not settings.newsletters:
        yield failure(
            SETTINGS,
            "no newsletter is set up: nothing can be sent.",
            "Add a table [newsletters.NAME] to mailer.toml.",
        )
    if not settings.secret_keys and not case.without_secrets:
        yield failure(
            SETTINGS,
            "there is no secret key: no unsubscribe link can be signed, so nothing can be sent.",
            "Name the file that `mailer init` makes in an empty folder as secret_key_file, or set "
            "MAILER_SECRET_KEY.",
        )
    sound = True
    for newsletter in case.newsletters:
        try:
            issue_headers("Test", newsletter.fallback_language, newsletter, "test")
            sender_of(newsletter)
            bounce_domain(newsletter)
        except MailerError as error:
            sound = False
            yield failure(
                SETTINGS, f"no mail can be made for {newsletter.key}: {error.what}", error.hint or str(error)
            )
            continue
        if not newsletter.postal_address:
            yield warning(
                SETTINGS,
                f"the newsletter {newsletter.key!r} has no postal_address: many countries ask for it.",
                f'Set postal_address in [newsletters.{newsletter.key}]: "Name\\nStreet\\nTown".',
            )
    if sound and settings.newsletters:
        names = ", ".join(newsletter.key for newsletter in case.newsletters)
        yield ok(SETTINGS, f"the settings are read, and mail can be made for: {names}.")


def check_database(case: Case) -> Iterator[Finding]:
    """PASS: it opens, is at this version's revision, and commits reach the disk. FAIL: none, newer, not ours."""
    try:
        with opened(case.settings) as engine:
            found = revision_of(engine)
            if found != REVISIONS[-1]:
                yield _other_revision(found)
                return
            if engine.dialect.name == "sqlite":
                yield from _sqlite(case)
            yield ok(DATABASE, "the database opens, and its tables are those of this version.")
            waiting = waiting_notices(engine, case.now(), UNSENT)
    except DatabaseError as error:
        yield failure(
            DATABASE, f"{error.what.rstrip('.')}: nothing can be sent.", error.hint or "See docs/settings.md."
        )
        return
    except (DBAPIError, OSError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines() or [""]
        yield failure(
            DATABASE,
            f"the database cannot be used: {said[0]}.",
            "Check 'database' in the settings, and that its server or folder is there and may be written to.",
        )
        return
    if waiting:
        yield warning(
            OUTBOX,
            f"{waiting:,} notices (confirmations, goodbyes) wait for more than half an hour: nobody sends them.",
            "Run `mailer serve` or `mailer worker`, and look at its log.",
        )
    else:
        yield ok(OUTBOX, "no notice waits longer than it should.")


def _other_revision(found: str | None) -> Finding:
    if found is None:
        return failure(DATABASE, "the database is empty.", "Make its tables with: mailer db upgrade")
    return warning(
        DATABASE,
        f"the database is of an older version (revision {found}, this one's is {REVISIONS[-1]}).",
        "The next command upgrades it; or now: mailer backup FILE && mailer db upgrade",
    )


def _sqlite(case: Case) -> Iterator[Finding]:
    with opened(case.settings) as engine, engine.connect() as connection:
        journal = str(connection.scalar(text("PRAGMA journal_mode"))).lower()
        synchronous = connection.scalar(text("PRAGMA synchronous"))
    if journal != "wal" or synchronous != 2:
        yield failure(
            DATABASE,
            f"SQLite does not keep its promises here (journal {journal}, synchronous {synchronous}): after a "
            "power loss "
            "people could get an issue twice.",
            "Put the database on a disk of this machine, not on a network share.",
        )
    file = database_file(case.settings)
    if file is not None and not os.access(file, os.W_OK):
        yield failure(
            DATABASE, f"{file} may not be written to by this user.", f"Run as its owner, or: chown USER {file}"
        )


def check_files(case: Case) -> Iterator[Finding]:
    """PASS: keys and database are their owner's alone. FAIL: others may read them."""
    sound = True
    for path, what, harm in _secret_files(case):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError:
            continue  # that it is missing is said elsewhere
        if mode & 0o077:
            sound = False
            others = mode & 0o007
            who = "every user of this machine" if others else "its group"
            said = f"{what} {path} may be read by {who} (mode {mode:o}): {harm}."
            mend = f"chmod 600 {path}"
            yield failure(FILES, said, mend) if others else warning(FILES, said, mend)
    if sound:
        yield ok(FILES, "keys and database can be read by their owner only.")


def _secret_files(case: Case) -> Iterator[tuple[Path, str, str]]:
    key = secret_key_file(case.config_path)
    if key is not None:
        yield key, "the secret key", "who has it can unsubscribe anybody"
    for settings in case.settings.dkim.values():
        for file in (settings.key_file, settings.ed25519_key_file):
            if file is not None:
                yield file, "the DKIM key", "who has it can send mail in your name"
    database = database_file(case.settings)
    if database is not None:
        yield database, "the database", "it holds the address of every subscriber"
    if case.settings.smtp.password and "MAILER_SMTP_PASSWORD" not in os.environ:
        yield case.config_path, "mailer.toml, which holds a password,", "who has it can send as you"


def secret_key_file(config: Path) -> Path | None:
    """The file that mailer.toml names; None when it names none."""
    import tomllib

    try:
        named = tomllib.loads(config.read_text(encoding="utf-8-sig")).get("secret_key_file")
    except (OSError, ValueError):
        return None
    return config.absolute().parent / Path(named).expanduser() if isinstance(named, str) and named else None


def check_disk(case: Case) -> Iterator[Finding]:
    """PASS: a gigabyte is free where the database lies. FAIL: less than 100 MB."""
    file = database_file(case.settings)
    folder = file.parent if file is not None else case.settings.folder
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield warning(
            DISK, f"the disk of {folder} cannot be looked at ({error.strerror}).", "Is the folder there?"
        )
        return
    said = f"{free / (1 << 30):,.1f} GB" if free >= 1 << 30 else f"{free >> 20:,} MB"
    if free >= SCARCE_BYTES:
        yield ok(DISK, f"{said} are free in {folder}.")
        return
    means = f"only {said} are free in {folder}: a sending stops when the ledger cannot be written."
    mend = "Make room, or move the database."
    yield failure(DISK, means, mend) if free < TOO_LITTLE_BYTES else warning(DISK, means, mend)
