"""Replies of servers, by DSN and at SMTP time alike: what they say of the address, the moment, or us."""

from __future__ import annotations

import pytest

from mailer.bounce.bounce import Kind, Reason
from mailer.bounce.codes import ENHANCED, REPLIES, find_enhanced, find_reply, reason_of_enhanced
from mailer.bounce.phrases import ORDER, reason_of_text
from mailer.bounce.reader import read_bounce
from mailer.bounce.refusal import bounce_of_refusal
from tests.builders.bounces import PERSON, a_dsn

REPLY_KINDS = [
    ("5.1.1", "550 5.1.1 Not our customer", "hard"),
    ("5.0.0", "550 Mailbox not found", "hard"),
    ("5.0.0", "550-Requested action not taken: mailbox unavailable 550 see our page", "hard"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", "hard"),
    ("5.1.351", "550 5.1.351 Remote server returned unknown recipient or mailbox unavailable", "hard"),
    ("5.4.310", "550 5.4.310 DNS domain reader.example does not exist", "hard"),
    ("5.4.4", "Host or domain name not found. Name service error for name=reader.example: Host not found", "hard"),
    ("5.0.0", "550 <paula@reader.example> Adresse inconnue", "hard"),
    ("5.0.0", "550 Benutzer existiert nicht", "hard"),
    ("5.0.0", "550 El usuario no existe", "hard"),
    ("5.0.0", "550 пользователь не найден", "hard"),
    ("5.2.2", "552 5.2.2 The account is over quota and inactive", "soft"),
    ("5.0.0", "554 This mailbox is disabled", "soft"),
    ("5.2.2", "maildir delivery failed: Disk quota exceeded", "soft"),
    ("5.4.6", "mail for reader.example loops back to myself", "soft"),
    ("4.4.1", "connect to mx.reader.example[192.0.2.1]:25: Connection timed out", "soft"),
    ("5.4.312", "550 5.4.312 Message expired, DNS query failed", "soft"),
    ("5.0.0", "550 Domain frequency limited", "policy"),
    ("5.0.0", "550 Mail content denied", "policy"),
    ("5.1.90", "550 5.1.90 you've reached your daily limit for message recipients", "policy"),
    ("5.7.708", "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP", "policy"),
    ("5.7.1", "550 5.7.1 part of their network is on our block list", "policy"),
    ("5.0.0", "554 IP address is block listed", "policy"),
    ("5.0.0", "553 your reverse DNS does not resolve", "policy"),
    ("5.0.0", "550 SPF check failed", "policy"),
    ("5.0.0", "550 Administrative prohibition - envelope blocked", "policy"),
    ("5.0.0", "550 relay not permitted", "policy"),
]


@pytest.mark.parametrize(("status", "reply", "kind"), REPLY_KINDS)
def test_a_reply_means_the_same_in_a_dsn_and_at_smtp_time(status: str, reply: str, kind: str) -> None:
    (by_mail,) = read_bounce(a_dsn(status=status, diagnostic=f"smtp; {reply}"))
    code = int(reply[:3]) if reply[:3].isdecimal() else None
    at_once = bounce_of_refusal(PERSON, code=code, enhanced_code=status, reply=reply)
    assert (by_mail.kind, at_once.kind) == (kind, kind)
    assert by_mail.recipient == at_once.recipient == PERSON


@pytest.mark.parametrize(
    ("command", "kind"), [("RCPT", Kind.HARD), ("DATA", Kind.POLICY), ("MAIL", Kind.POLICY), ("", Kind.HARD)]
)
def test_the_refused_command_decides_whose_fault_it_is(command: str, kind: Kind) -> None:
    assert bounce_of_refusal(PERSON, code=550, reply="550 user unknown", command=command).kind is kind


def test_a_bare_550_blames_nobody() -> None:
    assert bounce_of_refusal(PERSON, code=550, reply="550").kind is Kind.SOFT


def test_no_class_4_and_no_subject_7_is_ever_hard() -> None:
    for words in ("user unknown", "no such domain", "mailbox not found", "has moved", ""):
        for code in ("4.1.1", "4.2.1", "4.7.1", "5.7.1", "5.7.13", "5.7.999"):
            reply = f"{'450' if code[0] == '4' else '550'} {code} {words}"
            assert bounce_of_refusal(PERSON, code=int(reply[:3]), reply=reply).kind is not Kind.HARD


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("550-5.1.1 no", "5.1.1"),
        ("said: (#5.2.2)", "5.2.2"),
        ("host 5.6.7.8 said 5.1.1", "5.1.1"),
        ("2.0.0 ok, then 5.7.1", "5.7.1"),
        ("192.0.2.4", ""),
        ("version 5.1.1.2", ""),
    ],
)
def test_enhanced_codes_are_found_and_addresses_are_not(text: str, code: str) -> None:
    assert find_enhanced(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("550 no", 550), ("250 ok 451 later", 451), ("after 450 seconds", None), ("port:550", None), ("", None)],
)
def test_reply_codes_are_found_and_numbers_are_not(text: str, code: int | None) -> None:
    assert find_reply(text) == code


def test_addresses_links_and_hosts_are_no_reason() -> None:
    assert reason_of_text("blocked@spam.example virus.blocked.example https://quota.example/full") is None
    assert reason_of_text("listed at zen.spamhaus.org") is Reason.BLOCKED


def test_the_tables_know_only_their_own_words() -> None:
    assert len(set(ORDER)) == len(ORDER)
    assert all(isinstance(reason, Reason) for reason in [*ENHANCED.values(), *REPLIES.values()])
    assert reason_of_enhanced("5.0.0") is None
    assert reason_of_enhanced("5.9.9") is None
    assert reason_of_enhanced("5.7.99") is Reason.SECURITY_ERROR
