"""A backup of PostgreSQL is what pg_dump writes; it comes back with pg_restore."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from mailer.errors import MailerError, UsageError
from mailer.flows.backup import back_up
from mailer.flows.restoring import look, restore
from mailer.store.database import open_database, reading, writing
from mailer.store.journal import Journal
from mailer.store.migrate import prepare_database
from subscribers.roster import everybody
from tests.builders.people import a_subscriber
from tests.support.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def postgres_programs(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> Path:
    """The client programs that belong to the test's server, found first."""
    engine = open_database(postgres_url)
    with reading(engine) as connection:
        folder = Path(str(connection.scalar(text("SELECT setting FROM pg_config WHERE name = 'BINDIR'"))))
    engine.dispose()
    if not (folder / "pg_dump").exists():
        pytest.skip("the server's own pg_dump is not there")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_a_postgresql_database_is_dumped_and_comes_back(
    tmp_path: Path, postgres_url: str, postgres_programs: Path
) -> None:
    engine = open_database(postgres_url)
    prepare_database(engine)
    with writing(engine) as connection:
        a_subscriber(connection, "ada@example.org")
    path = tmp_path / "b.dump"
    assert back_up(engine, path, NOW).size_bytes > 1000
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="pg_restore"):
        look(path)
    with writing(engine) as connection:
        a_subscriber(connection, "later@example.org")
    engine.dispose()
    url = postgres_url.replace("postgresql+psycopg", "postgresql")
    command = ["--clean", "--if-exists", "--no-owner", f"--dbname={url}", str(path)]  # as docs/backup.md says
    subprocess.run([postgres_programs / "pg_restore", *command], check=True)
    with reading(engine) as connection:
        assert [one.address for one in everybody(connection)] == ["ada@example.org"]
    engine.dispose()


def test_what_pg_dump_says_is_passed_on(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump: error: server is too new' >&2\nexit 1\n")
    (tmp_path / "pg_dump").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    engine = open_database(postgres_url)
    prepare_database(engine)
    with pytest.raises(MailerError, match="server is too new"):
        back_up(engine, tmp_path / "b.dump", NOW)
    assert not list(tmp_path.glob("*b.dump*"))
    engine.dispose()


def test_without_pg_dump_a_sentence_says_what_to_do(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    engine = open_database(postgres_url)
    prepare_database(engine)
    with pytest.raises(MailerError, match="pg_dump is not installed"):
        back_up(engine, tmp_path / "b.dump", NOW)
    engine.dispose()


def test_a_sqlite_backup_is_not_put_into_postgresql(tmp_path: Path, postgres_url: str) -> None:
    small = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    prepare_database(small)
    back_up(small, tmp_path / "b.db", NOW)
    small.dispose()
    with pytest.raises(UsageError, match=r"docs/backup\.md"):
        restore(postgres_url, tmp_path / "b.db", Journal(tmp_path / "mailer.journal"), NOW)
