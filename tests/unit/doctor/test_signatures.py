"""Our verifier beside dkimpy's: it must accept what dkimpy accepts, and refuse what was changed on the way."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.doctor import signatures
from mailer.doctor.names import Names
from mailer.doctor.signatures import BadSignature, RecordFault
from mailer.render.message import compile_message
from tests.builders.keys import a_signer, ed25519_pem, rsa_pem
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition

NOW = datetime(2025, 6, 11, tzinfo=UTC)
HEADERS = b"From: Quay <quay@example.org>\r\nTo: ann@example.net\r\nSubject:  Two   blanks \r\n and a fold\r\n"


class Zone:
    """TXT records without a network."""

    def __init__(self, records: dict[str, str]) -> None:
        self.records = records

    def texts(self, name: str) -> list[str]:
        return [record for place, record in self.records.items() if place == name]


def keys_of(*, second: bool = True) -> Names:
    signer = a_signer(second=second)
    records = {f"{key.selector}._domainkey.{signer.domain}": key.dns_record() for key in signer.keys}
    return cast("Names", Zone(records))


def verdicts(raw: bytes, names: Names | None = None, now: datetime = NOW) -> list[str]:
    """ "" for each signature that verifies, else the reason."""
    fields, body = signatures.split_message(raw)
    found = []
    for signature in signatures.signatures(fields):
        try:
            if isinstance(signature, BadSignature):
                raise signature
            signatures.verify(signature, fields, body, names or keys_of(), now)
            found.append("")
        except BadSignature as fault:
            found.append(str(fault))
    return found


def ours() -> bytes:
    template = compile_message(an_edition(), a_newsletter(), "june", signer=a_signer(second=True))
    return template.as_bytes(a_recipient(), A_DATE)


def by_dkimpy(body: bytes, form: str, **options: Any) -> bytes:
    message = HEADERS + b"\r\n" + body
    header_form, body_form = form.encode().split(b"/")
    line: bytes = dkim.sign(
        message, b"news", b"example.org", rsa_pem(), canonicalize=(header_form, body_form), **options
    )
    return line + message


def test_both_of_our_signatures_verify() -> None:
    assert verdicts(ours()) == ["", ""]


FORMS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]


@settings(max_examples=60, deadline=None)
@given(
    body=st.lists(st.sampled_from([b"words", b" ", b"\t", b"\r\n", b"a  b", b".", b"", b" \r\n"]), max_size=14),
    form=st.sampled_from(FORMS),
)
def test_what_dkimpy_signs_verifies_in_every_form(body: list[bytes], form: str) -> None:
    whole = b"".join([*body, b"\r\n"]) if body else b""  # what SMTP carries ends with a line end
    assert verdicts(by_dkimpy(whole, form)) == [""]


@pytest.mark.parametrize("form", FORMS)
def test_line_ends_that_a_file_system_changed_do_not_matter(form: str) -> None:
    raw = by_dkimpy(b"one\r\ntwo\r\n", form)
    assert verdicts(raw.replace(b"\r\n", b"\n")) == [""]
    assert verdicts(b"From MAILER-DAEMON Fri Nov 20\n" + raw.replace(b"\r\n", b"\n")) == [""]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"Subject: Seeds", b"Subject: Weeds", "a signed header was changed"),
        (b"Hello", b"Hullo", "body was changed"),
        (b"From: ", b"From: Mallory <m@example.com>\r\nFrom: ", "a signed header was changed"),
        (b"List-Unsubscribe-Post: ", b"List-Unsubscribe-Post: x\r\nList-Unsubscribe-Post: ", "a signed header"),
    ],
)
def test_what_was_changed_on_the_way_fails(before: bytes, after: bytes, said: str) -> None:
    raw = ours()
    assert before in raw
    head, separator, rest = raw.partition(before)
    for verdict in verdicts(head + after + rest if separator else raw):
        assert said in verdict


def test_another_key_an_old_algorithm_and_an_expired_signature_fail() -> None:
    raw = ours()
    assert "no TXT record" in verdicts(raw, cast("Names", Zone({})))[0]
    other = a_signer().keys[0].dns_record()
    assert "the published key is rsa" in verdicts(raw, cast("Names", Zone({
        "news._domainkey.example.org": other, "news-ed._domainkey.example.org": other}))
    )[1]  # fmt: skip
    assert "not believed" in verdicts(raw.replace(b"a=rsa-sha256", b"a=rsa-sha1"))[0]
    expired = by_dkimpy(b"x\r\n", "relaxed/simple").replace(b"v=1;", b"v=1; x=1000;", 1)
    assert "expired" in verdicts(expired)[0]
    assert "no d=" in verdicts(raw.replace(b" d=example.org;", b"", 1))[0]


@given(raw=st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(raw: bytes) -> None:
    verdicts(raw)
    verdicts(b"DKIM-Signature: " + raw + b"\r\n\r\nbody")


@given(
    tags=st.dictionaries(
        st.sampled_from(["v", "a", "b", "bh", "c", "d", "h", "i", "l", "q", "s", "t", "x", "z"]),
        st.sampled_from(
            ["1", "rsa-sha256", "relaxed/simple", "example.org", "from", "news", "AAAA", "", "²", "99"]
        ),
    )
)
def test_any_tags_are_read_without_an_error(tags: dict[str, str]) -> None:
    line = "; ".join(f"{name}={value}" for name, value in tags.items())
    verdicts(f"DKIM-Signature: {line}\r\nFrom: a@example.org\r\n\r\nbody".encode())


@given(
    record=st.text(max_size=80)
    | st.from_regex(r"v=DKIM1; k=(rsa|ed25519); p=[A-Za-z0-9+/]{0,60}=*", fullmatch=True)
)
def test_any_record_is_a_key_or_a_fault_in_words(record: str) -> None:
    with suppress(RecordFault):
        assert signatures.read_key(record).bits >= 256


def test_keys_say_their_kind_and_size() -> None:
    rsa = signatures.read_key(a_signer().keys[0].dns_record())
    assert (rsa.kind, rsa.bits, rsa.testing) == ("rsa", 2048, False)
    from mailer.render.dkim import SigningKey

    second = signatures.read_key(SigningKey.from_pem(ed25519_pem(), "x").dns_record() + "; t=s:y")
    assert (second.kind, second.testing) == ("ed25519", True)
