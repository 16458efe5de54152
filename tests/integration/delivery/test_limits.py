"""Limits hold in any window, over restarts and over processes; short windows stand in for minutes."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, StopSignal
from mailer.settings import Rate
from mailer.store import pace
from mailer.store.pace import Quota
from tests.builders.delivery import NOON, a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, FaultServer, fault_server
from tests.support.sender_process import a_sender, ending
from tests.support.waiting import one_of_three, until, until_async

STALL_SECONDS = 0.1


def times_of(server: FaultServer, *, after: int = 0) -> list[float]:
    return sorted(at for _, _, at in server.accepted)[after:]


def most_in(times: list[float], window: float) -> int:
    """The most in any window.

    The clock is read by a server in Python that may stall on a busy machine, and what piled up is then read at
    once: so a part of the window is left out, and a trial is made again when more piled up than that (hence
    ``one_of_three`` below). The exact law is held by ``store.pace`` and ``delivery.throttle`` in tests without a
    clock; here a limit that did not hold would let a whole second window's worth through, each time.
    """
    return max(sum(1 for at in times if start <= at < start + window - STALL_SECONDS) for start in times)


def test_a_limit_holds_in_any_window_and_is_used_up(tmp_path: Path) -> None:
    people, rate = 160, Rate(60, 1)

    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        issue_id = a_planned_issue(engine, people)
        with fault_server() as server:
            smtp = some_smtp(server.port, rate=(rate,))
            began = time.monotonic()
            asyncio.run(deliver(a_sending(engine, issue_id, server.port, smtp=smtp), stop=StopSignal()))
            seconds = time.monotonic() - began
        times = times_of(server)
        assert states_of(engine, issue_id) == {"accepted": people}
        assert seconds > people // 60, "no stall makes a sending shorter"
        used = people / 60 / (times[-1] - times[0])
        return "" if most_in(times, 1) <= 60 and used > 0.8 else f"{most_in(times, 1)} at most, {used:.0%} used"

    one_of_three(trial)


def a_database_in(folder: Path, attempt: int) -> Engine:
    path = folder / str(attempt)
    path.mkdir()
    return a_database(path)


def test_a_limit_holds_over_a_restart_after_a_kill(tmp_path: Path) -> None:
    rate = Rate(80, 1)

    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        a_planned_issue(engine, 1000)
        with fault_server() as server:
            for _ in range(3):
                target = len(server.accepted) + 60
                with a_sender(str(engine.url), server.port, rate=rate) as sender:
                    until(lambda target=target: len(server.accepted) >= target, process=sender)  # type: ignore[misc]
                    sender.kill()
        most = most_in(times_of(server), 1)
        return "" if most <= 80 else f"{most} at most"

    one_of_three(trial)


def test_a_limit_holds_over_two_processes_together(tmp_path: Path) -> None:
    rate = Rate(60, 1)

    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        a_planned_issue(engine, 180)

        def both_there(stage: str, count: int, argument: str) -> Fault | None:
            return Fault(until=lambda: server.connections >= 2) if stage == "CONNECT" else None

        with (
            fault_server(both_there) as server,
            a_sender(str(engine.url), server.port, rate=rate) as one,
            a_sender(str(engine.url), server.port, rate=rate) as other,
        ):
            sent = [ending(sender)[1] for sender in (one, other)]
        assert sum(sent) == 180
        most = most_in(times_of(server), 1)
        return "" if most <= 60 and min(sent) else f"{most} at most, of {sent}"

    one_of_three(trial)


def test_a_call_for_patience_slows_the_whole_sending_down(tmp_path: Path) -> None:
    def script(stage: str, count: int, argument: str) -> Fault | None:
        if stage == "BODY":
            return Fault(delay_seconds=0.01)
        return Fault("450 4.7.1 slow down, please") if stage == "RCPT" and count == 100 else None

    def trial(attempt: int) -> str:
        engine = a_database_in(tmp_path, attempt)
        issue_id = a_planned_issue(engine, 220)
        with fault_server(script) as server:
            sending = a_sending(engine, issue_id, server.port, smtp=some_smtp(server.port, connections=2))
            asyncio.run(deliver(sending, stop=StopSignal()))
        assert states_of(engine, issue_id) == {"accepted": 219, "deferred": 1}
        times = [at for _, _, at in server.accepted]
        before = 90 / (times[90] - times[0])
        after = 100 / (times[210] - times[110])
        return "" if after < 0.75 * before else f"{before:.0f} a second before, {after:.0f} after"

    one_of_three(trial)


def test_a_quota_that_is_used_up_stops_cleanly_when_asked(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 30)

    async def send_and_stop() -> Ending:
        stop = StopSignal()
        sending = a_sending(
            engine, issue_id, server.port, smtp=some_smtp(server.port, rate=(Rate(10, 86400),)), idle_seconds=0.2
        )
        task = asyncio.create_task(deliver(sending, stop=stop))
        await until_async(lambda: len(server.accepted) >= 10)
        await until_async(lambda: server.seen.get("QUIT"))  # idle connections are closed while nothing may go
        stop.request()
        return (await task).ending

    with fault_server() as server:
        assert asyncio.run(send_and_stop()) is Ending.INTERRUPTED
    assert states_of(engine, issue_id) == {"accepted": 10, "queued": 20}


MICRO = 1_000_000


def at(moment: datetime) -> int:
    return int(moment.timestamp() * MICRO)


def take(
    engine: Engine, quotas: list[Quota], wanted: int, now: datetime, interval_us: int = 0
) -> pace.Reservation:
    with engine.begin() as connection:
        return pace.reserve(connection, "smtp:a:25", interval_us, quotas, wanted, at(now))


def test_a_day_s_quota_counts_any_24_hours_and_opens_again_a_day_after_the_first(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    quota = Quota(100, 86400 * MICRO, 60 * MICRO)
    sent: list[datetime] = []
    now = NOON
    while now < NOON + timedelta(days=3):
        granted = take(engine, [quota], 7, now)
        sent += [now] * len(granted.slots_us)
        now += timedelta(minutes=7)
    day = timedelta(days=1)
    assert max(sum(1 for other in sent if start <= other < start + day) for start in sent) == 100
    assert len(sent) >= 3 * 95


def test_a_pace_that_stood_still_makes_up_for_a_little_of_it_and_not_for_more(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    take(engine, [], 1, NOON, 100_000)
    later = NOON + timedelta(minutes=5)
    with engine.begin() as connection:
        found = pace.reserve(connection, "smtp:a:25", 100_000, [], 20, at(later), catch_up_us=900_000)
    assert found.slots_us[0] == at(later) - 900_000
    assert sum(1 for slot in found.slots_us if slot <= at(later)) == 10


def test_an_unused_reservation_of_a_quota_can_be_given_back(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    quota = Quota(10, 86400 * MICRO, 60 * MICRO)
    assert len(take(engine, [quota], 10, NOON).slots_us) == 10
    assert take(engine, [quota], 1, NOON).slots_us == ()
    with engine.begin() as connection:
        pace.give_back(connection, "smtp:a:25", [quota], 4, at(NOON))
    assert len(take(engine, [quota], 10, NOON).slots_us) == 4


def test_the_end_of_an_even_pace_is_given_back_unless_somebody_reserved_beyond_it(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    mine = take(engine, [], 5, NOON, 100_000).slots_us

    def give_back() -> None:
        with engine.begin() as connection:
            end = mine[-1] + 100_000
            pace.give_back(connection, "smtp:a:25", [], 3, at(NOON), free_from_us=mine[2], free_until_us=end)

    give_back()
    again = take(engine, [], 1, NOON, 100_000).slots_us
    assert again == (mine[2],)
    give_back()
    assert take(engine, [], 1, NOON, 100_000).slots_us == (mine[3],)


@pytest.mark.parametrize("jump", [timedelta(hours=-2), timedelta(hours=2)])
def test_a_clock_that_jumps_neither_stops_the_pace_nor_lets_a_burst_through(
    jump: timedelta, tmp_path: Path
) -> None:
    engine = a_database(tmp_path)
    interval = 100_000
    before = take(engine, [], 5, NOON, interval)
    after = take(engine, [], 5, NOON + jump, interval)
    for reservation in (before, after):
        gaps = [b - a for a, b in zip(reservation.slots_us, reservation.slots_us[1:], strict=False)]
        assert gaps == [interval] * 4
    assert 0 <= after.slots_us[0] - at(NOON + jump) <= interval
