from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.allowing import network_of
from subscribers.limits import MICROSECONDS, Allowance, Bucket, pour

ALLOWANCES = st.builds(Allowance, st.integers(1, 40), st.integers(1, 3600))


@given(ALLOWANCES, st.lists(st.integers(0, 900 * MICROSECONDS), max_size=200))
def test_in_any_window_at_most_the_allowed_number_passes(allowance: Allowance, pauses: list[int]) -> None:
    bucket, full, now, passed = Bucket("x", allowance), dict[str, int](), 0, list[int]()
    for pause in pauses:
        now += pause
        went, full = pour([bucket], full, now)
        if went:
            passed.append(now)
    window = allowance.window_seconds * MICROSECONDS
    for first in passed:
        assert sum(first <= one < first + window for one in passed) <= allowance.count


@given(ALLOWANCES)
def test_half_of_an_allowance_passes_at_once_and_all_of_it_in_its_window(allowance: Allowance) -> None:
    bucket, full, passed = Bucket("x", allowance), dict[str, int](), 0
    for _ in range(allowance.count + 1):
        went, full = pour([bucket], full, 0)
        passed += went
    assert passed == (allowance.count + 1) // 2
    later = 0
    while passed < allowance.count:
        later += allowance.interval_us
        went, full = pour([bucket], full, later)
        assert went
        passed += 1
    assert later <= allowance.window_seconds * MICROSECONDS + allowance.count * MICROSECONDS


def test_one_whose_own_allowance_is_used_up_does_not_use_up_everybodys() -> None:
    mine, everybodys = Bucket("network:me", Allowance(2, 60)), Bucket("overall", Allowance(100, 60))
    full: dict[str, int] = {}
    for _ in range(50):
        _, full = pour([mine, everybodys], full, 0)
    assert full["overall"] == everybodys.allowance.interval_us


@given(st.integers(1, 100_000))
def test_the_shares_of_an_allowance_let_no_more_pass_than_it_does(count: int) -> None:
    allowance = Allowance(count, 60)
    assert 1 <= allowance.shares * allowance.share().count <= count


@pytest.mark.parametrize(("count", "seconds"), [(0, 1), (1, 0), (-1, 60)])
def test_an_allowance_lets_something_pass(count: int, seconds: int) -> None:
    with pytest.raises(ValueError, match="at least"):
        Allowance(count, seconds)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("a proxy's nonsense", "unknown"),
    ],
)
def test_a_network_is_what_one_household_has(address: str, network: str) -> None:
    assert network_of(address) == network
