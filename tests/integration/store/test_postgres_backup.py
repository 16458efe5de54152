"""A backup of PostgreSQL is what pg_dump writes; it comes back with pg_restore."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.errors import MailerError, UsageError
from mailer.flows.backup import back_up
from mailer.flows.restoring import look, restore
from mailer.store.database import open_database, writing
from mailer.store.journal import Journal
from mailer.store.migrate import prepare_database
from tests.builders.people import a_subscriber
from tests.support.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_postgresql_database_is_dumped_or_the_reason_is_said(tmp_path: Path, postgres_url: str) -> None:
    engine = open_database(postgres_url)
    prepare_database(engine)
    with writing(engine) as connection:
        a_subscriber(connection)
    path = tmp_path / "b.dump"
    try:
        written = back_up(engine, path, NOW)
    except MailerError as error:
        assert "pg_dump" in str(error)  # noqa: PT017 -- older client programs than the server: said, not hidden
        assert list(tmp_path.iterdir()) == []
        return
    finally:
        engine.dispose()
    assert written.size_bytes > 1000
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="pg_restore"):
        look(path)
    restorer = shutil.which("pg_restore")
    if restorer is not None:
        listed = subprocess.run([restorer, "--list", str(path)], capture_output=True, text=True, check=True).stdout
        assert "TABLE DATA public subscription" in listed


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
