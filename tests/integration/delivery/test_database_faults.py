"""A database that fails in the middle stops the sending truthfully; what it said before holds."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text

from mailer.delivery.engine import deliver
from mailer.delivery.model import StopSignal
from mailer.errors import DatabaseError
from mailer.store.database import open_database
from tests.builders.delivery import a_database, a_message, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, FaultServer, fault_server

MODES = pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
PEOPLE, CONNECTIONS = 400, 3


def slowly(stage: str, count: int, argument: str) -> Fault | None:
    return Fault(delay_seconds=0.003) if stage == "BODY" else None


def send_and_fail(engine: Engine, issue_id: int, server: FaultServer) -> str:
    smtp = some_smtp(server.port, connections=CONNECTIONS)
    with pytest.raises(DatabaseError) as raised:
        asyncio.run(deliver(a_sending(engine, issue_id, server.port, smtp=smtp), stop=StopSignal()))
    return str(raised.value)


def send_the_rest(engine: Engine, issue_id: int, server: FaultServer) -> None:
    asyncio.run(deliver(a_sending(engine, issue_id, server.port), stop=StopSignal()))
    received = Counter(server.complete)
    assert states_of(engine, issue_id) == {"accepted": PEOPLE}
    assert len(received) == PEOPLE
    assert sum(received.values()) - PEOPLE <= CONNECTIONS


@MODES
def test_a_full_disk_stops_the_sending_and_the_next_one_goes_on(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    full = open_database(str(engine.url))

    @event.listens_for(full, "connect")
    def no_more_pages(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 1}")

    with fault_server(slowly, pipelining=pipelining) as server:
        sentence = send_and_fail(full, issue_id, server)
        assert "full" in sentence
        assert "go on" in sentence
        assert len(server.complete) < PEOPLE
        send_the_rest(engine, issue_id, server)


@MODES
def test_a_ledger_that_stays_locked_stops_the_sending(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, PEOPLE)
    impatient = open_database(str(engine.url))

    @event.listens_for(impatient, "connect")
    def wait_less(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 100")

    blocker = sqlite3.connect(tmp_path / "mailer.db", timeout=60, isolation_level=None, check_same_thread=False)

    def lock_in_the_middle(stage: str, count: int, argument: str) -> Fault | None:
        if stage == "BODY" and count == 20:
            blocker.execute("BEGIN IMMEDIATE")
        return None

    with fault_server(lock_in_the_middle, pipelining=pipelining) as server:
        assert "locked" in send_and_fail(impatient, issue_id, server)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert len(server.complete) < PEOPLE
        send_the_rest(engine, issue_id, server)


@MODES
def test_a_postgresql_that_goes_away_stops_the_sending_and_the_next_one_goes_on(
    pipelining: bool, postgres_url: str
) -> None:
    from subscribers.tables import Base

    engine = open_database(postgres_url)
    Base.metadata.create_all(engine)
    issue_id = a_planned_issue(engine, PEOPLE)
    admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")

    def cut(stage: str, count: int, argument: str) -> Fault | None:
        if stage == "BODY" and count == 50:
            with admin.connect() as connection:
                others = "pid <> pg_backend_pid() AND datname = current_database()"
                connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        return slowly(stage, count, argument)

    with fault_server(cut, pipelining=pipelining) as server:
        sentence = send_and_fail(engine, issue_id, server)
        assert "ledger cannot be written" in sentence
        engine.dispose()
        send_the_rest(engine, issue_id, server)
    engine.dispose()
    admin.dispose()


def test_the_whole_sending_runs_on_postgresql(postgres_url: str) -> None:
    from subscribers.tables import Base

    engine = open_database(postgres_url)
    Base.metadata.create_all(engine)
    issue_id = a_planned_issue(engine, 200)
    with fault_server() as server:
        sending = a_sending(engine, issue_id, server.port, compose=lambda row: a_message(row, size_bytes=20_000))
        asyncio.run(deliver(sending, stop=StopSignal()))
    assert states_of(engine, issue_id) == {"accepted": 200}
    assert len(server.recipients()) == len(set(server.recipients())) == 200
    engine.dispose()
