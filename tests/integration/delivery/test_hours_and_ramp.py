"""A new sender's volume grows by the day, and issues go out in their hours only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, StopSignal
from mailer.settings import Hours, Ramp
from mailer.store import pace
from tests.builders.delivery import NOON, a_database, a_planned_issue, a_sending, some_smtp, states_of
from tests.support.fault_server import Fault, fault_server
from tests.support.waiting import PATIENCE_SECONDS, until_async

DAY = timedelta(days=1)
RAMP = Ramp(50, 2.0)


def micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6)


def take(engine: Engine, wanted: int, now: datetime, ramp: Ramp = RAMP) -> int:
    with engine.begin() as connection:
        return len(pace.reserve(connection, "smtp:a:25", 0, [], wanted, micros(now), ramp=ramp).slots_us)


def test_the_volume_grows_after_each_day_that_was_used(database: Engine) -> None:
    found = [take(database, 10_000, NOON + day * (DAY + timedelta(minutes=10))) for day in range(5)]
    assert found == [50, 100, 200, 400, 800]


def test_waiting_does_not_make_a_sender_known(database: Engine) -> None:
    assert take(database, 60, NOON) == 50
    assert take(database, 10_000, NOON + timedelta(hours=23)) == 0
    assert take(database, 20, NOON + 7 * DAY) == 20  # of 100: not half of it
    assert take(database, 10_000, NOON + 14 * DAY) == 100
    assert take(database, 10_000, NOON + 30 * DAY) == 200


def test_in_any_24_hours_no_more_goes_than_the_last_of_them_allows(database: Engine) -> None:
    sent: list[datetime] = []
    for minutes in range(0, 5 * 1440, 25):
        now = NOON + timedelta(minutes=minutes)
        sent += [now] * take(database, 7, now)
    for start in sent:
        window = [at for at in sent if start <= at < start + DAY]
        assert len(window) <= RAMP.on_day(int((window[-1] - NOON) / DAY))


def test_what_was_not_used_of_a_ramp_is_given_back(database: Engine) -> None:
    assert take(database, 50, NOON) == 50
    with database.begin() as connection:
        pace.give_back(connection, "smtp:a:25", [], 30, micros(NOON), ramp=RAMP)
        assert pace.ramp_day(connection, "smtp:a:25", RAMP, micros(NOON)) == (0, 20)
    assert take(database, 100, NOON) == 30


def test_a_sending_stops_where_the_ramps_day_ends(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 60)

    async def send_and_stop() -> None:
        stop = StopSignal()
        smtp = some_smtp(server.port, ramp=Ramp(40, 2.0))
        task = asyncio.create_task(deliver(a_sending(engine, issue_id, server.port, smtp=smtp), stop=stop))
        await until_async(lambda: len(server.accepted) >= 40)
        await asyncio.sleep(0.3)
        stop.request()
        await task

    with fault_server() as server:
        asyncio.run(asyncio.wait_for(send_and_stop(), PATIENCE_SECONDS))
    assert states_of(engine, issue_id) == {"accepted": 40, "queued": 20}


def test_outside_its_hours_an_issue_waits_and_says_until_when(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 10)
    hours = Hours(time(8), time(20), ZoneInfo("UTC"))
    night = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)
    with fault_server() as server:
        smtp = some_smtp(server.port, hours=hours)
        sending = a_sending(engine, issue_id, server.port, smtp=smtp, now=lambda: night)
        outcome = asyncio.run(deliver(sending, stop=StopSignal()))
        assert server.accepted == []
        assert outcome.ending is Ending.LATER
        assert outcome.due_at == outcome.closed_until == datetime(2026, 7, 2, 8, tzinfo=UTC)
        morning = night + timedelta(hours=10)
        sending = a_sending(engine, issue_id, server.port, smtp=smtp, now=lambda: morning)
        outcome = asyncio.run(deliver(sending, stop=StopSignal()))
    assert (outcome.ending, outcome.closed_until) == (Ending.DONE, None)
    assert states_of(engine, issue_id) == {"accepted": 10}


def test_when_the_hours_end_messages_in_flight_are_finished_and_the_rest_waits(tmp_path: Path) -> None:
    engine = a_database(tmp_path)
    issue_id = a_planned_issue(engine, 500)
    hours = Hours(time(8), time(20), ZoneInfo("UTC"))
    evening = datetime(2026, 7, 1, 20, tzinfo=UTC)
    begun: list[float] = []

    def clock() -> datetime:
        """It stands half a second before eight until the sending is under way; then it goes."""
        if not begun and len(server.accepted) > 20:
            begun.append(monotonic())
        return evening - timedelta(seconds=0.5) + timedelta(seconds=monotonic() - begun[0] if begun else 0)

    def script(stage: str, count: int, argument: str) -> Fault | None:
        return Fault(until=lambda: clock() > evening) if stage == "BODY" and count > 100 else None

    with fault_server(script) as server:
        sending = a_sending(engine, issue_id, server.port, smtp=some_smtp(server.port, hours=hours), now=clock)
        outcome = asyncio.run(asyncio.wait_for(deliver(sending, stop=StopSignal()), PATIENCE_SECONDS))
    assert outcome.ending is Ending.LATER
    assert outcome.due_at == datetime(2026, 7, 2, 8, tzinfo=UTC)
    states = states_of(engine, issue_id)
    assert set(states) == {"accepted", "queued"}
    assert states["accepted"] == len(server.accepted) > 0
