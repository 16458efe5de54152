from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.delivery.foresight import earliest_end
from mailer.delivery.hours import closes_at, is_open, opens_at
from mailer.settings import Hours, Ramp, Rate

BERLIN = ZoneInfo("Europe/Berlin")
DAYTIME = Hours(time(8), time(20), BERLIN)
NIGHT = Hours(time(22), time(6), BERLIN)
SPRING = Hours(time(2, 30), time(4), BERLIN)  # begins in the hour that one night of March does not have


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (DAYTIME, "2026-07-01T06:00", "2026-07-01T06:00"),  # eight in Berlin, in summer
        (DAYTIME, "2026-07-01T05:59", "2026-07-01T06:00"),
        (DAYTIME, "2026-07-01T18:00", "2026-07-02T06:00"),
        (DAYTIME, "2026-12-01T06:30", "2026-12-01T07:00"),  # in winter an hour later
        (DAYTIME, "2026-10-24T18:30", "2026-10-25T07:00"),  # over the night in which the clocks go back
        (NIGHT, "2026-07-01T20:00", "2026-07-01T20:00"),
        (NIGHT, "2026-07-01T23:30", "2026-07-01T23:30"),
        (NIGHT, "2026-07-01T04:00", "2026-07-01T20:00"),
        (SPRING, "2026-03-29T00:00", "2026-03-29T01:30"),  # half past two is half past three that night
    ],
)
def test_outside_the_hours_it_waits_for_their_beginning(hours: Hours, now: str, opens: str) -> None:
    assert opens_at(hours, utc(now)) == utc(opens)


times = st.times().map(lambda found: found.replace(microsecond=0, tzinfo=None))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])


@settings(max_examples=150, deadline=None)
@given(times, times, zones, st.integers(0, 15 * 365 * 86400))
def test_the_hours_always_begin_within_two_days(begins: time, ends: time, zone: str, seconds: int) -> None:
    if begins == ends:
        return
    hours, now = Hours(begins, ends, ZoneInfo(zone)), utc("2020-01-01") + timedelta(seconds=seconds)
    opens = opens_at(hours, now)
    assert now <= opens <= now + timedelta(days=2)
    assert closes_at(hours, now) > now
    if is_open(hours, now):
        assert opens == now


@pytest.mark.parametrize(
    ("messages", "rates", "hours", "ramp", "day", "end"),
    [
        (601, [Rate(600, 3600)], None, None, (0, 0), "2026-07-01T11:00"),
        (601, [Rate(600, 3600)], DAYTIME, None, (0, 0), "2026-07-01T11:00"),
        (6001, [Rate(600, 3600)], DAYTIME, None, (0, 0), "2026-07-02T08:00"),  # eight hours today, two tomorrow
        (100, [], None, Ramp(500, 2), (0, 0), "2026-07-01T10:00"),
        (600, [], None, Ramp(500, 2), (0, 0), "2026-07-02T10:00"),
        (600, [], None, Ramp(500, 2), (1, 500), "2026-07-02T10:00"),
        (3600, [], None, Ramp(500, 2), (0, 0), "2026-07-04T10:00"),  # 500, 1000, 2000, 100
        (600, [], NIGHT, Ramp(500, 2), (0, 0), "2026-07-02T20:00"),
        (4001, [Rate(2000, 86400)], None, None, (0, 0), "2026-07-03T10:00"),
    ],
)
def test_the_earliest_end_follows_from_limits_ramp_and_hours(
    messages: int, rates: list[Rate], hours: Hours | None, ramp: Ramp | None, day: tuple[int, int], end: str
) -> None:
    now = utc("2026-07-01T10:00")
    assert earliest_end(messages, rates, now, hours=hours, ramp=ramp, ramp_day=day) == utc(end)


def test_without_any_limit_nobody_can_tell() -> None:
    assert earliest_end(10, [], utc("2026-07-01T10:00")) is None
