"""The sans-IO core against a model server that answers each command in order, its replies split anywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.delivery.pipeline import CHANGES, Closing, Event, Pipeline, Ready, Settled, State, Write
from mailer.delivery.replies import Stage

ENVELOPE = (b"MAIL FROM:<a@b.c>", b"RCPT TO:<d@e.f>")
codes = st.sampled_from([250, 250, 250, 250, 250, 450, 550, 503])


def feed(core: Pipeline[int], data: bytes, cuts: list[int]) -> list[Event[int]]:
    events: list[Event[int]] = []
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        events += core.receive(data[start:end])
    return events


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(codes, codes, st.sampled_from([354, 354, 354, 451, 554]), codes), min_size=1, max_size=8),
    st.lists(st.integers(0, 10_000), max_size=6),
    st.booleans(),
)
def test_every_reply_is_matched_to_its_message_wherever_the_stream_is_split(
    plan: list[tuple[int, int, int, int]], cuts: list[int], multiline: bool
) -> None:
    """Each message n gets exactly one word, and it is the first bad reply to it or the one to its body."""
    core: Pipeline[int] = Pipeline()
    settled: list[tuple[int, Stage, int]] = []
    written = core.envelope(0, *ENVELOPE)
    following = 1
    replies: list[int] = []

    def answers_to(data: bytes, number: int) -> list[int]:
        mail, rcpt, start, _ = plan[number]
        return [250] * data.count(b"RSET") + [mail, rcpt, start]

    replies += answers_to(written, 0)
    while replies:
        events = feed(core, b"".join(reply_bytes(code, multiline) for code in replies), cuts)
        replies = []
        for event in events:
            assert not isinstance(event, Closing)
            if isinstance(event, Write):
                assert event.data == b".\r\n"
                replies.append(250)
            elif isinstance(event, Ready):
                core.body_sent()
                replies.append(plan[event.tag][3])
                if following < len(plan):
                    replies += answers_to(core.envelope(following, *ENVELOPE), following)
                    following += 1
            elif isinstance(event, Settled):
                settled.append((event.tag, event.stage, event.reply.code))
                if event.tag == following - 1 and following < len(plan):
                    replies += answers_to(core.envelope(following, *ENVELOPE), following)
                    following += 1
    assert settled == [(number, *word_on(*codes)) for number, codes in enumerate(plan)]
    assert core.unsettled() == []


def word_on(mail: int, rcpt: int, start: int, body: int) -> tuple[Stage, int]:
    for stage, code, good in ((Stage.MAIL, mail, 250), (Stage.RCPT, rcpt, 250), (Stage.DATA, start, 354)):
        if code != good:
            return stage, code
    return Stage.BODY, body


def reply_bytes(code: int, multiline: bool) -> bytes:
    return b"%d-first\r\n%d second\r\n" % (code, code) if multiline else b"%d words\r\n" % code


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_no_bytes_whatever_break_the_core(data: bytes, cuts: list[int]) -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(0, *ENVELOPE)
    words = [event for event in feed(core, data, cuts) if isinstance(event, Settled)]
    assert len(words) + len(core.unsettled()) == 1


@given(st.lists(st.integers(0, 60), max_size=5))
def test_a_421_at_any_reply_settles_its_message_and_closes(cuts: list[int]) -> None:
    for good, stage in ((0, Stage.MAIL), (1, Stage.RCPT), (2, Stage.DATA)):
        core: Pipeline[int] = Pipeline()
        core.envelope(7, *ENVELOPE)
        events = feed(core, b"250 ok\r\n" * good + b"421 4.3.2 bye\r\n250 ignored\r\n", cuts)
        assert [type(event) for event in events] == [Settled, Closing]
        settled = events[0]
        assert isinstance(settled, Settled)
        assert (settled.tag, settled.stage, settled.reply.code) == (7, stage, 421)
        assert core.closed


def test_a_421_to_a_body_leaves_the_next_envelope_unsettled_and_not_handed_over() -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    assert core.receive(b"250 a\r\n250 b\r\n354 c\r\n") == [Ready(1)]
    core.body_sent()
    core.envelope(2, *ENVELOPE)
    events = core.receive(b"421 4.7.0 enough\r\n")
    assert [type(event) for event in events] == [Settled, Closing]
    assert core.unsettled() == [(2, False)]


def test_when_the_connection_is_lost_a_body_without_an_answer_is_told_apart_from_an_envelope() -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    core.receive(b"250 a\r\n250 b\r\n354 c\r\n")
    core.body_sent()
    core.envelope(2, *ENVELOPE)
    core.receive(b"25")
    assert core.end() == []
    assert core.unsettled() == [(1, True), (2, False)]


def test_a_recipient_that_was_refused_keeps_its_reply_when_the_connection_is_lost_before_data_is_answered() -> (
    None
):
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    assert core.receive(b"250 ok\r\n550 5.1.1 no\r\n") == []
    (settled,) = core.end()
    assert isinstance(settled, Settled)
    assert (settled.stage, settled.reply.code) == (Stage.RCPT, 550)
    assert core.unsettled() == []


def test_after_a_refused_recipient_the_next_envelope_begins_with_a_reset() -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    core.receive(b"250 ok\r\n550 5.1.1 no\r\n554 no valid recipients\r\n")
    assert core.envelope(2, *ENVELOPE).startswith(b"RSET\r\nMAIL FROM:")


def test_an_envelope_out_of_turn_is_a_broken_promise() -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    with pytest.raises(RuntimeError):
        core.envelope(2, *ENVELOPE)
    with pytest.raises(RuntimeError):
        core.body_sent()


@pytest.mark.parametrize(
    "nonsense",
    [b"hello\r\n", b"25 ok\r\n", b"250_ok\r\n", b"999 x\r\n", b"250-" + b"x" * 9000, b"250-x\r\n" * 8000],
)
def test_nonsense_and_endless_replies_close_the_connection(nonsense: bytes) -> None:
    core: Pipeline[int] = Pipeline()
    core.envelope(1, *ENVELOPE)
    (closing,) = core.receive(nonsense)
    assert isinstance(closing, Closing)
    assert core.unsettled() == [(1, False)]


def test_a_word_that_nobody_asked_for_closes_the_connection() -> None:
    core: Pipeline[int] = Pipeline()
    assert core.receive(b"421 4.4.2 idle for too long\r\n") == [Closing("the server said 421 unasked", asked=True)]


def test_the_table_has_a_change_for_every_state_that_waits_for_a_reply() -> None:
    waiting = set(State) - {State.READY, State.DONE}
    assert set(CHANGES) == {(state, hoped) for state in waiting for hoped in (True, False)}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(codes, codes, st.sampled_from([354, 354, 354, 451, 554]), codes), min_size=1, max_size=6),
    st.lists(st.integers(0, 10_000), max_size=4),
    st.booleans(),
)
def test_in_lock_step_each_command_waits_for_the_reply_before_it(
    plan: list[tuple[int, int, int, int]], cuts: list[int], multiline: bool
) -> None:
    core: Pipeline[int] = Pipeline(pipelining=False)
    for number, (mail, rcpt, start, body) in enumerate(plan):
        answers = {b"RSET": 250, b"MAIL": mail, b"RCPT": rcpt, b"DATA": start, b".": body}
        asked: list[bytes] = []
        word: Settled[int] | None = None
        written = core.envelope(number, *ENVELOPE)
        while word is None:
            assert written.count(b"\r\n") == 1, "one command at a time"
            asked.append(written.rstrip(b"\r\n").split()[0])
            (event,) = feed(core, reply_bytes(answers[asked[-1]], multiline), cuts)
            if isinstance(event, Write):
                written = event.data
            elif isinstance(event, Ready):
                core.body_sent()
                written = b".\r\n"
            else:
                assert isinstance(event, Settled)
                word = event
        assert (word.tag, word.stage, word.reply.code) == (number, *word_on(mail, rcpt, start, body))
        before = word_on(*plan[number - 1])[0] if number else Stage.BODY
        whole = [b"RSET"] * (before in {Stage.RCPT, Stage.DATA}) + [b"MAIL", b"RCPT", b"DATA", b"."]
        assert asked == whole[: len(asked)]


def test_in_lock_step_no_envelope_goes_behind_a_body() -> None:
    core: Pipeline[int] = Pipeline(pipelining=False)
    core.envelope(1, *ENVELOPE)
    for reply in (b"250 a\r\n", b"250 b\r\n", b"354 c\r\n"):
        core.receive(reply)
    core.body_sent()
    with pytest.raises(RuntimeError):
        core.envelope(2, *ENVELOPE)
