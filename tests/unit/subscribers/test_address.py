import email_validator
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from subscribers.address import _PLAIN, SPECIAL_USE, Address, AddressError, _is_ordinary, parse_address, wire_form

PIECES = st.sampled_from(
    [
        *"abzAZ019._-+=?@!#'\"<>() \t\r\n\x00,;:[]\\üßİ٣éç\u200b",
        "xn--",
        "ab--",
        ".test",
        ".org",
        "example",
        "e\u0301",
    ]
)
WILD = st.lists(PIECES, max_size=24).map("".join) | st.text(max_size=40)
NEARLY = st.builds(lambda local, domain, end: f"{local}@{domain}{end}", WILD, WILD, st.sampled_from(["", ".org"]))


def accepted(text: str, *, special_use: bool = False) -> Address | None:
    try:
        return parse_address(text, special_use=special_use)
    except AddressError:
        return None


def test_an_ordinary_address_is_kept_as_typed_and_compared_in_lower_case() -> None:
    address = parse_address("  Ada.Lovelace+News@Example.ORG ")
    assert address == Address(
        "Ada.Lovelace+News@Example.ORG", "Ada.Lovelace+News@example.org", "ada.lovelace+news@example.org", False
    )
    assert str(address) == "Ada.Lovelace+News@Example.ORG"


@pytest.mark.parametrize("typed", ["info@bücher.example", "INFO@BÜCHER.example", "info@xn--bcher-kva.example"])
def test_a_domain_in_another_script_and_its_punycode_are_one_address(typed: str) -> None:
    address = parse_address(typed)
    assert address.key == "info@xn--bcher-kva.example"
    assert address.wire.partition("@")[2] == "xn--bcher-kva.example"
    assert not address.needs_smtputf8
    assert wire_form(address.as_typed).lower() == "info@xn--bcher-kva.example"


def test_a_local_part_outside_ascii_asks_for_smtputf8_and_is_composed() -> None:
    address = parse_address("Ame\u0301lie@example.org")
    assert address.needs_smtputf8
    assert address.key == "amélie@example.org"
    assert address.wire == "Amélie@example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a@b@example.org",
        "a b@example.org",
        "a@example..org",
        ".a@example.org",
        "a.@example.org",
        "a@-example.org",
        "a@localhost",
        "a@[127.0.0.1]",
        '"a b"@example.org',
        "Ada <ada@example.org>",
        "<ada@example.org>",
        "ada@example.org\n",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada\x00@example.org",
        "ada\u2028@example.org",
        "ada@exam\x7fple.org",
        "=?utf-8?q?=0ABcc=3A?=@example.org",
        "ada@example.org, eve@example.org",
        "ada@example.org;eve@example.org",
        "ada@example.123",
        "ada@ab--cd.org",
        "ada@example.org.",
        "ada\ud800@example.org",
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(AddressError) as refusal:
        parse_address(text, special_use=True)
    assert refusal.value.reason.endswith(".")
    assert len(refusal.value.reason) > 15


def test_lengths_are_counted_in_octets() -> None:
    assert accepted("a" * 64 + "@example.org")
    assert not accepted("a" * 65 + "@example.org")
    assert not accepted("é" * 33 + "@example.org")
    longest = "a" * 64 + "@" + ".".join(["b" * 62] * 3)
    assert len(longest) == 253
    assert accepted(longest + "b")
    assert not accepted(longest + "bb")
    assert not accepted("a@" + "b" * 64 + ".org")


def test_domains_that_nothing_is_delivered_to_are_taken_only_when_asked_for() -> None:
    for ending in SPECIAL_USE:
        for domain in (f"example.{ending}", f"bücher.{ending}"):
            assert accepted(f"a@{domain}") is None
            taken = accepted(f"A@{domain.upper()}", special_use=True)
            assert taken is not None
            assert taken.key.endswith(f".{ending}")


def test_the_list_of_special_domains_is_the_one_of_the_validator() -> None:
    tops = {name.rpartition(".")[2] for name in email_validator.SPECIAL_USE_DOMAIN_NAMES}
    assert tops == set(SPECIAL_USE)


@settings(max_examples=300, deadline=None)
@given(NEARLY | st.emails() | st.from_regex(_PLAIN, fullmatch=True))
@example("a@a.arpa")
@example("a@xn--a.org")
@example("INFO@example.org")
@example("a@9.9a")
def test_the_short_way_accepts_only_what_the_validator_accepts_with_the_same_result(text: str) -> None:
    plain = _PLAIN.fullmatch(text)
    if plain is None or not _is_ordinary(text, plain[1], plain[2], False):
        return
    found = validate_email(text, check_deliverability=False)
    short = parse_address(text)
    assert found.ascii_email is not None
    assert found.ascii_email.lower() == short.key
    assert short.wire.partition("@")[2] == found.ascii_domain
    assert not found.smtputf8


@settings(max_examples=300, deadline=None)
@given(NEARLY | WILD, st.booleans())
def test_wild_text_gives_a_safe_address_or_a_refusal(text: str, special_use: bool) -> None:
    address = accepted(text, special_use=special_use)
    if address is None:
        return
    for form in (address.as_typed, address.wire, address.key):
        assert not any(ord(character) < 33 or ord(character) == 127 for character in form)
        assert "=?" not in form
        assert form.count("@") == 1
        assert len(form.encode()) <= 254 or form is address.as_typed
    assert address.wire.partition("@")[2].isascii()
    assert address.needs_smtputf8 is not address.wire.isascii()
    again = parse_address(address.key, special_use=special_use)
    assert again.key == address.key
    assert parse_address(address.wire, special_use=special_use).key == address.key
    if not special_use:
        validate_email(text.strip(" \t\u00a0"), check_deliverability=False)


@settings(max_examples=100, deadline=None)
@given(NEARLY)
def test_the_validator_and_we_agree_on_what_is_an_address(text: str) -> None:
    try:
        theirs = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        theirs = None
    ours = accepted(text)
    if theirs is not None and "=?" not in text and len(text.partition("@")[0].encode()) <= 64:
        assert ours is not None
    if ours is not None:
        validate_email(ours.as_typed, check_deliverability=False)
