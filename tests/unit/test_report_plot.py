from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailer.flows.report_plot import HEIGHT, MOST_BARS, WIDTH, begin_for, plot, step_for, words_for
from mailer.store.outcomes import Moment, common_words
from mailer.store.states import DeliveryState as S

NOON = datetime(2026, 5, 2, 12, 0, 7, tzinfo=UTC)


@given(
    seconds=st.integers(0, 40 * 86_400),
    counts=st.lists(st.integers(0, 10**7), min_size=4, max_size=4),
    places=st.lists(st.floats(0, 1.3), max_size=20),
)
def test_every_bar_lies_inside_the_plot_and_no_answer_is_lost(
    seconds: int, counts: list[int], places: list[float]
) -> None:
    ends = NOON + timedelta(seconds=seconds)
    step = step_for(ends - NOON)
    begins = begin_for(NOON, step)
    steps = {int(place * (ends - begins) / step) for place in places}
    filled = dict.fromkeys(S, 0) | dict(zip((S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN), counts, strict=True))
    moments = [Moment(begins + step * number, filled) for number in sorted(steps)]
    drawn = plot(moments, begins, ends, step)
    assert (ends - begins) / step <= MOST_BARS + 1
    for bar in drawn.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.1
        assert -4 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.1
    late = sum(1 for moment in moments if moment.begins > ends)
    assert drawn.later == late * sum(counts)


def test_steps_are_those_that_clocks_have() -> None:
    assert [words_for(step_for(timedelta(hours=hours))) for hours in (0, 0.2, 1, 5, 30, 24 * 90)] == [
        "second", "15 seconds", "2 minutes", "10 minutes", "hour", "2 days",
    ]  # fmt: skip


def test_a_bar_begins_at_a_round_time() -> None:
    assert begin_for(NOON, timedelta(minutes=5)) == datetime(2026, 5, 2, 12, 0, tzinfo=UTC)
    assert begin_for(NOON, timedelta(days=3)) == datetime(2026, 5, 2, tzinfo=UTC)


def test_replies_that_differ_in_names_and_numbers_only_are_one() -> None:
    pairs = [
        ("550 5.1.1 <ann@example.net>: User unknown", "550 5.1.1 <bob.b+x@example.com>: User unknown"),
        ("451 4.7.1 later (4FbzYk1n2Qz9)", "451 4.7.1 later (4Fc00a1b2c3d)"),
        ("550-5.1.1 no user a640c23a62f3a-0056cd.77 - gsmtp", "550-5.1.1 no user b1d2c3d4e5f60-11f0a.9 - gsmtp"),
        ("452 4.2.2 over quota 1234567", "452 4.2.2 over quota 89101112"),
    ]  # fmt: skip
    for one, other in pairs:
        code, enhanced = int(one[:3]), one[4:9]
        assert common_words(one, code, enhanced) == common_words(other, code, enhanced), one


def test_what_tells_replies_apart_is_kept() -> None:
    said = "554 5.7.1 Client host [192.0.2.25] blocked by zen.spamhaus.example; code S3150 at mx1.example.org"
    assert common_words(said, 554, "5.7.1") == said.removeprefix("554 5.7.1 ")


@given(st.text(max_size=300), st.sampled_from(["5.1.1", ""]))
def test_any_reply_has_words_that_fit(reply: str, enhanced: str) -> None:
    assert len(common_words(reply, 550, enhanced)) <= 160
