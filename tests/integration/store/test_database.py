import multiprocessing
import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mailer.errors import DatabaseError
from mailer.store.database import for_reading, open_database, reading, writing
from tests.support.processes import all_started
from tests.support.waiting import PATIENCE_SECONDS

PROCESSES, ROUNDS = 4, 60


def test_a_sqlite_connection_keeps_what_it_was_told(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000


def test_a_new_database_can_be_read_by_its_owner_only_and_an_older_one_keeps_its_rights(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
        with writing(engine) as connection:
            connection.execute(text("CREATE TABLE tally (count INTEGER)"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"mailer.db": 0o600, "mailer.db-wal": 0o600, "mailer.db-shm": 0o600}
    engine.dispose()
    (tmp_path / "mailer.db").chmod(0o660)  # a group that shares it
    with writing(open_database(f"sqlite:///{tmp_path / 'mailer.db'}")) as connection:
        connection.execute(text("INSERT INTO tally VALUES (1)"))
    assert (tmp_path / "mailer.db").stat().st_mode & 0o777 == 0o660


def count_up(url: str, barrier: Barrier, said: "multiprocessing.Queue[str]") -> None:
    barrier.wait()
    engine = open_database(url)
    try:
        for _ in range(ROUNDS):
            with writing(engine) as connection:
                connection.execute(text("CREATE TABLE IF NOT EXISTS tally (count INTEGER)"))
                count = connection.scalar(text("SELECT max(count) FROM tally")) or 0
                connection.execute(text("INSERT INTO tally VALUES (:count)"), {"count": count + 1})
            with reading(engine) as connection:
                connection.scalar(text("SELECT count(*) FROM tally"))
        said.put("")
    except Exception as error:
        said.put(repr(error))


def test_processes_that_read_and_then_write_wait_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mailer.db'}"
    context = multiprocessing.get_context("spawn")
    barrier, said = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=count_up, args=(url, barrier, said)) for _ in range(PROCESSES)]
    with all_started(processes):
        assert [said.get(timeout=2 * PATIENCE_SECONDS) for _ in processes] == [""] * PROCESSES
        for process in processes:
            process.join(PATIENCE_SECONDS)
    with reading(open_database(url)) as connection:
        assert connection.scalar(text("SELECT max(count) FROM tally")) == PROCESSES * ROUNDS
        assert connection.scalar(text("SELECT count(DISTINCT count) FROM tally")) == PROCESSES * ROUNDS


def test_somebody_who_only_reads_waits_for_no_writer_and_sees_one_moment(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE tally (count INTEGER)"))
    with writing(engine) as writer:
        writer.execute(text("INSERT INTO tally VALUES (1)"))
        with reading(engine) as reader:
            assert reader.scalar(text("SELECT count(*) FROM tally")) == 0
            writer.commit()
            assert reader.scalar(text("SELECT count(*) FROM tally")) == 0
    with for_reading(engine).connect() as reader:
        assert reader.scalar(text("SELECT count(*) FROM tally")) == 1


@pytest.mark.parametrize(
    "url", ["", "mailer.db", "mysql://u:s3cret@db/x", "postgres://u:s3cret@db/x", "x://s3cret"]
)
def test_a_url_that_names_no_database_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"sqlite:///mailer\.db|not installed") as refusal:
        open_database(url)
    assert "s3cret" not in str(refusal.value)


def test_an_exception_undoes_tables_too(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    with pytest.raises(OperationalError), writing(engine) as connection:  # noqa: PT012 -- the first must go through
        connection.execute(text("CREATE TABLE tally (count INTEGER)"))
        connection.execute(text("INSERT INTO nothing_like_it VALUES (1)"))
    with reading(engine) as connection, pytest.raises(OperationalError):
        connection.scalar(text("SELECT count(*) FROM tally"))
