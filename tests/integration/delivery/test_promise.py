"""Nobody lost, at most one double per open connection: killed, stopped, paused, cancelled, shared."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass
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
from tests.support.sender_process import a_sender, ending, wait_for_asked
from tests.support.smtp_server import smtp_server
from tests.support.waiting import PATIENCE_SECONDS, one_of_three, until, until_async

MODES = pytest.mark.parametrize("pipelining", [False, True], ids=["lock-step", "pipelined"])
CONNECTIONS = 4


def slowly(stage: str, count: int, argument: str) -> Fault | None:
    return Fault(delay_seconds=0.004) if stage == "BODY" else None


@dataclass
class Gate:
    """The server answers to messages as far as this allows: so nobody is done before the test is."""

    open_for: int = 0

    def __call__(self, stage: str, count: int, argument: str) -> Fault | None:
        if stage != "BODY":
            return None
        return Fault(delay_seconds=0.004, until=lambda: count <= self.open_for)


@dataclass
class Together:
    """For so many rounds, the server answers when each of so many connections has handed over a message.

    A connection has one message without an answer at most: so each of them gets through one in each round.
    """

    connections: int
    rounds: int
    lifted: bool = False
    seen: int = 0

    def __call__(self, stage: str, count: int, argument: str) -> Fault | None:
        if stage != "BODY":
            return None
        self.seen = count
        if count > self.rounds * self.connections:
            return Fault(delay_seconds=0.004)
        whole_round = -(-count // self.connections) * self.connections
        return Fault(until=lambda: self.lifted or self.seen >= whole_round)


@MODES
def test_killed_at_random_moments_nobody_is_lost_and_few_get_it_twice(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, kills = 700, 6
    issue_id = a_planned_issue(engine, people)
    chance, gate = random.Random(7), Gate()
    with fault_server(gate, pipelining=pipelining) as server:
        for _ in range(kills):
            so_far = len(server.complete)
            target = so_far + chance.randint(1, 90)
            gate.open_for = so_far + 100  # 6 * 100 and what is in flight is less than there are people
            with a_sender(str(engine.url), server.port, connections=CONNECTIONS, pipelining=pipelining) as sender:
                until(lambda target=target: len(server.complete) >= target, process=sender)  # type: ignore[misc]
                time.sleep(chance.random() * 0.01)
                assert sender.poll() is None
                sender.kill()
        gate.open_for = 10 * people
        assert send_to_the_end(engine, server.port) == "done"
        doubles = Counter(server.complete)
    assert states_of(engine, issue_id) == {"accepted": people}
    assert len(doubles) == people
    assert sum(doubles.values()) - people <= kills * CONNECTIONS


@MODES
def test_killed_with_hold_nobody_gets_it_twice(pipelining: bool, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, kills = 200, 3
    issue_id = a_planned_issue(engine, people)
    gate = Gate()
    with fault_server(gate, pipelining=pipelining) as server:
        for _ in range(kills):
            target = len(server.complete) + 30
            gate.open_for = target + 20
            with a_sender(str(engine.url), server.port, connections=CONNECTIONS, policy=OnUnknown.HOLD) as sender:
                until(lambda target=target: len(server.complete) >= target, process=sender)  # type: ignore[misc]
                sender.kill()
        gate.open_for = people
        send_to_the_end(engine, server.port, OnUnknown.HOLD)
        received = Counter(server.complete)
    counts = states_of(engine, issue_id)
    assert set(received.values()) == {1}
    assert counts["accepted"] + counts.get("unknown", 0) == people
    assert counts.get("unknown", 0) <= kills * CONNECTIONS
    assert len(received) >= counts["accepted"]


def send_to_the_end(engine: Engine, port: int, policy: OnUnknown = OnUnknown.RESEND) -> str:
    with a_sender(str(engine.url), port, connections=CONNECTIONS, policy=policy) as sender:
        return ending(sender)[0]


def test_two_processes_share_the_work_and_never_a_row(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, rounds = 300, 10
    issue_id = a_planned_issue(engine, people)
    with (
        fault_server(Together(4, rounds)) as server,
        a_sender(str(engine.url), server.port, connections=2) as one,
        a_sender(str(engine.url), server.port, connections=2) as other,
    ):
        sent = [ending(sender)[1] for sender in (one, other)]
    assert sum(sent) == people
    assert all(count >= 2 * rounds for count in sent)
    assert states_of(engine, issue_id) == {"accepted": people}
    assert set(Counter(server.complete).values()) == {1}


def test_when_one_of_two_processes_is_killed_the_other_finishes_its_rows(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    people, rounds = 300, 15
    together = Together(4, rounds)
    issue_id = a_planned_issue(engine, people)
    with (
        fault_server(together) as server,
        a_sender(str(engine.url), server.port, connections=2) as doomed,
        a_sender(str(engine.url), server.port, connections=2) as other,
    ):
        # the first rounds end only with messages of both, so here both are in the middle of their rows
        until(lambda: len(server.complete) > 4 * (rounds - 5), process=doomed)
        doomed.kill()
        doomed.wait()
        together.lifted = True
        how, _ = ending(other)
        received = Counter(server.complete)
    assert how == "done"
    assert states_of(engine, issue_id) == {"accepted": people}
    assert len(received) == people
    assert sum(received.values()) - people <= 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_what_is_in_flight_and_leaves_no_doubt(number: signal.Signals, tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 200)
    gate = Gate(open_for=20)
    with fault_server(gate) as server, a_sender(str(engine.url), server.port) as sender:
        until(lambda: len(server.complete) > 20, process=sender)
        sender.send_signal(number)
        wait_for_asked(sender)
        gate.open_for = 200
        how, _ = ending(sender)
        received = Counter(server.complete)
    counts = states_of(engine, issue_id)
    assert how == "interrupted"
    assert set(counts) == {"accepted", "queued"}
    assert counts["accepted"] == len(received) == sum(received.values())
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).where(WorkerRow.ended_at.is_(None))).scalar() == 0


def test_a_second_signal_stops_at_once_and_the_ledger_says_what_is_in_doubt(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 200)
    with (
        fault_server(Gate(open_for=10)) as server,
        a_sender(str(engine.url), server.port, connections=2, policy=OnUnknown.HOLD) as sender,
    ):
        until(lambda: server.seen.get("BODY", 0) >= 12, process=sender)
        sender.send_signal(signal.SIGINT)
        wait_for_asked(sender)
        time.sleep(0.3)
        assert sender.poll() is None, "the first signal waits for what is in flight"
        sender.send_signal(signal.SIGINT)
        ending(sender)  # the server says nothing any more: this is the second signal's doing
    assert states_of(engine, issue_id) == {"accepted": 10, "unknown": 2, "queued": 188}


@pytest.mark.parametrize("state", [SendingState.PAUSED, SendingState.CANCELLED])
def test_pause_and_cancel_by_another_process_take_effect_within_two_seconds(
    state: SendingState, tmp_path: Path
) -> None:
    def trial(attempt: int) -> str:
        folder = tmp_path / str(attempt)
        folder.mkdir()
        engine = a_database(folder)
        issue_id = a_planned_issue(engine, 3000)

        async def meddle() -> tuple[Outcome, float]:
            sending = asyncio.create_task(deliver(a_sending(engine, issue_id, server.port), stop=StopSignal()))
            await until_async(lambda: len(server.complete) > 20)
            with engine.begin() as connection:
                connection.execute(update(IssueRow).values(state=state.value, reason="by hand"))
                if state is SendingState.CANCELLED:
                    ledger.skip_open(connection, issue_id, "cancelled by hand", NOON)
            asked = time.monotonic()
            return await sending, time.monotonic() - asked

        # 3000 answers on 3 connections, each 4 ms late: for four seconds at least there is something to stop
        with fault_server(slowly) as server:
            outcome, seconds = asyncio.run(meddle())
        if seconds >= 2:
            return f"took {seconds:.1f} seconds"
        assert outcome.ending.value == state.value
        assert outcome.reason == "by hand"
        rest = "queued" if state is SendingState.PAUSED else "skipped"
        counts = states_of(engine, issue_id)
        assert set(counts) == {"accepted", rest}
        assert counts["accepted"] == len(server.complete) == len(set(server.complete))
        return ""

    one_of_three(trial)


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
        outcome = asyncio.run(asyncio.wait_for(deliver(sending, stop=StopSignal()), PATIENCE_SECONDS))
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
        url = str(engine.url)
        with a_sender(url, server.port, connections=1, pipelining=pipelining, under=watch) as sender:
            said, _ = sender.communicate(timeout=PATIENCE_SECONDS)
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
