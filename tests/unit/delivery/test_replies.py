from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.delivery.replies import ENHANCED, Meaning, Stage, meaning_of, mend, read_reply

M = Meaning


@pytest.mark.parametrize(
    ("stage", "code", "text", "meaning"),
    [
        (Stage.BODY, 250, "2.0.0 Ok: queued as 4A5B", M.ACCEPTED),
        (Stage.RCPT, 251, "user not local; will forward", M.ACCEPTED),
        (Stage.BODY, 354, "go on", M.DEFERRED),
        (Stage.RCPT, 550, "5.1.1 <x@y>: Recipient address rejected: User unknown", M.ADDRESS),
        (Stage.RCPT, 550, "5.1.10 null MX", M.ADDRESS),
        (Stage.RCPT, 550, "5.2.1 The email account that you tried to reach is disabled", M.ADDRESS),
        (Stage.RCPT, 552, "5.2.2 over quota", M.REFUSED),
        (Stage.RCPT, 550, "no such user", M.REFUSED),
        (Stage.RCPT, 450, "4.2.0 greylisted", M.DEFERRED),
        (Stage.RCPT, 450, "4.7.1 slow down", M.SLOWER),
        (Stage.RCPT, 451, "4.7.650 too much mail", M.SLOWER),
        (Stage.BODY, 421, "4.7.28 unusual rate of mail", M.REST),
        (Stage.BODY, 421, "4.7.32 From header is not aligned", M.SENDER),
        (Stage.MAIL, 454, "temporary authentication failure", M.SLOWER),
        (Stage.BODY, 550, "5.7.515 access denied", M.SENDER),
        (Stage.BODY, 550, "5.7.999 something new", M.DOUBTED),
        (Stage.RCPT, 550, "5.7.1 this mailbox takes mail from friends only", M.DOUBTED),
        (Stage.RCPT, 554, "5.7.1 Relay access denied", M.DOUBTED),
        (Stage.BODY, 550, "5.7.1 refused by content filter", M.DOUBTED),
        (Stage.MAIL, 550, "5.7.1 this sender may not", M.SENDER),
        (Stage.RCPT, 550, "5.7.1 SPF check failed", M.SENDER),
        (Stage.BODY, 550, "5.7.1 rejected per DMARC policy of example.org", M.SENDER),
        (Stage.BODY, 550, "5.7.1 Unauthenticated email is not accepted", M.SENDER),
        (Stage.RCPT, 550, "5.7.1 Client host rejected: cannot find your reverse DNS", M.SENDER),
        (Stage.RCPT, 550, "5.7.23 SPF validation failed", M.SENDER),
        (Stage.BODY, 550, "5.7.26 unauthenticated", M.SENDER),
        (Stage.BODY, 550, "5.7.511 banned sending IP", M.SENDER),
        (Stage.RCPT, 530, "authentication required", M.SENDER),
        (Stage.MAIL, 550, "5.1.8 sender's domain not found", M.SENDER),
        (Stage.MAIL, 550, "no", M.SENDER),
        (Stage.MAIL, 452, "4.3.1 out of space", M.DEFERRED),
        (Stage.BODY, 552, "5.3.4 message too big", M.SENDER),
        (Stage.RCPT, 552, "5.3.4 message too big for this mailbox", M.REFUSED),
        (Stage.RCPT, 501, "5.5.4 invalid address", M.REFUSED),
        (Stage.BODY, 554, "5.6.0 content refused", M.REFUSED),
        (Stage.BODY, 554, "spam", M.REFUSED),
    ],
)
def test_a_reply_means_what_the_tables_say(stage: Stage, code: int, text: str, meaning: Meaning) -> None:
    assert meaning_of(stage, read_reply(code, text)) is meaning


@given(st.sampled_from(Stage), st.integers(200, 599), st.text(max_size=80))
def test_any_reply_at_all_means_something(stage: Stage, code: int, text: str) -> None:
    reply = read_reply(code, text)
    assert isinstance(meaning_of(stage, reply), Meaning)
    assert not any(ord(character) < 32 for character in reply.words)


def test_only_the_address_codes_can_ever_be_held_against_a_person() -> None:
    blamed = {code for code, meaning in ENHANCED.items() if meaning is M.ADDRESS}
    assert blamed == {"5.1", "5.2.1"}


def test_lines_of_a_reply_are_joined_and_their_repeated_codes_dropped() -> None:
    reply = read_reply(550, "5.7.26 This mail\n5.7.26 is unauthenticated")
    assert (reply.enhanced_code, reply.text) == ("5.7.26", "5.7.26 This mail is unauthenticated")
    assert "SPF and DKIM" in mend(reply)


def test_a_code_of_another_class_is_not_taken_for_the_enhanced_one() -> None:
    assert read_reply(450, "5.1.1 odd").enhanced_code == ""
    assert read_reply(550, "192.0.2.1 is listed").enhanced_code == ""
