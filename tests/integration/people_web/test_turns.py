"""Web processes before one database: nobody is in another's way, and a database that was away is used again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from werkzeug.exceptions import ServiceUnavailable

from mailer.store.database import open_database
from mailer.store.migrate import prepare_database
from subscribers.web.turns import Turns
from tests.support.people_site import Site, a_site
from tests.support.smtp_server import smtp_server

PATIENCE_SECONDS = 60


def _hold(url: str, begun: Event, end: Event) -> None:
    with Turns(create_engine(url)).taken():
        begun.set()
        end.wait(PATIENCE_SECONDS)


def test_one_thread_of_one_process_has_the_turn_at_a_time(tmp_path: Path) -> None:
    turns = Turns(create_engine(f"sqlite:///{tmp_path / 'mailer.db'}"))
    inside: list[int] = []
    most: list[int] = []

    def go(number: int) -> None:
        for _ in range(20):
            with turns.taken():
                inside.append(number)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.remove(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(most) == 80
    assert max(most) == 1


def test_who_waits_too_long_for_another_process_is_told_to_come_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mailer.db'}"
    context = get_context("spawn")
    begun, end = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(url, begun, end))
    holder.start()
    try:
        assert begun.wait(PATIENCE_SECONDS)
        turns = Turns(create_engine(url), longest_seconds=0.1)
        threading.Timer(0.3, end.set).start()
        with pytest.raises(ServiceUnavailable), turns.taken():
            pass
        with turns.taken():
            pass
    finally:
        end.set()
        holder.join(PATIENCE_SECONDS)
        holder.kill()
    assert holder.exitcode == 0


def test_postgresql_needs_no_turns() -> None:
    turns = Turns(create_engine("postgresql+psycopg://nobody@127.0.0.1/none"))
    with turns.taken(), turns.taken():
        pass


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
