"""Messages composed on threads ahead of their turn arrive like any others."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from mailer.delivery.ahead import Ahead
from mailer.delivery.engine import deliver
from mailer.delivery.model import Outgoing, Refused, StopSignal
from mailer.store.ledger import Leased
from tests.builders.delivery import a_database, a_message, a_planned_issue, a_sending, states_of
from tests.support.fault_server import fault_server

ROW = Leased(7, 7, 1, "a@example.org", 0)


def test_everybody_gets_their_own_message_and_refusals_are_kept(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 60)
    threads: set[str] = set()

    def compose(row: Leased) -> Outgoing:
        threads.add(threading.current_thread().name)
        if row.delivery_id % 10 == 0:
            raise Refused("no such form of address")
        time.sleep(0.002)
        return a_message(row)

    with fault_server() as server:
        sending = a_sending(engine, issue_id, server.port, compose=compose, composers=2)
        asyncio.run(deliver(sending, stop=StopSignal()))
    assert states_of(engine, issue_id) == {"accepted": 54, "refused": 6}
    for recipient, body, _ in server.accepted:
        assert f"To: {recipient}".encode() in body
    assert any(name.startswith("compose") for name in threads)


def test_an_error_while_composing_stops_the_sending_and_loses_nobody(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 20)

    def compose(row: Leased) -> Outgoing:
        if row.delivery_id == 11:
            raise ZeroDivisionError
        return a_message(row)

    with fault_server() as server:
        sending = a_sending(engine, issue_id, server.port, compose=compose, composers=2)
        with pytest.raises(ZeroDivisionError):
            asyncio.run(deliver(sending, stop=StopSignal()))
    states = states_of(engine, issue_id)
    assert set(states) == {"accepted", "queued"}
    assert sum(states.values()) == 20


@pytest.mark.parametrize("threads", [0, 1])
def test_what_was_forgotten_is_made_again(threads: int) -> None:
    made: list[int] = []

    def compose(row: Leased) -> Outgoing:
        made.append(row.delivery_id)
        return a_message(row)

    ahead = Ahead(compose, threads)
    ahead.expect([ROW])
    ahead.forget(ROW)
    assert ahead.take(ROW) == a_message(ROW)
    ahead.close()
    assert 1 <= len(made) <= 1 + threads
