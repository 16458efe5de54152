"""Nobody lost, at most one double per open connection: killed, stopped, paused, cancelled, shared."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, Outcome, Progress, StopSignal
from mailer.newsletter import OnUnknown
from mailer.store import ledger
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, IssueRow, WorkerRow
from subscribers.tables import SubscriptionRow, SuppressionRow
from tests.builders.delivery import NOON, a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, fault_server
from tests.support.sender_process import start_sender
from tests.support.smtp_server import smtp_server

MODES = pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
CONNECTIONS = 4


def slowly(stage: str, count: int, argument: str) -> Fault | None:
    return Fault(delay_seconds=0.004) if stage == "BODY" else None


@MODES
def test_killed_at_random_moments_nobody_is_lost_and_few_get_it_twice(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, kills = 700, 6
    issue_id = a_planned_issue(engine, people)
    chance = random.Random(7)
    with fault_server(slowly, pipelining=pipelining) as server:
        for _ in range(kills):
            sender = start_sender(str(engine.url), server.port, connections=CONNECTIONS, pipelining=pipelining)
            target = len(server.complete) + chance.randint(1, 90)
            wait_for(lambda target=target: len(server.complete) >= target)
            time.sleep(chance.random() * 0.01)
            assert sender.poll() is None, "the sender was done before it could be killed"
            sender.kill()
            sender.communicate()
        assert start_and_wait(engine, server.port) == "done"
        doubles = Counter(server.complete)
    assert states_of(engine, issue_id) == {"accepted": people}
    assert len(doubles) == people
    assert sum(doubles.values()) - people <= kills * CONNECTIONS


@MODES
def test_killed_with_hold_nobody_gets_it_twice(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, kills = 300, 3
    issue_id = a_planned_issue(engine, people)
    with fault_server(slowly, pipelining=pipelining) as server:
        for _ in range(kills):
            sender = start_sender(str(engine.url), server.port, connections=CONNECTIONS, policy=OnUnknown.HOLD)
            target = len(server.complete) + 30
            wait_for(lambda target=target: len(server.complete) >= target)
            sender.kill()
            sender.communicate()
        start_and_wait(engine, server.port, OnUnknown.HOLD)
        received = Counter(server.complete)
    counts = states_of(engine, issue_id)
    assert set(received.values()) == {1}
    assert counts["accepted"] + counts.get("unknown", 0) == people
    assert counts.get("unknown", 0) <= kills * CONNECTIONS
    assert len(received) >= counts["accepted"]


def start_and_wait(engine: Engine, port: int, policy: OnUnknown = OnUnknown.RESEND) -> str:
    sender = start_sender(str(engine.url), port, connections=CONNECTIONS, policy=policy)
    said, _ = sender.communicate(timeout=60)
    return said.split()[0]


def wait_for(condition, seconds: float = 20.0) -> None:  # type: ignore[no-untyped-def]
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.002)


def test_two_processes_share_the_work_and_never_a_row(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people = 600
    issue_id = a_planned_issue(engine, people)
    with fault_server(slowly) as server:
        senders = [start_sender(str(engine.url), server.port, connections=2) for _ in range(2)]
        sent = [int(sender.communicate(timeout=60)[0].split()[1]) for sender in senders]
    assert sum(sent) == people
    assert all(count > people // 20 for count in sent)
    assert states_of(engine, issue_id) == {"accepted": people}
    assert set(Counter(server.complete).values()) == {1}


def test_when_one_of_two_processes_is_killed_the_other_finishes_its_rows(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people = 500
    issue_id = a_planned_issue(engine, people)
    with fault_server(slowly) as server:
        doomed, other = (start_sender(str(engine.url), server.port, connections=2) for _ in range(2))
        wait_for(lambda: server.connections >= 4 and len(server.complete) > 60)
        doomed.kill()
        doomed.communicate()
        said, _ = other.communicate(timeout=60)
        received = Counter(server.complete)
    assert said.split()[0] == "done"
    assert states_of(engine, issue_id) == {"accepted": people}
    assert len(received) == people
    assert sum(received.values()) - people <= 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_in_flight_and_leaves_no_doubt(number: signal.Signals, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 2000)
    with fault_server(slowly) as server:
        sender = start_sender(str(engine.url), server.port)
        wait_for(lambda: len(server.complete) > 20)
        sender.send_signal(number)
        said, _ = sender.communicate(timeout=10)
        received = Counter(server.complete)
    counts = states_of(engine, issue_id)
    assert said.split()[0] == "interrupted"
    assert set(counts) == {"accepted", "queued"}
    assert counts["accepted"] == len(received) == sum(received.values())
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).where(WorkerRow.ended_at.is_(None))).scalar() == 0


def test_a_second_signal_stops_at_once_and_the_ledger_says_what_is_in_doubt(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 200)

    def silent(stage: str, count: int, argument: str) -> Fault | None:
        return Fault(delay_seconds=60) if stage == "BODY" and count > 10 else None

    with fault_server(silent) as server:
        sender = start_sender(str(engine.url), server.port, connections=2, policy=OnUnknown.HOLD)
        wait_for(lambda: server.seen.get("BODY", 0) >= 12)
        sender.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert sender.poll() is None
        sender.send_signal(signal.SIGINT)
        sender.communicate(timeout=3)
    assert states_of(engine, issue_id) == {"accepted": 10, "unknown": 2, "queued": 188}


@pytest.mark.parametrize("state", [SendingState.PAUSED, SendingState.CANCELLED])
def test_pause_and_cancel_by_another_process_take_effect_within_two_seconds(
    state: SendingState, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 3000)

    async def meddle() -> tuple[Outcome, float]:
        sending = asyncio.create_task(deliver(a_sending(engine, issue_id, server.port), stop=StopSignal()))
        await asyncio.sleep(0.4)
        with engine.begin() as connection:
            connection.execute(update(IssueRow).values(state=state.value, reason="by hand"))
            if state is SendingState.CANCELLED:
                ledger.skip_open(connection, issue_id, "cancelled by hand", NOON)
        asked = time.monotonic()
        return await sending, time.monotonic() - asked

    with fault_server(slowly) as server:
        outcome, seconds = asyncio.run(meddle())
    assert outcome.ending.value == state.value
    assert outcome.reason == "by hand"
    assert seconds < 2
    rest = "queued" if state is SendingState.PAUSED else "skipped"
    counts = states_of(engine, issue_id)
    assert set(counts) == {"accepted", rest}
    assert counts["accepted"] == len(server.complete) == len(set(server.complete))


@MODES
@pytest.mark.parametrize("drops", [False, True], ids=["reset", "reset dropped"])
def test_a_row_that_was_taken_away_in_hand_is_never_handed_over(
    pipelining: bool, drops: bool, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 40)

    def script(stage: str, count: int, argument: str) -> Fault | None:
        if stage == "BODY" and count == 5:
            with engine.begin() as connection:
                ledger.skip_open(connection, issue_id, "cancelled", NOON)
        return Fault(drop=True) if stage == "RSET" and drops else None

    with fault_server(script, pipelining=pipelining) as server:
        sending = a_sending(engine, issue_id, server.port, smtp=some_smtp(server.port, connections=2))
        outcome = asyncio.run(asyncio.wait_for(deliver(sending, stop=StopSignal()), 20))
    counts = states_of(engine, issue_id)
    assert outcome.ending is Ending.DONE
    assert set(counts) == {"accepted", "skipped"}
    assert counts["accepted"] == len(server.complete) == len(set(server.complete)) <= 8


def test_who_unsubscribes_or_is_suppressed_while_it_runs_gets_nothing_more(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 60)
    with engine.begin() as connection:
        connection.execute(update(SubscriptionRow).where(SubscriptionRow.id > 50).values(state="unsubscribed"))
        connection.execute(
            SuppressionRow.__table__.insert().values(  # type: ignore[attr-defined]
                address_hash="hash3", newsletter="", reason="complaint", detail="", at=NOON
            )
        )
        connection.execute(update(DeliveryRow).where(DeliveryRow.id == 5).values(subscription_id=None))
    with smtp_server() as server:
        outcome = asyncio.run(deliver(a_sending(engine, issue_id, server.port), stop=StopSignal()))
    assert outcome.ending is Ending.DONE
    assert states_of(engine, issue_id) == {"accepted": 48, "skipped": 12}
    assert not {"person3@example.org", "person4@example.org", "person55@example.org"} & set(server.recipients())


def test_a_second_call_goes_on_with_what_is_due_and_says_when_the_rest_is(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 10)
    busy = [True]

    def script(stage: str, count: int, argument: str) -> Fault | None:
        return Fault("450 4.2.0 try later") if stage == "RCPT" and "person7@" in argument and busy else None

    with fault_server(script) as server:
        sending = a_sending(engine, issue_id, server.port)
        first = asyncio.run(deliver(sending, stop=StopSignal()))
        second = asyncio.run(deliver(sending, stop=StopSignal()))
        with engine.begin() as connection:
            connection.execute(
                update(DeliveryRow).where(DeliveryRow.state == "deferred").values(next_attempt_at=NOON)
            )
        busy.clear()
        third = asyncio.run(deliver(sending, stop=StopSignal()))
    assert first.ending is second.ending is Ending.LATER
    assert first.due_at == second.due_at is not None
    assert second.sent == 0
    assert third.ending is Ending.DONE
    assert third.counts[DeliveryState.ACCEPTED] == 10
    with engine.connect() as connection:
        assert connection.execute(select(IssueRow.state)).scalar() == SendingState.FINISHED


def test_progress_is_told_and_adds_up(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 200)
    told: list[Progress] = []
    with fault_server(slowly) as server:
        sending = a_sending(engine, issue_id, server.port, smtp=some_smtp(server.port, connections=1))
        asyncio.run(deliver(sending, stop=StopSignal(), progress=told.append))
    assert all(step.audience == 200 for step in told)
    accepted = [step.counts[DeliveryState.ACCEPTED] for step in told]
    assert accepted == sorted(accepted)
    assert accepted[-1] == 200
    assert any(step.finish_at is not None and step.rate_per_second > 0 for step in told)


def test_a_mistake_in_composing_stops_the_sending_and_puts_everything_back(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 20)

    def broken(row: ledger.Leased):  # type: ignore[no-untyped-def]
        raise KeyError("no such slot")

    with smtp_server() as server, pytest.raises(KeyError, match="no such slot"):
        asyncio.run(deliver(a_sending(engine, issue_id, server.port, compose=broken), stop=StopSignal()))
    assert states_of(engine, issue_id) == {"queued": 20}


@pytest.mark.skipif(shutil.which("strace") is None, reason="NOT SHOWN: strace is not installed")
@MODES
def test_the_commit_is_on_the_disk_before_a_body_is_handed_over(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    a_planned_issue(engine, 6)
    trace = tmp_path / "trace"
    with fault_server(pipelining=pipelining) as server:
        calls = "trace=fdatasync,fsync,sendto,sendmsg,writev"
        watch = ["strace", "-f", "-y", "-s", "12", "-e", calls, "-o", str(trace)]
        sender = start_sender(str(engine.url), server.port, connections=1, pipelining=pipelining, under=watch)
        said, _ = sender.communicate(timeout=60)
    if said.split()[:2] != ["done", "6"]:
        pytest.skip("NOT SHOWN: strace may not look at other processes here")
    synced, bodies = 0, 0
    for line in trace.read_text().splitlines():
        if "sync(" in line and "mailer.db-wal" in line:
            synced += 1
        elif '"From: ' in line:
            assert synced, "a body left before the commit with its intent was on the disk"
            synced, bodies = 0, bodies + 1
    assert bodies == 6
