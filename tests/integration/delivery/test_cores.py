"""The event loop and the ledger's thread keep to one core while they send; those that sign keep all."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest

from mailer.delivery.cores import ANY, staying_on, this_core, usable_cores
from mailer.delivery.engine import deliver
from mailer.delivery.model import Outgoing, Sending, StopSignal
from mailer.store.leasing import Leased
from tests.builders.delivery import a_database, a_message, a_planned_issue, a_sending, states_of
from tests.support.fault_server import fault_server

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="takes a Linux machine with two cores",
)
NOBODY = 10_000
"""No machine has so many cores."""


class Seen:
    """Composes, and notes on which cores the thread that does it and the ledger's may run."""

    def __init__(self) -> None:
        self.here: defaultdict[str, set[frozenset[int]]] = defaultdict(set)
        self.ledger: set[frozenset[int]] = set()

    def __call__(self, row: Leased) -> Outgoing:
        self.here[threading.current_thread().name.partition("-")[0]].add(frozenset(os.sched_getaffinity(0)))
        for thread in threading.enumerate():
            if thread.name == "ledger" and thread.native_id is not None:
                self.ledger.add(frozenset(os.sched_getaffinity(thread.native_id)))
        time.sleep(0.002)  # so that the event loop does not take all of it from those that compose ahead
        return a_message(row)


def test_while_an_issue_is_sent_the_event_loop_and_the_ledger_share_one_core(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id, seen, before = a_planned_issue(engine, 20), Seen(), os.sched_getaffinity(0)
    with fault_server() as server:
        asyncio.run(deliver(a_sending(engine, issue_id, server.port, compose=seen), stop=StopSignal()))
    assert states_of(engine, issue_id) == {"accepted": 20}
    assert [*seen.here.values()] == [seen.ledger]
    assert [len(cores) for cores in seen.ledger] == [1]
    assert os.sched_getaffinity(0) == before


def test_threads_that_sign_use_every_core_also_when_another_issue_is_being_sent(tmp_path: Path) -> None:
    seen = Seen()

    async def both(sendings: list[Sending]) -> None:
        await asyncio.gather(*(deliver(sending, stop=StopSignal()) for sending in sendings))

    with fault_server() as server:
        sendings = []
        for name in ("first", "second"):
            (folder := tmp_path / name).mkdir()
            engine = a_database(folder)
            issue_id = a_planned_issue(engine, 20)
            sendings.append(a_sending(engine, issue_id, server.port, compose=seen, composers=2))
        before = frozenset(os.sched_getaffinity(0))
        asyncio.run(both(sendings))
    assert len(server.accepted) == 40
    assert seen.here["compose"] == {before}
    assert os.sched_getaffinity(0) == before


def test_the_first_of_two_sendings_to_end_does_not_let_go_for_both() -> None:
    before, core = usable_cores(), this_core()
    first, second = staying_on(core), staying_on(core)
    first.__enter__()
    second.__enter__()
    assert usable_cores() == before
    first.__exit__(None, None, None)
    assert os.sched_getaffinity(0) == core
    second.__exit__(None, None, None)
    assert os.sched_getaffinity(0) == before


def test_a_core_that_the_system_does_not_give_changes_nothing() -> None:
    before = os.sched_getaffinity(0)
    with staying_on(frozenset({NOBODY})):
        assert os.sched_getaffinity(0) == before
    with staying_on(ANY):
        assert os.sched_getaffinity(0) == before
    assert os.sched_getaffinity(0) == before
