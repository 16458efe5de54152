import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from mailer.errors import DatabaseError
from mailer.store import tables as _tables  # noqa: F401 -- puts the ledger into the metadata
from mailer.store.database import open_database, writing
from mailer.store.migrate import MIGRATIONS, prepare_database
from mailer.store.migrations import REVISIONS
from subscribers.tables import Base
from tests.support.postgres import postgres_server, postgres_url
from tests.support.processes import all_started
from tests.support.waiting import PATIENCE_SECONDS

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path / 'mailer.db'}"
    engine = open_database(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


def _is_no_job_table(_object: object, name: str | None, *_more: object) -> bool:
    return not str(name).startswith(("procrastinate_", "idx_procrastinate_"))


def test_an_empty_database_gets_exactly_the_tables_of_this_program(engine: Engine) -> None:
    prepare_database(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "target_metadata": Base.metadata, "include_object": _is_no_job_table},
        )
        assert compare_metadata(context, Base.metadata) == []
        checks = {
            (table, check["name"])
            for table in Base.metadata.tables
            for check in inspect(connection).get_check_constraints(table)
        }
    assert ("delivery", "ck_delivery_state") in checks
    assert ("subscription", "ck_subscription_state") in checks


def test_preparing_again_changes_nothing(engine: Engine) -> None:
    prepare_database(engine)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO suppression VALUES (1, 'h', '', 'by-hand', '', '2026-01-01 00:00')"))
    prepare_database(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM suppression")) == 1
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]


def test_consent_cannot_be_rewritten(engine: Engine) -> None:
    prepare_database(engine)
    with writing(engine) as connection:
        at = "'2026-01-01 00:00:00'"
        connection.execute(text(f"INSERT INTO subscriber VALUES (1, 'a@b.org', 'a@b.org', 'h', {at})"))
        connection.execute(
            text(
                "INSERT INTO subscription (id, subscriber_id, newsletter, state, language, since,"
                f" source, created_at) VALUES (1, 1, 'n', 'pending', 'en', {at}, '', {at})"
            )
        )
        connection.execute(text(f"INSERT INTO consent VALUES (1, 1, 'requested', {at}, '{{}}')"))
    with pytest.raises(DBAPIError, match="append-only"), writing(engine) as connection:
        connection.execute(text("UPDATE consent SET event = 'confirmed'"))
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM subscriber"))
        assert connection.scalar(text("SELECT count(*) FROM consent")) == 0


def test_a_newer_database_is_refused_and_left_alone(engine: Engine) -> None:
    prepare_database(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"newer than this program.*9999.*Upgrade newsletter-mailer"):
        prepare_database(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_a_database_of_another_program_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE subscriber (id INTEGER)"))
        connection.execute(text("CREATE TABLE invoice (id INTEGER)"))
    with pytest.raises(DatabaseError, match=r"belongs to another program.*'invoice'"):
        prepare_database(engine)
    with writing(engine) as connection:
        connection.execute(text("DROP TABLE subscriber"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('abc')"))
    with pytest.raises(DatabaseError, match="belongs to another program"):
        prepare_database(engine)
    with engine.connect() as connection:
        assert not inspect(connection).has_table("issue")


def test_a_file_that_is_no_database_and_a_missing_folder_are_said_so(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Ada, " * 100)
    for path in (tmp_path / "letter.db", tmp_path / "nowhere" / "mailer.db"):
        with pytest.raises(DatabaseError, match="database") as refusal:
            prepare_database(open_database(f"sqlite:///{path}"))
        assert str(path) in str(refusal.value)


def test_a_password_is_not_shown_when_the_server_is_not_there() -> None:
    engine = open_database("postgresql+psycopg://mailer:s3cret@127.0.0.1:9/mailer")
    with pytest.raises(DatabaseError) as refusal:
        prepare_database(engine)
    assert "127.0.0.1" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def prepare_at_once(
    url: str, barrier: "multiprocessing.synchronize.Barrier", said: "multiprocessing.Queue[str]"
) -> None:
    engine = open_database(url)
    barrier.wait()
    try:
        prepare_database(engine)
        said.put("")
    except Exception as error:
        said.put(repr(error))


def test_processes_that_start_together_prepare_it_once(engine: Engine) -> None:
    url = engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    barrier, said = context.Barrier(4), context.Queue()
    processes = [context.Process(target=prepare_at_once, args=(url, barrier, said)) for _ in range(4)]
    with all_started(processes):
        assert [said.get(timeout=2 * PATIENCE_SECONDS) for _ in processes] == [""] * 4
        for process in processes:
            process.join(PATIENCE_SECONDS)
    prepare_database(engine)


def test_the_list_of_revisions_is_the_chain_of_files() -> None:
    walked = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert tuple(reversed(walked)) == REVISIONS


def test_a_prepared_database_is_recognised_without_importing_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mailer.db'}"
    prepare_database(open_database(url))
    code = (
        "import sys\nfrom mailer.store.database import open_database\n"
        "from mailer.store.migrate import prepare_database\n"
        f"prepare_database(open_database({url!r}))\nassert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_upgrade_that_fails_leaves_nothing_behind(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    import mailer.store.migrate

    real = mailer.store.migrate._run_steps

    def fail_at_the_end(connection: object) -> None:
        real(connection)  # type: ignore[arg-type]  # the fixture does not care
        raise RuntimeError("the power went")

    monkeypatch.setattr(mailer.store.migrate, "_run_steps", fail_at_the_end)
    with pytest.raises(RuntimeError):
        prepare_database(engine)
    monkeypatch.undo()
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    prepare_database(engine)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert sqlite3.sqlite_version_info >= (3, 35)
