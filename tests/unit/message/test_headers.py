import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.errors import MailerError, SettingsError
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain, feedback_id, issue_headers, notice_headers, sender_id
from tests.builders.message import a_newsletter


def headers_of(
    newsletter: Newsletter, *, subject: str = "Seeds of June", slug: str = "2025-06", language: str = "en"
) -> EmailMessage:
    text = "".join(field.line for field in issue_headers(subject, language, newsletter, slug))
    message = email.message_from_string(text + "\r\n", policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_issue_carries_what_the_standards_ask() -> None:
    headers = headers_of(a_newsletter(reply_to="Editors <ed@example.org>", owner="owner@example.org"))
    assert dict(headers.items()) == {
        "From": "The Garden Letter <letter@example.org>",
        "Subject": "Seeds of June",
        "Content-Language": "en",
        "Reply-To": "Editors <ed@example.org>",
        "List-Id": "The Garden Letter <letter.example.org>",
        "List-Help": "<mailto:owner@example.org?subject=help>",
        "List-Owner": "<mailto:owner@example.org>",
        "List-Post": "NO",
        "List-Subscribe": "<https://news.example.org/garden/subscribe>",
        "List-Archive": "<https://news.example.org/garden/>",
        "Archived-At": "<https://news.example.org/garden/2025-06/en/>",
        "Precedence": "bulk",
        "Feedback-ID": f"2025-06:en:garden:{sender_id(a_newsletter())}",
    }
    assert len(headers.keys()) == len(set(headers.keys()))


def test_a_notice_says_that_no_person_wrote_it() -> None:
    names = [field.name for field in notice_headers("Please confirm", "en", a_newsletter())]
    assert "Auto-Submitted" in names
    assert "Precedence" not in names


WILD = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)


@settings(max_examples=200, deadline=None)
@given(subject=WILD, name=WILD, slug=WILD, language=st.one_of(WILD, st.sampled_from(["de", "pt-br", "ar"])))
def test_wild_input_never_adds_or_breaks_a_header(subject: str, name: str, slug: str, language: str) -> None:
    newsletter = a_newsletter(name=name, sender=f"{name} <letter@example.org>")
    try:
        fields = issue_headers(subject, language, newsletter, slug)
    except MailerError:
        return
    text = "".join(field.line for field in fields)
    assert text.isascii()
    for line in text.removesuffix("\r\n").split("\r\n"):
        assert re.fullmatch(r"[ -~]{1,998}", line)
        assert line.strip(" ")
    for policy in (email.policy.default, email.policy.compat32):
        parsed = email.message_from_string(text + "\r\n", policy=policy)
        assert parsed.keys() == [field.name for field in fields]
        assert not parsed.defects
    assert all("=?" not in field.line for field in fields if field.name not in ("Subject", "From"))


@settings(max_examples=100, deadline=None)
@given(name=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300))
def test_a_list_id_is_never_longer_than_255_octets(name: str) -> None:
    (field,) = (f for f in issue_headers("s", "en", a_newsletter(name=name), "x") if f.name == "List-Id")
    assert len(field.line.removesuffix("\r\n")) <= 255
    assert field.line.endswith("<letter.example.org>\r\n")


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?hello=0d=0aBcc:_x@example.org?=",
        "=?us-ascii?B?YQ0KQmNjOiBi?=",
        "a\0b",
        "bell\x07",
        "half \ud83d",
    ],
)
def test_a_subject_with_a_hidden_control_is_refused(subject: str) -> None:
    with pytest.raises(MailerError, match="the subject"):
        headers_of(a_newsletter(), subject=subject)


def test_a_subject_over_several_lines_becomes_one() -> None:
    assert (
        headers_of(a_newsletter(), subject="Seeds\r\nBcc: x@example.org\n")["subject"]
        == "Seeds Bcc: x@example.org"
    )


def test_a_no_break_space_in_a_subject_is_kept() -> None:
    assert headers_of(a_newsletter(), subject="XMPP\u00a0: juin")["subject"] == "XMPP\u00a0: juin"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"sender": "nobody"}, "newsletters.garden.sender"),
        ({"sender": "A\r\nBcc: b@example.org <a@example.org>"}, "newsletters.garden.sender"),
        ({"reply_to": "b@example.org\r\nX: y"}, "newsletters.garden.reply_to"),
        ({"list_id": "no spaces.example.org"}, "newsletters.garden.list_id"),
        ({"list_id": "x." * 130 + "org"}, "newsletters.garden.list_id"),
        ({"list_id": "a\r\n.example.org"}, "newsletters.garden.list_id"),
        ({"base_url": "news.example.org"}, "base_url"),
    ],
)
def test_a_newsletter_that_cannot_be_named_is_a_settings_error(change: dict[str, str], where: str) -> None:
    with pytest.raises(SettingsError) as caught:
        headers_of(replace(a_newsletter(), **change))  # type: ignore[arg-type]  # only fields that are str
    assert caught.value.where == where


def test_international_domains_go_out_as_punycode() -> None:
    newsletter = a_newsletter(sender="Bücher <neu@bücher.example>", bounce_domain="rück.bücher.example")
    assert headers_of(newsletter)["from"].addresses[0].addr_spec == "neu@xn--bcher-kva.example"
    assert bounce_domain(newsletter) == "xn--rck-hoa.xn--bcher-kva.example"
    assert bounce_domain(a_newsletter(sender="A <a@Example.org>")) == "Example.org"


def test_accents_leave_the_name_in_list_id_and_other_scripts_leave_it_out() -> None:
    assert headers_of(a_newsletter(name="Café Noir"))["list-id"] == "Cafe Noir <letter.example.org>"
    assert headers_of(a_newsletter(name="新聞"))["list-id"] == "<letter.example.org>"


@settings(max_examples=100, deadline=None)
@given(key=st.text(max_size=70), slug=st.text(max_size=300))
def test_a_feedback_id_has_four_fields_and_a_sender_of_5_to_15_characters(key: str, slug: str) -> None:
    fields = feedback_id(a_newsletter(key=key), slug, "pt-br").split(":")
    assert len(fields) == 4
    assert re.fullmatch(r"[a-z0-9]{5,15}", fields[-1])
    assert all(fields)


def test_the_same_input_gives_the_same_headers() -> None:
    assert issue_headers("s", "en", a_newsletter(), "x") == issue_headers("s", "en", a_newsletter(), "x")
