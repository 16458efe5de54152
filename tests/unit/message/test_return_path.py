import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.bounce.return_path import LARGEST_NUMBER, PREFIX, ReturnPaths

OLD, NEW = b"o" * 32, b"n" * 32
PATHS = ReturnPaths([NEW, OLD], "bounces.example.org")
NUMBERS = st.integers(0, LARGEST_NUMBER)


@settings(max_examples=200, deadline=None)
@given(NUMBERS)
def test_a_return_path_leads_back_to_its_delivery(number: int) -> None:
    address = PATHS.make(number)
    local, _, domain = address.partition("@")
    assert domain == "bounces.example.org"
    assert len(local.encode()) <= 64
    assert local == local.lower()
    for changed in (address, address.upper(), f"<{address}>", address.replace("+", "-"), f"prvs=1ab={address}"):
        assert PATHS.read(changed) == number


@settings(max_examples=100, deadline=None)
@given(NUMBERS)
def test_a_delivery_and_a_notice_are_never_taken_for_each_other(number: int) -> None:
    assert PATHS.read_notice(PATHS.make(number)) is None
    assert PATHS.read(PATHS.make_notice(number)) is None
    assert PATHS.read_notice(PATHS.make_notice(number)) == number


def test_an_older_key_still_reads_and_a_strange_one_does_not() -> None:
    address = ReturnPaths([OLD], "bounces.example.org").make(5)
    assert PATHS.read(address) == 5
    assert ReturnPaths([b"x" * 32], "bounces.example.org").read(address) is None


@settings(max_examples=200, deadline=None)
@given(number=NUMBERS, position=st.integers(0, 31), character=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_token_is_refused(number: int, position: int, character: str) -> None:
    address = PATHS.make(number)
    at = len(PREFIX) + position
    changed = address[:at] + character + address[at + 1 :]
    assert PATHS.read(changed) == (number if changed == address else None)


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_other_text_is_nobodys_return_path(text: str) -> None:
    assert PATHS.read(text) is None
    assert PATHS.read(f"bounce+{text}@bounces.example.org") is None


def test_the_token_does_not_show_the_number() -> None:
    octets = [base64.b32decode(PATHS.make(n)[len(PREFIX) : len(PREFIX) + 32].upper()) for n in range(50)]
    for position in range(20):
        assert len({token[position] for token in octets}) > 25


def test_without_a_key_there_are_no_return_paths() -> None:
    for keys in ([], [b""]):
        with pytest.raises(ValueError, match="secret key"):
            ReturnPaths(keys, "example.org")


def test_the_keys_are_not_shown() -> None:
    assert "nnn" not in repr(PATHS)


def test_numbers_that_no_database_gives_are_refused() -> None:
    for number in (-1, LARGEST_NUMBER + 1):
        with pytest.raises(ValueError, match="between 0 and"):
            PATHS.make(number)
