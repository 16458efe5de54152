import email
import email.policy
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MailerError
from mailer.render.message import (
    BadRecipient,
    Recipient,
    compile_message,
    compile_notice,
    encoded_html_size,
    message_id,
)
from mailer.render.model import SLOTS
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition, filled_html, filled_text


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def with_lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def assert_wire(raw: bytes) -> None:
    assert raw.endswith(b"\r\n")
    for line in raw.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
        assert not set(line) & {0, 10, 13}


def test_a_message_holds_both_parts_with_the_persons_values() -> None:
    edition, recipient = an_edition(), a_recipient()
    raw = compile_message(edition, a_newsletter(), "2025-06").as_bytes(recipient, A_DATE)
    assert_wire(raw)
    message = parsed(raw)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert part["content-transfer-encoding"] == "quoted-printable"
        assert part.get_content_charset() == "utf-8"
    assert body(message, "plain") == filled_text(edition, recipient)
    assert body(message, "html") == filled_html(edition, recipient)


def test_the_person_stands_in_four_headers_and_no_other() -> None:
    template = compile_message(an_edition(), a_newsletter(), "2025-06")
    ann = parsed(template.as_bytes(a_recipient(), A_DATE))
    other = replace(
        a_recipient(address="bob@example.com", subscription_id=8), unsubscribe_url="https://news.example.org/u/b"
    )
    bob = parsed(template.as_bytes(other, A_DATE))
    different = {name for name in ann.keys() if ann[name] != bob[name]}  # noqa: SIM118 -- a message is no dict
    assert different == {"To", "Message-ID", "List-Unsubscribe"}
    assert ann["date"] == "Tue, 10 Jun 2025 12:30:05 +0000"
    assert ann["to"] == "ann@example.net"
    assert ann["list-unsubscribe"] == f"<{a_recipient().unsubscribe_url}>"
    assert ann["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    for name in ("from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"):
        assert len(ann.get_all(name, [])) == 1


def test_a_mailto_may_follow_the_https_link() -> None:
    recipient = a_recipient(unsubscribe_mailto="leave+abc@example.org")
    raw = compile_message(an_edition(), a_newsletter(), "x").as_bytes(recipient, A_DATE)
    assert parsed(raw)["list-unsubscribe"] == (f"<{recipient.unsubscribe_url}>, <mailto:leave+abc@example.org>")


WILD = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400)
WILD_BODY = st.lists(st.one_of(WILD, st.sampled_from([*SLOTS, "\n", ".", "\n.\n", "--=_"])), max_size=12).map(
    "".join
)


@settings(max_examples=150, deadline=None)
@given(text=WILD_BODY, html=WILD_BODY, query=st.text(alphabet="abcF.=&?%_-", max_size=700))
def test_any_body_reads_back_equal(text: str, html: str, query: str) -> None:
    edition = an_edition(text=text, html=html)
    url = f"https://news.example.org/u/{query}"
    recipient = a_recipient(unsubscribe_url=url, preferences_url=url + "#p")
    try:
        raw = compile_message(edition, a_newsletter(), "x").as_bytes(recipient, A_DATE)
    except BadRecipient:
        assert "=?" in url
        return
    assert_wire(raw)
    message = parsed(raw)
    normal = replace(edition, text=with_lf(text), html=with_lf(html))
    assert body(message, "plain") == filled_text(normal, recipient)
    assert body(message, "html") == filled_html(normal, recipient)


@settings(max_examples=200, deadline=None)
@given(
    address=st.one_of(WILD, WILD.map(lambda s: f"{s}@example.org"), st.just("jürgen@example.org")),
    url=st.one_of(WILD, WILD.map(lambda s: f"https://e.org/{s}")),
    identity=st.one_of(WILD, WILD.map(lambda s: f"<{s}@example.org>")),
    mailto=st.one_of(st.just(""), WILD),
)
def test_wild_values_are_refused_or_harmless(address: str, url: str, identity: str, mailto: str) -> None:
    template = compile_message(an_edition(), a_newsletter(), "x")
    expected = parsed(template.as_bytes(a_recipient(), A_DATE)).keys()
    try:
        raw = template.as_bytes(Recipient(address, 1, identity, url, "", mailto), A_DATE)
    except BadRecipient:
        return
    assert_wire(raw)
    assert parsed(raw).keys() == expected
    assert email.message_from_bytes(raw).keys() == expected


