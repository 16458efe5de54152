import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.render.mailbox import (
    Mailbox,
    address_fault,
    ascii_url,
    control_fault,
    mailto,
    read_mailbox,
    url_fault,
    wire_address,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@example.org", Mailbox("", "a@example.org")),
        ("<a@example.org>", Mailbox("", "a@example.org")),
        ("The Letter <a@example.org>", Mailbox("The Letter", "a@example.org")),
        ('"Letter, The" <a@example.org>', Mailbox("Letter, The", "a@example.org")),
        ('"Say \\"hi\\"" <a@example.org>', Mailbox('Say "hi"', "a@example.org")),
        ("Gärten <a@Gärten.example>", Mailbox("Gärten", "a@xn--grten-gra.example")),
    ],
)
def test_mailboxes_are_read(text: str, expected: Mailbox) -> None:
    assert read_mailbox(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "a@b@c>",
        "Name <>",
        "Name <a@example.org>\r\nBcc: b@example.org",
        "Na\nme <a@example.org>",
        "=?utf-8?q?a=0d=0aBcc:_b@example.org?= <a@example.org>",
        "=?utf-8?b?YQ0KQmNjOiBi?= <a@example.org>",
        "Name <a b@example.org>",
        "Name <jürgen@example.org>",
        "Name <a@exa mple.org>",
    ],
)
def test_what_is_no_mailbox_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"has|holds|hides"):
        read_mailbox(text)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org",
        "a.b+c=d@example.org",
        '"a b"@example.org',
        "jürgen@xn--bcher-kva.example",
        "a@localhost",
        "o'neil?=@example.org",
        "x" * 64 + "@example.org",
    ],
)
def test_addresses_in_wire_form_pass(address: str) -> None:
    assert address_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@example.org",
        "a@",
        "a",
        "a\r\n@example.org",
        "a\0@example.org",
        "a@example.org\n",
        "a@bücher.example",
        "a,b@example.org",
        "a b@example.org",
        "<a@example.org>",
        ".a@example.org",
        "a..b@example.org",
        "a@example..org",
        "a@-example.org",
        '"a"b"@example.org',
        "=?utf-8?q?a=0d=0a?=@example.org",
        "x" * 65 + "@example.org",
        "ü" * 33 + "@example.org",
        "a\u2028b@example.org",
        "a\ud800@example.org",
    ],
)
def test_addresses_that_would_break_a_header_are_refused(address: str) -> None:
    assert address_fault(address)


def test_a_domain_goes_out_as_punycode() -> None:
    assert wire_address("Ann@Bücher.example") == "Ann@xn--bcher-kva.example"


def test_control_characters_are_found_behind_encoded_words() -> None:
    assert control_fault("=?utf-8?q?a=0d=0aBcc:_x?=")
    assert control_fault("=?utf-8?b?YQ0KQmNjOiBi?=")
    assert control_fault("a\x7f")
    assert not control_fault("=?utf-8?q?fine?= and =?utf-8?b?4oSi?= and ™")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_a_url_without_a_fault_has_only_visible_ascii(url: str) -> None:
    if not url_fault(url):
        assert all("!" <= character <= "~" and character not in '<>"' for character in url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a%20b?x=1#y", "https://example.org/a%20b?x=1#y"),
        ("https://bücher.example:8443/ä b", "https://xn--bcher-kva.example:8443/%C3%A4%20b"),
        ("http://[::1]:80/", "http://[::1]:80/"),
    ],
)
def test_urls_become_ascii(url: str, expected: str) -> None:
    assert ascii_url(url) == expected


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org/", "https:///x", "javascript:alert(1)"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no absolute"):
        ascii_url(url)


def test_a_mailto_is_percent_encoded() -> None:
    assert mailto("a?b&c@example.org", "help me") == "mailto:a%3Fb%26c@example.org?subject=help%20me"
