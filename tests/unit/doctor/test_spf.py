from __future__ import annotations

import ipaddress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.doctor import spf
from mailer.doctor.names import Names
from mailer.doctor.records import TagFault, read_tags, txt_line


class Nothing:
    """A DNS in which nothing stands."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_options: []


NOWHERE = cast("Names", Nothing())
ADDRESS = ipaddress.ip_address("192.0.2.25")


@given(st.text(max_size=120))
def test_any_record_is_judged_without_an_error(text: str) -> None:
    record = f"v=spf1 {text}"
    spf.evaluate(NOWHERE, "example.org", record)
    assert spf.verdict(NOWHERE, "example.org", record, ADDRESS, "b@example.org")


WORDS = ["a", "mx", "include:x", "exists:%{i}", "ip4:1.2.3.4/99", "ip6:::1", "all", "~all", "a:/24", "a//999", "=",
         "redirect=%{d}", "mx:%{l}/", "exp=a", "unknown=x", "%{d1r}", "a/33", "ptr"]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS)), st.sampled_from(["192.0.2.25", "2001:db8::1"]))
def test_any_terms_are_judged_without_an_error(words: list[str], address: str) -> None:
    record = " ".join(["v=spf1", *words])
    spf.evaluate(NOWHERE, "example.org", record)
    assert spf.verdict(NOWHERE, "example.org", record, ipaddress.ip_address(address), "b@example.org")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("%{i}._spf.%{d}", "192.0.2.25._spf.mail.example.org"),
        ("%{ir}.%{v}.%{d2}", "25.2.0.192.in-addr.example.org"),
        ("%{l}.%{o}%%%_", "strong-bad.example.com% "),
        ("%{lr-}", "bad.strong"),
    ],
)
def test_macros_are_filled_in_as_the_rfc_shows(text: str, expanded: str) -> None:
    assert spf._expanded(text, "mail.example.org", ADDRESS, "strong-bad@example.com") == expanded


def test_only_records_of_spf_count() -> None:
    assert spf.spf_records(["v=spf10 -all", "v=spf1", "V=SPF1 -all", "x"]) == ["v=spf1", "V=SPF1 -all"]


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=900))
def test_a_record_to_paste_holds_the_value_in_strings_that_fit(value: str) -> None:
    line = txt_line("x.example", value)
    assert line.startswith("x.example. IN TXT ")
    assert "\n" not in line
    bare = line.removeprefix("x.example. IN TXT ").removeprefix("( ").removesuffix(" )")
    strings = bare[1:-1].replace('\\"', "\0").split('" "')
    assert "".join(strings).replace("\0", '"').replace("\\\\", "\\") == value or '" "' in value or "\\" in value
    assert all(len(string.replace("\\\\", "\\")) <= 255 for string in strings)


@pytest.mark.parametrize("text", ["p", "=x", "a=1; a=2", "ä=1"])
def test_what_is_no_tag_list_is_said(text: str) -> None:
    with pytest.raises(TagFault):
        read_tags(text)