@pytest.mark.parametrize(
    "change",
    [
        {"address": "a@example.org\r\nBcc: b@example.org"},
        {"address": "=?utf-8?q?a=0d=0aBcc:?=@example.org"},
        {"address": "a@bücher.example"},
        {"unsubscribe_url": ""},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"unsubscribe_url": "https://e.org/>\r\n"},
        {"unsubscribe_url": "https://e.org/" + "x" * 900},
        {"preferences_url": "https://e.org/\0"},
        {"unsubscribe_mailto": "a@e.org>,<b"},
        {"message_id": "x@example.org"},
        {"message_id": "<x>"},
        {"message_id": "<x@example.org>\r\nX: y>"},
    ],
)
def test_values_that_would_break_a_message_are_refused(change: dict[str, str]) -> None:
    template = compile_message(an_edition(), a_newsletter(), "x")
    with pytest.raises(BadRecipient) as caught:
        template.pieces(replace(a_recipient(), **change), A_DATE)  # type: ignore[arg-type]  # only fields that are str
    assert all(value not in str(caught.value) for value in change.values() if value)


def test_a_message_id_is_a_function_of_issue_and_person() -> None:
    first = message_id("garden", "2025-06", 7, "example.org")
    assert first == message_id("garden", "2025-06", 7, "example.org")
    others = {
        message_id("garden", "2025-07", 7, "example.org"),
        message_id("garden", "2025-06", 8, "example.org"),
        message_id("garden", "2025-06", "7", "example.org"),
        message_id("other", "2025-06", 7, "example.org"),
    }
    assert len({first, *others}) == 5
    assert first.startswith("<")
    assert first.endswith("@example.org>")


def test_a_date_without_a_zone_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        compile_message(an_edition(), a_newsletter(), "x").pieces(a_recipient(), datetime(2025, 1, 1))  # noqa: DTZ001 -- the point


def test_a_copy_for_somebody_without_a_subscription_is_the_same_message() -> None:
    template = compile_message(an_edition(), a_newsletter(), "x")
    copy = template.as_bytes(a_recipient(subscription_id=None), A_DATE)
    assert parsed(copy)["list-unsubscribe"]


def test_a_notice_has_no_list_unsubscribe_unless_it_is_wanted() -> None:
    newsletter = a_newsletter()
    confirm = compile_notice("Confirm", "Yes?", "<p>Yes?</p>", newsletter, "en")
    asked = Recipient("ann@example.net", None, "<n1@example.org>")
    message = parsed(confirm.as_bytes(asked, A_DATE))
    assert message["list-unsubscribe"] is None
    assert message["auto-submitted"] == "auto-generated"
    assert body(message, "plain") == "Yes?"
    welcome = compile_notice("Welcome", "Hi", "<p>Hi</p>", newsletter, "en", one_click=True)
    assert parsed(welcome.as_bytes(a_recipient(), A_DATE))["list-unsubscribe-post"]


def test_sizes_are_what_the_pieces_weigh() -> None:
    template = compile_message(an_edition(), a_newsletter(), "x")
    pieces = template.pieces(a_recipient(), A_DATE)
    assert template.size(a_recipient(), A_DATE) == len(b"".join(pieces))
    assert 0 < template.static_size < len(b"".join(pieces))
    assert encoded_html_size(an_edition(html="é\n")) == len("=C3=A9\r\n")


def test_a_body_with_half_a_character_is_refused() -> None:
    with pytest.raises(MailerError, match="half a character"):
        compile_message(an_edition(text="\ud83d"), a_newsletter(), "x")
