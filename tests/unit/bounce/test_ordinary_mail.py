"""Ordinary mail is left alone, whatever it quotes."""

from __future__ import annotations

import pytest

from mailer.bounce.bounce import Kind
from mailer.bounce.reader import read_bounce
from tests.builders.ordinary_mail import a_newsletter_with_a_copy, ordinary_mails

ORDINARY = dict(ordinary_mails())


def test_there_are_enough_ordinary_mails_to_mean_something() -> None:
    assert len(ORDINARY) >= 200


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_mail_is_no_bounce(name: str) -> None:
    assert {bounce.kind for bounce in read_bounce(ORDINARY[name])} <= {Kind.UNRECOGNISED, Kind.AUTO_REPLY}


def test_an_answer_with_a_copy_below_is_no_bounce() -> None:
    assert [bounce.kind for bounce in read_bounce(a_newsletter_with_a_copy())] == [Kind.UNRECOGNISED]


def test_an_empty_mail_is_unrecognised() -> None:
    assert [bounce.kind for bounce in read_bounce(b"")] == [Kind.UNRECOGNISED]
