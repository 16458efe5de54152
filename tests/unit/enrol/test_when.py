from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.cli.when import parse_when
from mailer.errors import UsageError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=45)))


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-05-01T09:00+02:00", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ("2026-05-01 07:00Z", datetime(2026, 5, 1, 7, tzinfo=UTC)),
        ("2026-05-01T09:00", datetime(2026, 5, 1, 9, tzinfo=NOW.tzinfo)),
        ("13:30", datetime(2026, 3, 1, 13, 30, tzinfo=NOW.tzinfo)),
        ("9:00", datetime(2026, 3, 2, 9, 0, tzinfo=NOW.tzinfo)),
    ],
)
def test_a_moment_is_read_in_the_persons_zone(typed: str, moment: datetime) -> None:
    assert parse_when(typed, NOW) == moment


@pytest.mark.parametrize("typed", ["", "soon", "2026-05-01", "25:00", "2026-13-01T00:00", "2026-03-01T11:59", "9"])
def test_what_is_no_moment_to_come_is_said_so(typed: str) -> None:
    with pytest.raises(UsageError, match="--at"):
        parse_when(typed, NOW)


def test_a_year_that_is_a_slip_of_the_finger_is_refused() -> None:
    with pytest.raises(UsageError, match="more than a year"):
        parse_when("2062-05-01T09:00Z", NOW)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_a_usage_error(typed: str) -> None:
    with suppress(UsageError):
        assert parse_when(typed, NOW) > NOW


def test_zones_with_summer_time_are_kept() -> None:
    berlin = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert parse_when("2026-07-01T09:00+02:00", berlin).astimezone(UTC).hour == 7
