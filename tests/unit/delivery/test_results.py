from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailer.delivery import results
from mailer.delivery.envelope import Offer, envelope_of
from mailer.delivery.model import Outgoing, Refused
from mailer.delivery.replies import Meaning, read_reply
from mailer.newsletter import OnUnknown
from mailer.store.ledger import UNKNOWN_ATTEMPTS, Leased
from mailer.store.states import DeliveryState as S

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)


def a_row(attempts: int = 0, tried_for: timedelta | None = None) -> Leased:
    return Leased(1, 1, 1, "a@example.org", attempts, None if tried_for is None else NOON - tried_for)


def test_the_wait_doubles_from_five_minutes_to_four_hours() -> None:
    tried, waits = timedelta(0), []
    for _ in range(9):
        wait = results.wait_before_next(a_row(1, tried), NOON)
        waits.append(int(wait.total_seconds() // 60))
        tried += wait
    assert waits == [5, 5, 10, 20, 40, 80, 160, 240, 240]


def test_after_four_days_a_deferred_row_is_given_up_with_the_last_words() -> None:
    reply = read_reply(451, "4.3.0 later")
    late = results.from_reply(a_row(30, timedelta(days=4)), reply, Meaning.DEFERRED, NOON)
    assert late.state is S.REFUSED
    assert late.reply == "given up after 4 days: 451 4.3.0 later"
    assert results.from_reply(a_row(29, timedelta(days=3)), reply, Meaning.SLOWER, NOON).state is S.DEFERRED


def test_a_row_that_keeps_breaking_connections_is_deferred() -> None:
    assert results.broken_off(a_row(0), "gone", NOON).state is S.QUEUED
    assert results.broken_off(a_row(2), "gone", NOON).state is S.DEFERRED


def test_without_an_answer_it_goes_again_at_once_then_later_then_a_person_decides() -> None:
    assert results.unanswered(a_row(0), "?", OnUnknown.RESEND, NOON).next_attempt_at == NOON
    assert results.unanswered(a_row(1), "?", OnUnknown.RESEND, NOON).next_attempt_at == NOON + timedelta(minutes=5)
    last = results.unanswered(a_row(UNKNOWN_ATTEMPTS - 1), "?", OnUnknown.RESEND, NOON)
    assert last.next_attempt_at is None
    assert results.unanswered(a_row(0), "?", OnUnknown.HOLD, NOON).next_attempt_at is None


def test_a_fault_of_the_sender_leaves_the_row_queued_and_next_time_lets_the_others_go_first() -> None:
    reply = read_reply(550, "5.7.26 no")
    assert results.from_reply(a_row(0), reply, Meaning.SENDER, NOON).state is S.QUEUED
    assert results.from_reply(a_row(1), reply, Meaning.SENDER, NOON).state is S.DEFERRED


def an_outgoing(rcpt_to: str = "d@e.f", *, smtputf8: bool = False) -> Outgoing:
    return Outgoing("a@b.c", rcpt_to, (b"x\r\n",), 3, smtputf8)


def test_the_envelope_uses_what_the_server_offers() -> None:
    assert envelope_of(an_outgoing(), Offer()).mail == b"MAIL FROM:<a@b.c>"
    offer = Offer.from_extensions({"pipelining": "", "size": "1000", "smtputf8": ""})
    assert offer == Offer(pipelining=True, smtputf8=True, size=True, largest_bytes=1000)
    envelope = envelope_of(an_outgoing(rcpt_to="jürgen@e.f", smtputf8=True), offer)
    assert envelope.mail == b"MAIL FROM:<a@b.c> SIZE=3 SMTPUTF8"
    assert envelope.rcpt == "RCPT TO:<jürgen@e.f>".encode()


@pytest.mark.parametrize("address", ["a\r\nRCPT TO:<x@y>@b.c", "a>b@c.d", "a<b@c.d", "a\x00@b.c", "\x7f@b.c"])
def test_an_address_cannot_end_a_command_or_open_another(address: str) -> None:
    with pytest.raises(Refused):
        envelope_of(an_outgoing(rcpt_to=address), Offer())


def test_an_address_that_needs_smtputf8_is_refused_with_the_reason_where_it_is_not_offered() -> None:
    with pytest.raises(Refused) as refused:
        envelope_of(an_outgoing(rcpt_to="jürgen@e.f", smtputf8=True), Offer())
    assert "SMTPUTF8" in refused.value.reason
