from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.render.dkim import OVERSIGNED, KeyFault, Signer, SigningKey, relaxed
from mailer.render.message import Recipient, compile_message, compile_notice
from tests.builders.keys import a_signer, ec_pem, ed25519_pem, public_pem, published, rsa_pem
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition


def verified(message: bytes, signer: Signer) -> list[bool]:
    """dkimpy's verdict on each signature, the first one first."""
    return [verifies(message, signer, idx) for idx in range(len(signer.keys))]


def verifies(message: bytes, signer: Signer, idx: int) -> bool:
    try:
        reader = dkim.DKIM(message, minkey=2048)
        return bool(reader.verify(idx, dnsfunc=lambda name, timeout=5: published(signer, name)))
    except dkim.ValidationError:  # its way of saying that the body's hash differs
        return False


def a_signed_message(signer: Signer, recipient: Recipient | None = None) -> bytes:
    template = compile_message(an_edition(), a_newsletter(), "2025-06", signer=signer)
    return template.as_bytes(recipient or a_recipient(), A_DATE)


def test_both_signatures_verify() -> None:
    signer = a_signer(second=True)
    message = a_signed_message(signer)
    assert message.count(b"DKIM-Signature:") == 2
    assert verified(message, signer) == [True, True]


@settings(max_examples=40, deadline=None)
@given(
    subject=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=200),
    body=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=400),
    local=st.text(alphabet="ab.=+'é", min_size=1, max_size=20).filter(
        lambda s: s.strip(".") == s and ".." not in s
    ),
    mailto=st.sampled_from(["", "leave+1@example.org"]),
)
def test_any_message_verifies(subject: str, body: str, local: str, mailto: str) -> None:
    signer = a_signer()
    edition = an_edition(subject=subject.replace("=?", ""), text=f"{body}@@ADDRESS@@{body}", html=f"{body}\n\n\n")
    recipient = a_recipient(address=f"{local}@example.net", unsubscribe_mailto=mailto)
    message = compile_message(edition, a_newsletter(), "x", signer=signer).as_bytes(recipient, A_DATE)
    assert verified(message, signer) == [True]


def test_a_notice_is_signed_too() -> None:
    signer = a_signer()
    template = compile_notice("Confirm", "Yes?", "<p>Yes?</p>", a_newsletter(), "en", signer=signer)
    message = template.as_bytes(Recipient("ann@example.net", None, "<n1@example.org>"), A_DATE)
    assert verified(message, signer) == [True]


CHANGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    *((name, lambda m, name=name: f"{name}: x\r\n".encode() + m) for name in OVERSIGNED),
    ("a changed address", lambda m: m.replace(b"To: ann@", b"To: eve@")),
    (
        "a changed link",
        lambda m: m.replace(b"List-Unsubscribe: <https://news", b"List-Unsubscribe: <https://evil"),
    ),
    ("a changed body", lambda m: m.replace(b"Hello", b"Hallo")),
    ("an added line", lambda m: m + b"more\r\n"),
    ("a removed header", lambda m: m.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b"")),
]


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[name for name, _ in CHANGES])
def test_a_signature_breaks_when_something_is_added_or_changed(change: Callable[[bytes], bytes]) -> None:
    signer = a_signer()
    message = a_signed_message(signer)
    changed = change(message)
    assert changed != message
    assert verified(changed, signer) == [False]


def test_blanks_that_a_server_adds_break_no_signature() -> None:
    signer = a_signer()
    message = a_signed_message(signer).replace(b"Subject: Seeds of June", b"SUBJECT:  Seeds\r\n of   June ")
    assert verified(message, signer) == [True]


def test_lines_of_the_signature_are_short_and_name_both_unsubscribe_headers_twice() -> None:
    message = a_signed_message(a_signer(second=True))
    head = message.partition(b"\r\nDate:")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    names = head.decode().replace("\r\n", "").replace(" ", "").partition("h=")[2].partition(";")[0].split(":")
    for name in ("From", "Subject", "Date", "To", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert names.count(name) == 2
    assert b" l=" not in head


def test_many_threads_sign_with_one_template() -> None:
    signer = a_signer(second=True)
    template = compile_message(an_edition(), a_newsletter(), "x", signer=signer)
    people = [a_recipient(address=f"p{n}@example.net", subscription_id=n + 1) for n in range(60)]
    with ThreadPoolExecutor(4) as threads:
        messages = list(threads.map(lambda person: template.as_bytes(person, A_DATE), people))
    assert messages == [template.as_bytes(person, A_DATE) for person in people]
    assert all(verified(message, signer) == [True, True] for message in messages[::10])


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "is no PEM file"),
        (b"nonsense", "is no PEM file"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_a_file_that_is_no_key_is_refused(pem: bytes, why: str) -> None:
    with pytest.raises(KeyFault, match=why):
        SigningKey.from_pem(pem, "news")


def test_keys_that_receivers_would_not_take_are_refused() -> None:
    for pem, why in (
        (rsa_pem(1024), "1024 bits"),
        (rsa_pem(2048, "secret"), "passphrase"),
        (ec_pem(), "elliptic curve"),
        (public_pem(), "no private key"),
    ):
        with pytest.raises(KeyFault, match=why):
            SigningKey.from_pem(pem, "news")


def test_a_selector_and_a_domain_must_be_names() -> None:
    with pytest.raises(KeyFault, match="no selector"):
        SigningKey.from_pem(ed25519_pem(), "new s;")
    with pytest.raises(KeyFault, match="no domain"):
        Signer("example.org; x", a_signer().keys)
    with pytest.raises(KeyFault, match="no key"):
        Signer("example.org", ())


def test_the_private_key_is_not_shown() -> None:
    assert "private" not in repr(a_signer(second=True)).lower()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"SubJect : a  b\r\n\t c \r\n", b"subject:a b c\r\n"),
        (b"To:\r\n", b"to:\r\n"),
        (b"To: x\r\n", b"to:x\r\n"),
    ],
)
def test_the_relaxed_form_is_that_of_the_rfc(line: bytes, expected: bytes) -> None:
    assert relaxed(line) == expected
