"""The grammar of single settings, and where keys stand in a TOML file."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.configuration import parse_rate
from mailer.configuration.mistakes import nearest
from mailer.configuration.places import key_places
from mailer.configuration.values import address, colour, is_loopback, language, named_address, smtp_url, web_url


@pytest.mark.parametrize(
    ("written", "count", "window_seconds"),
    [("30/minute", 30, 60), ("2000/day", 2000, 86400), ("1/second", 1, 1), (" 5 / Hours ", 5, 3600)],
)
def test_a_rate_is_a_count_in_a_window(written: str, count: int, window_seconds: int) -> None:
    rate = parse_rate(written)
    assert (rate.count, rate.window_seconds) == (count, window_seconds)


@pytest.mark.parametrize(
    "written", ["0/minute", "-1/minute", "30", "30/", "/minute", "1.5/hour", "30/week", 30, "9" * 30 + "/day"]
)
def test_an_impossible_rate_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_rate(written)


@given(st.integers(1, 10**9), st.sampled_from([1, 60, 3600, 86400]))
def test_a_rate_reads_what_it_says(count: int, window_seconds: int) -> None:
    units = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
    rate = parse_rate(f"{count}/{units[window_seconds]}")
    assert parse_rate(str(rate)) == rate


@pytest.mark.parametrize(
    "wrong", ["", "a@", "@b", "a b@example.org", "a@-x.org", "a@b..org", "a\n@b.org", "<a@b.org>"]
)
def test_an_impossible_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        address(wrong)


@pytest.mark.parametrize("right", ["a@localhost", "jürgen@müller.example", "a+b@mail.example.org"])
def test_addresses_of_the_world_are_welcome(right: str) -> None:
    assert address(right) == right


@given(st.text())
def test_whatever_is_accepted_as_a_sender_is_one_line(wild: str) -> None:
    try:
        sender = named_address(wild)
    except ValueError:
        return
    assert len(sender.splitlines()) == 1
    assert "@" in sender


@given(st.text())
def test_wild_text_is_a_value_or_a_value_error(wild: str) -> None:
    said = []
    for read in (address, colour, language, web_url, smtp_url, parse_rate):
        try:
            read(wild)
        except ValueError as error:
            said.append(str(error))
    assert all("must" in sentence for sentence in said)


@pytest.mark.parametrize(
    "wrong", ["javascript:alert(1)", "//example.org", "https://", "https://a b", "https://[", "x"]
)
def test_what_is_no_web_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        web_url(wrong)


@pytest.mark.parametrize(("host", "here"), [("localhost", True), ("::1", True), ("0.0.0.0", False), ("db", False)])
def test_loopback_is_this_machine(host: str, here: bool) -> None:
    assert is_loopback(host) is here


@pytest.mark.parametrize(
    ("written", "meant"), [("licens", "licence"), ("base-url", "base_url"), ("URL", "url"), ("zzz", None)]
)
def test_the_nearest_known_key_is_found(written: str, meant: str | None) -> None:
    assert nearest(written, ["licence", "base_url", "url"]) == meant


TRICKY = '''# comment with [table] and key = 1
a = """
[not.a.table]
b = 1
"""
"quoted = key" = 'it''s # no comment'
c.d = [ # x = 1
  "]", { e = 2 },
]
[ t . "u.v" ]
w = """ends with a quote""""
x = 1 # last
[[list]]
y = 2
'''.replace("'it''s", "'it s")


def test_strings_comments_and_brackets_do_not_hide_the_place_of_a_key() -> None:
    tomllib.loads(TRICKY)
    assert key_places(TRICKY) == {
        ("a",): 2,
        ("quoted = key",): 6,
        ("c",): 7,
        ("c", "d"): 7,
        ("t",): 10,
        ("t", "u.v"): 10,
        ("t", "u.v", "w"): 11,
        ("t", "u.v", "x"): 12,
        ("list",): 13,
        ("list", "y"): 14,
    }


@given(st.text())
def test_finding_places_ends_on_any_toml(wild: str) -> None:
    try:
        tomllib.loads(wild)
    except tomllib.TOMLDecodeError:
        return
    key_places(wild)


@given(st.text(), st.sampled_from(['x = "{}"', "x = '{}'", '"{}" = 1', "# {}", 'x = """{}"""']))
def test_the_key_after_anything_is_found(wild: str, frame: str) -> None:
    text = f"{frame.format(wild)}\nlast = 1\n"
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    if "last" in parsed and len(parsed) == 2:
        assert key_places(text)[("last",)] == text.count("\n")
