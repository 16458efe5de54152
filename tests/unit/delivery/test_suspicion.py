from __future__ import annotations

import pytest

from mailer.delivery import results
from mailer.delivery.replies import Meaning
from mailer.delivery.suspicion import Suspicion
from mailer.store.ledger import Leased


@pytest.mark.parametrize(
    ("heard", "pauses"),
    [
        # "." is an accepted message, a letter a doubtful refusal by a domain of that name
        ("a", False),
        ("aa", False),
        ("aaa", True),  # nobody accepts: one domain is enough
        ("abc", True),
        (".a.a.a.a.a.a", False),  # one domain has something against us, the others do not
        ("." * 100 + "a" + "." * 100 + "b" + "." * 100 + "c", False),  # tastes differ
        ("." * 50 + "a.b.c.", False),
        ("a.b.c.d.", True),  # half of all doubt: that is us
        ("." * 500 + "ab.cd.ef.", True),  # two of three of the latest doubt: something has changed
        ("a." + "." * 300 + "b", False),
    ],
)
def test_a_sending_pauses_when_the_doubts_are_many(heard: str, pauses: bool) -> None:
    suspicion = Suspicion()
    found = False
    for one in heard:
        if one == ".":
            suspicion.accepted()
        else:
            found = suspicion.doubted(one) or found
    assert found is pauses


def test_a_fault_that_comes_up_in_the_middle_is_seen_after_three() -> None:
    suspicion = Suspicion()
    for _ in range(5000):
        suspicion.accepted()
    assert [suspicion.doubted(domain) for domain in ("a", "b", "a")] == [False, False, True]


def test_a_short_sending_that_only_met_doubts_is_suspect_in_the_end() -> None:
    suspicion = Suspicion()
    suspicion.doubted("a")
    assert suspicion.at_the_end()
    assert not Suspicion(accepted_before=True).at_the_end()
    suspicion.accepted()
    assert not suspicion.at_the_end()


@pytest.mark.parametrize(
    ("attempts", "here", "before", "meaning"),
    [
        (0, True, True, Meaning.DOUBTED),
        (1, False, False, Meaning.DOUBTED),
        (1, True, False, Meaning.REFUSED),
        (1, False, True, Meaning.DOUBTED),
        (2, False, True, Meaning.REFUSED),
        (9, False, False, Meaning.DOUBTED),  # nobody ever took the issue: it cannot be told
    ],
)
def test_a_doubtful_refusal_is_the_recipients_own_when_others_accept(
    attempts: int, here: bool, before: bool, meaning: Meaning
) -> None:
    row = Leased(1, 1, 1, "a@b.example", attempts)
    assert results.doubtful(row, accepted_here=here, accepted_before=before) is meaning
