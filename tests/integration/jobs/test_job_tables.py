"""Procrastinate's tables: made once, brought up step by step, never touched where they are somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

import procrastinate
import pytest
from sqlalchemy import Engine, text

from mailer.errors import DatabaseError
from mailer.flows.distributing import app_for
from mailer.store import job_tables, jobs
from mailer.store.database import open_database, reading, writing
from mailer.store.migrate import prepare_database


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_database(postgres_url)
    yield engine
    engine.dispose()


def steps(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.scalars(text("SELECT name FROM procrastinate_steps")))


def has_trigger(engine: Engine) -> bool:
    with reading(engine) as connection:
        found = text("SELECT count(*) FROM pg_trigger WHERE tgname = 'procrastinate_notices_of_outbox'")
        return bool(connection.scalar(found))


def test_a_new_database_gets_the_whole_schema_and_counts_all_steps_as_done(engine: Engine) -> None:
    prepare_database(engine)
    assert {"schema.sql", "mailer-0001", "03.04.00_50_post_add_retry_failed_job_procedure.sql"} <= steps(engine)
    assert has_trigger(engine)
    with reading(engine) as connection:
        assert jobs.are_kept(connection)
    before = steps(engine)
    prepare_database(engine)
    assert steps(engine) == before


def test_steps_of_a_newer_procrastinate_are_taken_one_by_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prepare_database(engine)
    folder = tmp_path_factory.mktemp("sql")
    first, second = folder / "99.01_add.sql", folder / "99.02_use.sql"
    first.write_text("ALTER TYPE procrastinate_job_status ADD VALUE 'resting'; -- 100 % new")
    second.write_text("CREATE TABLE procrastinate_rests (status procrastinate_job_status DEFAULT 'resting')")
    known = job_tables._files()
    newer = {**known, first.name: first, second.name: second}
    monkeypatch.setattr(job_tables, "_files", lambda: newer)
    prepare_database(engine)  # a new value can be used in a later transaction only
    assert {first.name, second.name} <= steps(engine)
    monkeypatch.setattr(job_tables, "_files", lambda: known)
    prepare_database(engine)  # an older program is content with a newer database
    assert second.name in steps(engine)


def test_a_database_from_before_jobs_gets_them_and_keeps_what_is_in_it(engine: Engine) -> None:
    prepare_database(engine)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO suppression VALUES (1, 'h', '', 'by-hand', '', '2026-01-01 00:00Z')"))
        connection.execute(text("DELETE FROM procrastinate_steps WHERE name = 'mailer-0001'"))
        connection.execute(text("DROP TRIGGER procrastinate_notices_of_outbox ON outbox"))
    assert not has_trigger(engine)
    prepare_database(engine)
    assert has_trigger(engine)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM suppression")) == 1


def test_tables_of_another_procrastinate_are_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE procrastinate_jobs (id int)"))
    with pytest.raises(DatabaseError, match="not ours"):
        prepare_database(engine)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")) in (0, 1)
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_procrastinate_accepts_what_we_prepared(engine: Engine) -> None:
    prepare_database(engine)
    app: procrastinate.App = app_for(engine)
    with app.open():
        assert app.check_connection()


def test_without_procrastinate_it_says_what_to_install(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_tables, "find_spec", lambda _name: None)
    with pytest.raises(DatabaseError, match="not installed") as caught:
        prepare_database(engine)
    assert "newsletter-mailer[postgres]" in str(caught.value)


def test_sqlite_has_no_jobs(tmp_path_factory: pytest.TempPathFactory) -> None:
    sqlite = open_database(f"sqlite:///{tmp_path_factory.mktemp('db') / 'mailer.db'}")
    prepare_database(sqlite)
    with writing(sqlite) as connection:
        assert not jobs.are_kept(connection)
        jobs.expect_issue(connection, 1)
        jobs.expect_notices(connection)
        jobs.forget_issue(connection, 1)
        assert jobs.take_notices(connection) == 0
    sqlite.dispose()
