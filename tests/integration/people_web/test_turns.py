"""Web processes before one database: nobody is in another's way, and a database that was away is used again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from werkzeug.exceptions import ServiceUnavailable

from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from subscribers.web.turns import Turns, Writing
from tests.support.people_site import Site, a_site
from tests.support.smtp_server import smtp_server

PATIENCE_SECONDS = 60


def _hold(url: str, begun: Event, end: Event) -> None:
    def hold(_connection: Connection) -> None:
        begun.set()
        end.wait(PATIENCE_SECONDS)

    engine = open_database(url)
    Turns(engine).write(hold)
    engine.dispose()


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[Engine]:
    """A database with a table to write numbers to."""
    engine = open_database(f"sqlite:///{tmp_path / 'mailer.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


def noted(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT number FROM note ORDER BY number")).scalars())


def note(number: int) -> Writing:
    return lambda connection: connection.execute(text("INSERT INTO note VALUES (:number)"), {"number": number})


def together(turns: Turns, writings: list[Writing]) -> list[BaseException | None]:
    """Let them wait while another one has the turn, each in a thread of its own; what each of them raised."""
    begun, go = threading.Event(), threading.Event()
    errors: list[BaseException | None] = [None] * len(writings)

    def first(_connection: Connection) -> None:
        begun.set()
        go.wait(PATIENCE_SECONDS)

    def run(place: int, writing: Writing) -> None:
        try:
            turns.write(writing)
        except Exception as error:
            errors[place] = error

    threads = [threading.Thread(target=turns.write, args=(first,))]
    threads[0].start()
    assert begun.wait(PATIENCE_SECONDS)
    for place, writing in enumerate(writings):
        threads.append(threading.Thread(target=run, args=(place, writing)))
        threads[-1].start()
    give_up = time.monotonic() + PATIENCE_SECONDS
    while turns.waiting() < len(writings) and time.monotonic() < give_up:
        time.sleep(0.01)
    go.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return errors


def test_requests_that_waited_together_are_committed_together(notes: Engine) -> None:
    commits: list[Connection] = []
    event.listen(notes, "commit", commits.append)
    assert together(Turns(notes), [note(number) for number in range(5)]) == [None] * 5
    assert noted(notes) == [0, 1, 2, 3, 4]
    assert len(commits) == 2, "the one that they waited for, and theirs"


def test_a_request_that_fails_harms_no_other(notes: Engine) -> None:
    def fail(connection: Connection) -> None:
        note(7)(connection)
        raise ValueError("this one cannot be written")

    errors = together(Turns(notes), [note(1), fail, note(1), note(3)])
    assert noted(notes) == [1, 3]
    assert isinstance(errors[1], ValueError)
    assert sorted(type(error).__name__ for error in errors) == [
        "IntegrityError",
        "NoneType",
        "NoneType",
        "ValueError",
    ]


def test_when_their_commit_fails_all_of_them_are_told(notes: Engine) -> None:
    turns = Turns(notes)
    commits: list[Connection] = []

    def break_the_second(connection: Connection) -> None:
        commits.append(connection)
        if len(commits) == 2:
            raise OSError("no room on the disk")

    event.listen(notes, "commit", break_the_second)
    errors = together(turns, [note(1), note(2)])
    event.remove(notes, "commit", break_the_second)
    assert [type(error) for error in errors] == [OSError, OSError]
    assert noted(notes) == []
    turns.write(note(3))
    assert noted(notes) == [3]


def test_many_threads_of_one_process_lose_nothing(notes: Engine) -> None:
    turns = Turns(notes)

    def go(first: int) -> None:
        for number in range(first, first + 20):
            turns.write(note(number))

    threads = [threading.Thread(target=go, args=(place * 100,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(noted(notes)) == 80
    assert turns.waiting() == 0


def test_who_waits_too_long_for_another_process_is_told_to_come_back(notes: Engine) -> None:
    context = get_context("spawn")
    begun, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(str(notes.url), begun, end))
    holder.start()
    try:
        assert begun.wait(PATIENCE_SECONDS)
        turns = Turns(notes, longest_seconds=0.1)
        threading.Timer(0.3, end.set).start()
        with pytest.raises(ServiceUnavailable):
            turns.write(note(1))
        holder.join(PATIENCE_SECONDS)
        Turns(notes).write(note(2))
    finally:
        end.set()
        holder.join(PATIENCE_SECONDS)
        holder.kill()
    assert holder.exitcode == 0
    assert noted(notes) == [2]


@pytest.fixture
def postgres_site(postgres_url: str, tmp_path: Path) -> Iterator[Site]:
    engine = open_database(postgres_url)
    prepare_database(engine)
    with smtp_server() as server, a_site(engine, tmp_path, server) as opened:
        yield opened
    engine.dispose()


def test_a_database_that_went_away_is_not_ready_once_and_then_used_again(postgres_site: Site) -> None:
    client = postgres_site.client()
    assert client.post("/news/subscribe", data={"email": "one@example.org"}).status_code == 200
    operator = create_engine(postgres_site.engine.url, isolation_level="AUTOCOMMIT")
    with operator.connect() as other:
        other.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    operator.dispose()
    answers = [client.post("/news/subscribe", data={"email": "two@example.org"}).status_code for _ in range(2)]
    assert answers == [503, 200]
    assert postgres_site.state_of("two@example.org") == "pending"
    assert len(postgres_site.rows("outbox")) == 2
