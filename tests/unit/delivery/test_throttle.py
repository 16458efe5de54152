from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.delivery.throttle import CATCH_UP, HEADROOM, SLACK, AdaptivePace, Window, limits_of
from mailer.settings import Rate

SECOND = 1_000_000
rates = st.builds(Rate, st.integers(1, 5000), st.sampled_from([1, 2, 60, 600, 3600]))


def most_in_a_window(moments: list[float], window: float) -> int:
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most


@settings(max_examples=50, deadline=None)
@given(st.lists(rates, min_size=1, max_size=3), st.integers(0, 2**32))
def test_every_limit_holds_in_every_window_however_late_the_messages_come(
    given_rates: list[Rate], seed: int
) -> None:
    chance = random.Random(seed)
    limits = limits_of(given_rates)
    windows = [Window(rate) for rate in given_rates]
    interval = limits.interval_us / SECOND
    for window in windows:
        window.granted([number * interval for number in range(2000)])
    handed: list[float] = []
    now = 0.0
    for number in range(2000):
        now = max(now, number * interval)
        if chance.random() < 0.01:
            now += chance.random() * 30 * interval  # the sender is held up, then has much to catch up with
        while wait := max(window.wait_seconds(now) for window in windows):
            now += wait
        for window in windows:
            window.handed_over(now)
        handed.append(now)
    for rate in given_rates:
        assert most_in_a_window(handed, rate.window_seconds) <= rate.count


def test_a_sender_that_was_held_up_catches_up_within_the_limit() -> None:
    rate = Rate(100, 2)
    window = Window(rate)
    interval = limits_of([rate]).interval_us / SECOND
    window.granted([number * interval for number in range(1000)])
    now = 0.0
    for number in range(1000):
        now = max(now, number * interval + (0.3 if number % 50 == 0 else 0))
        while wait := window.wait_seconds(now):
            now += wait
        window.handed_over(now)
    assert now - 999 * interval < 0.35


@given(rates)
def test_the_even_pace_stays_within_five_percent_of_the_limit(rate: Rate) -> None:
    limits = limits_of([rate])
    assert rate.window_seconds * SECOND / limits.interval_us >= 0.95 * rate.count


def test_the_pace_and_what_may_follow_closer_stay_below_the_limit() -> None:
    assert HEADROOM + CATCH_UP + SLACK < 1


def test_days_become_quotas_and_short_windows_a_pace() -> None:
    limits = limits_of([Rate(30, 60), Rate(2000, 86400)])
    assert limits.interval_us == 2_051_966
    assert [(quota.count, quota.window_us) for quota in limits.quotas] == [(2000, 86400 * SECOND)]
    assert limits_of([]).unlimited


def test_a_worker_reserves_a_quarter_of_a_second_of_pace_and_little_of_a_quota() -> None:
    assert limits_of([Rate(600, 60)]).chunk(102_598) == 2
    assert limits_of([Rate(1, 60)]).chunk(61_000_000) == 1
    assert limits_of([Rate(2000, 86400)]).chunk(0) == 10


def test_when_the_server_asks_for_patience_the_pace_halves_once_and_climbs_back() -> None:
    pace = AdaptivePace()
    assert pace.ceiling(0) == 0
    pace.slow(0.0, 100.0)
    pace.slow(0.1, 50.0)  # the same trouble, told by another connection
    assert pace.ceiling(0.1) < 51
    pace.slow(20.0, 55.0)
    assert 27 <= pace.ceiling(20.0) <= 30
    climbing = [pace.ceiling(20.0 + second) for second in range(0, 300, 10)]
    rising = climbing[: climbing.index(0.0)] if 0.0 in climbing else climbing
    assert rising == sorted(rising)
    assert 0.0 in climbing, "in the end nothing is held back any more"


def test_a_server_that_goes_on_asking_is_obeyed_again_after_a_few_seconds() -> None:
    pace = AdaptivePace()
    for tenth in range(70):  # it wants no more than 120 a second, and we began with 400
        now = tenth / 10
        if not pace.ceiling(now) or pace.ceiling(now) > 120:
            pace.slow(now, 400.0)
    assert 60 <= pace.ceiling(7.0) <= 120


def test_the_adaptive_pace_never_passes_the_limit() -> None:
    limits = limits_of([Rate(60, 60)])
    pace = AdaptivePace()
    assert pace.interval_us(0.0, limits) == limits.interval_us
    pace.slow(0.0, 1.0)
    assert pace.interval_us(0.0, limits) == 2 * SECOND
