from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers.tokens import (
    ADDRESS_CHANGE_FOR,
    CONFIRM_FOR,
    UNDO_FOR,
    AddressChange,
    BadToken,
    Confirmation,
    ExpiredToken,
    Purpose,
    TokenKeys,
    address_hash,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OLD, NEW = b"the first secret of this house", b"the second secret of this house"
KEYS = TokenKeys([OLD])
IDS = st.integers(min_value=1, max_value=2**63 - 1)


def a_token_for_each_purpose() -> dict[Purpose, str]:
    return {
        Purpose.CONFIRM: KEYS.confirm(7, 9, NOW),
        Purpose.UNSUBSCRIBE: KEYS.unsubscribe(7, 9),
        Purpose.UNDO: KEYS.undo(7, NOW),
        Purpose.PREFERENCES: KEYS.preferences(7),
        Purpose.ADDRESS_CHANGE: KEYS.address_change(7, "ada@example.org", NOW),
        Purpose.RECEIPT: KEYS.receipt(7, NOW),
        Purpose.FORM: KEYS.form(7, NOW),
    }


def opens(purpose: Purpose, token: str) -> bool:
    try:
        match purpose:
            case Purpose.CONFIRM:
                KEYS.read_confirm(token, NOW)
            case Purpose.UNSUBSCRIBE:
                KEYS.read_unsubscribe(token)
            case Purpose.UNDO:
                KEYS.read_undo(token, NOW)
            case Purpose.PREFERENCES:
                KEYS.read_preferences(token)
            case Purpose.ADDRESS_CHANGE:
                KEYS.read_address_change(token, NOW)
            case Purpose.RECEIPT:
                KEYS.read_receipt(token, NOW)
            case Purpose.FORM:
                KEYS.read_form(token, NOW)
    except BadToken:
        return False
    return True


def test_a_token_opens_what_it_was_made_for_and_nothing_else() -> None:
    tokens = a_token_for_each_purpose()
    assert set(tokens) == set(Purpose)
    for made_for, token in tokens.items():
        assert [purpose for purpose in Purpose if opens(purpose, token)] == [made_for]


@settings(max_examples=100, deadline=None)
@given(IDS, st.none() | IDS)
def test_an_unsubscribe_token_gives_back_subscription_and_issue(subscription: int, issue: int | None) -> None:
    token = KEYS.unsubscribe(subscription, issue)
    assert KEYS.read_unsubscribe(token) == (subscription, issue)
    assert token[-1].isalnum()
    assert len(token) < 110
    assert str(subscription) not in token or subscription < 10_000
    assert KEYS.read_preferences(KEYS.preferences(subscription)) == subscription


def test_an_unsubscribe_link_works_after_keys_were_added_and_is_stable() -> None:
    token = KEYS.unsubscribe(7, 9)
    rotated = TokenKeys([NEW, OLD])
    assert rotated.read_unsubscribe(token) == (7, 9)
    assert rotated.unsubscribe(7, 9) != token
    assert TokenKeys([NEW]).read_unsubscribe(rotated.unsubscribe(7, 9)) == (7, 9)
    with pytest.raises(BadToken):
        TokenKeys([NEW]).read_unsubscribe(token)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.integers(0, 59), st.characters())
@example("", 0, "\u0661")
@example("::", 50, "_")
@example("\n", 52, "B")
@example("MS0x." + "A" * 43, 0, "M")
def test_what_was_changed_on_the_way_is_refused(noise: str, place: int, character: str) -> None:
    token = KEYS.unsubscribe(7, 9)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    for forged in {noise, changed, token[:-1], token + noise, noise + token} - {token}:
        with pytest.raises(BadToken):
            KEYS.read_unsubscribe(forged)


def test_a_confirmation_says_whose_request_it_answers_until_it_expires() -> None:
    token = KEYS.confirm(7, 31, NOW)
    assert KEYS.read_confirm(token, NOW + CONFIRM_FOR) == Confirmation(7, 31, NOW)
    with pytest.raises(ExpiredToken) as expired:
        KEYS.read_confirm(token, NOW + CONFIRM_FOR + timedelta(seconds=1))
    assert (expired.value.subscription_id, expired.value.made_at) == (7, NOW)
    with pytest.raises(ExpiredToken):
        KEYS.read_confirm(token, NOW - timedelta(hours=1))


def test_undo_and_address_change_expire_too() -> None:
    change = KEYS.address_change(7, "grüße@bücher.example", NOW)
    assert KEYS.read_address_change(change, NOW) == AddressChange(7, "grüße@bücher.example", NOW)
    with pytest.raises(ExpiredToken):
        KEYS.read_address_change(change, NOW + ADDRESS_CHANGE_FOR + timedelta(seconds=1))
    undo = KEYS.undo(7, NOW)
    assert KEYS.read_undo(undo, NOW + UNDO_FOR) == (7, NOW)
    with pytest.raises(ExpiredToken):
        KEYS.read_undo(undo, NOW + UNDO_FOR + timedelta(seconds=1))
    assert KEYS.read_receipt(KEYS.receipt(7, NOW), NOW) == 7


def test_the_longest_address_still_makes_a_readable_token() -> None:
    address = "ü" * 64 + "@" + "b" * 180 + ".example"
    assert KEYS.read_address_change(KEYS.address_change(2**63 - 1, address, NOW), NOW).new_address == address


def test_the_hash_of_an_address_stays_when_keys_are_added_and_differs_between_houses() -> None:
    digest = address_hash(KEYS, "ada@example.org")
    assert address_hash(TokenKeys([NEW, OLD]), "ada@example.org") == digest
    assert address_hash(TokenKeys([NEW]), "ada@example.org") != digest
    assert len(digest) == 64
    assert "ada" not in digest


def test_keys_are_needed_and_never_shown() -> None:
    for keys in ([], [b""], [OLD, b""]):
        with pytest.raises(ValueError, match="secret key"):
            TokenKeys(keys)
    assert "secret" not in repr(KEYS)
