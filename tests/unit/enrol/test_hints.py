from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.hints import PROVIDERS, is_role, is_under, is_well_formed, suggested_domain


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("GMAIL.CO", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("gmx.con", "gmx.com"),
    ],
)
def test_a_slip_in_a_large_providers_name_is_seen(typed: str, meant: str) -> None:
    assert suggested_domain(typed) == meant


@pytest.mark.parametrize("domain", ["mail.com", "ymail.com", "email.com", "xmpp.org", "me.com", "gmx.at", "", "x"])
def test_honest_domains_are_not_doubted(domain: str) -> None:
    assert suggested_domain(domain) == ""


def test_no_provider_is_taken_for_another() -> None:
    assert [domain for domain in PROVIDERS if suggested_domain(domain)] == []


@given(st.text())
def test_hints_take_any_text(text: str) -> None:
    assert suggested_domain(text) in {"", *PROVIDERS}
    is_well_formed(text)
    is_role(text)
    is_under(text, {"example.com"})


@given(st.emails())
def test_every_real_address_is_well_formed(address: str) -> None:
    local, _, domain = address.rpartition("@")
    expected = not any(sign in local for sign in '<>,; "') and len(address) <= 254 and len(local) <= 64
    assert is_well_formed(address) == (expected and len(domain.rpartition(".")[2]) > 1)


def test_a_domain_is_under_itself_and_its_parents() -> None:
    assert is_under("a.b.example.com", {"example.com"})
    assert is_under("EXAMPLE.com", {"example.com"})
    assert not is_under("notexample.com", {"example.com"})
