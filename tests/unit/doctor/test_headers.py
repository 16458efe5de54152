from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailer.doctor.finding import Finding, Result
from mailer.doctor.headers import RULES, read_mail
from mailer.doctor.mail import spam_verdict
from mailer.render.message import compile_message, compile_notice
from tests.builders.message import A_DATE, a_newsletter, a_recipient, an_edition


def an_issue() -> bytes:
    return compile_message(an_edition(), a_newsletter(), "june").as_bytes(a_recipient(), A_DATE)


def judged(raw: bytes) -> list[Finding]:
    mail = read_mail(raw)
    return [finding for rule in RULES for finding in rule(mail)]


def wrong(raw: bytes) -> list[Finding]:
    return [finding for finding in judged(raw) if finding.result is not Result.OK]


def test_an_issue_of_ours_breaks_no_rule() -> None:
    assert wrong(an_issue()) == []
    assert len(judged(an_issue())) >= 9


def test_a_notice_of_ours_breaks_no_rule() -> None:
    template = compile_notice("Confirm", "Yes?", "<p>Yes?</p>", a_newsletter(), "en")
    assert wrong(template.as_bytes(a_recipient(), A_DATE)) == []


def without(name: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw.replace(b"\r\n" + name + b":", b"\r\nX-Was:", 1)


def instead(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: raw.replace(before, after, 1)


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        (without(b"Message-ID"), "headers-once", "no Message-ID"),
        (instead(b"Subject:", b"Subject: One\r\nSubject:"), "headers-once", "2 times Subject"),
        (without(b"List-Unsubscribe"), "list-unsubscribe", "0 List-Unsubscribe"),
        (without(b"List-Unsubscribe-Post"), "list-unsubscribe", "is missing"),
        (instead(b"=One-Click", b"=one-click"), "list-unsubscribe", "'List-Unsubscribe=one-click'"),
        (instead(b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"), "list-unsubscribe", "0 https links"),
        (instead(b"<https://news", b"<https://a.example>, <https://news"), "list-unsubscribe", "2 https links"),
        (instead(b"ibe: <", b"ibe: =?utf-8?q?=3Chttps?= <"), "list-unsubscribe", "encoded"),
        (without(b"List-Id"), "list-headers", "0 List-Id"),
        (instead(b"List-Help: <", b"List-Help: mailto:<"), "list-headers", "List-Help has to begin"),
        (instead(b"List-Owner: <mailto:", b"List-Owner: <mailto: "), "list-headers", "white space"),
        (without(b"Feedback-ID"), "headers-bulk", "Feedback-ID not there"),
        (instead(b"Feedback-ID: ", b"Feedback-ID: x:"), "headers-bulk", "a:b:c:SenderId"),
        (instead(b"To: ann@", "To: ä@".encode()), "addresses", "To holds letters beyond ASCII"),
        (instead(b"Message-ID: <", b"Message-ID: "), "addresses", "Message-ID is not"),
        (instead(b"Seeds of June", b"=?utf-8?q?" + b"x" * 80 + b"?="), "headers-encoding", "more than 75"),
        (instead(b"Seeds", b"Se\x01eds"), "headers-encoding", "control character"),
        (instead(b"Seeds", b"S" * 1200), "lines", "A line has"),
        (lambda raw: raw + b"bare\n", "lines", "mixes line ends"),
        (lambda raw: raw + b"\0", "lines", "NUL"),
        (instead(b"multipart/alternative", b"multipart/mixed"), "parts", "not multipart/alternative"),
        (instead(b"text/plain; charset=utf-8", b"text/plain; charset=latin-1"), "parts", "charset"),
        (instead(b"quoted-printable", b"8bit"), "parts", "raw 8bit"),
        (instead(b"text/plain", b"text/calendar"), "parts", "no plain text"),
        (instead(b"<p>", b"<img width=3D1 height=3D1 src=3D'x'><p>"), "tracking", "one pixel"),
    ],
)  # fmt: skip
def test_each_rule_finds_what_it_is_for(change: Callable[[bytes], bytes], check: str, said: str) -> None:
    raw = change(an_issue())
    assert raw != an_issue()
    found = [finding.means for finding in wrong(raw) if finding.check == check]
    assert any(said in means for means in found), wrong(raw)


@pytest.mark.parametrize(("paragraphs", "result"), [(1_300, Result.WARNING), (1_800, Result.FAILURE)])
def test_a_large_html_part_is_measured_as_it_is_sent(paragraphs: int, result: Result) -> None:
    html = f"<html><body>{'<p>' + 'w' * 56 + '</p>' + chr(10)}</body></html>".replace(
        "<p>", ("<p>" + "w" * 56 + "</p>\n") * paragraphs + "<p>", 1
    )
    raw = compile_message(an_edition(html=html), a_newsletter(), "june").as_bytes(a_recipient(), A_DATE)
    (size,) = [finding for finding in judged(raw) if finding.check == "size"]
    assert size.result is result, size


@given(raw=st.binary(max_size=500))
def test_any_bytes_are_judged_without_an_error(raw: bytes) -> None:
    assert judged(raw)
    judged(an_issue()[:120] + raw + an_issue()[120:])


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?a?b?" * 100_000,
        b"DKIM-Signature: " + b"a=b; " * 100_000 + b"\r\n\r\n",
        b"List-Help: " + b"<" * 200_000,
        b"A: b\r\n " * 100_000,
        b"Content-Type: text/html\r\n\r\n" + b"<img " * 100_000,
        b"From: a@b\r\n" * 20_000,
        b"From: a\r\n\r\n" + b" \t" * 200_000 + b"\r\n" * 200_000,
    ],
    ids=["encoded-words", "tags", "brackets", "folds", "images", "headers", "empty lines"],
)
def test_a_mail_made_to_take_long_is_judged_all_the_same(raw: bytes) -> None:
    """What takes a square of its length takes minutes here, and the suite's time limit ends it."""
    assert judged(raw)


def test_spamassassin_is_asked_where_it_is_installed_and_missed_in_words_where_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (said,) = spam_verdict(an_issue())
    assert (said.result, "not installed" in said.means) == (Result.OK, True)
