"""Every form of notice is read: kind, reason, recipient."""

from __future__ import annotations

import pytest

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.reader import read_bounce
from tests.builders.bounces import (
    FORMS,
    PERSON,
    RETURNED,
    TOKEN,
    Form,
    a_dsn,
    a_feedback_report,
    a_plain_bounce,
    an_auto_reply,
)


def only(raw: bytes) -> Bounce:
    (bounce,) = read_bounce(raw)
    return bounce


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_notice_in_plain_words_is_understood(form: Form) -> None:
    bounce = only(form.raw)
    assert (bounce.kind, bounce.recipient) == (form.kind, form.recipient)
    assert form.reason is None or bounce.reason == form.reason
    assert TOKEN in bounce.return_paths


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_notice_is_understood_with_other_line_ends_and_an_mbox_separator(form: Form) -> None:
    raw = b"From MAILER-DAEMON Mon Jun  3 10:00:00 2024\r\n" + form.raw.replace(b"\n", b"\r\n")
    assert only(raw).kind == form.kind


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "smtp; 550 5.1.1 User unknown", "hard"),
        ("5.1.2", "dns; no such host", "hard"),
        ("5.1.0", "smtp; 550 #5.1.0 Address rejected.", "hard"),
        ("5.1.6", "smtp; 551 5.1.6 has moved", "hard"),
        ("5.1.10", "smtp; 556 5.1.10 null MX", "hard"),
        ("5.2.1", "smtp; 550 5.2.1 Mailbox disabled, not accepting messages", "hard"),
        ("5.0.0", "smtp; 550 5.1.1 no such user", "hard"),
        ("5.2.2", "smtp; 552 5.2.2 Mailbox full", "soft"),
        ("5.1.1", "smtp; 552 over quota", "soft"),
        ("4.2.2", "smtp; 452 4.2.2 over quota", "soft"),
        ("4.1.1", "smtp; 450 4.1.1 User unknown", "soft"),
        ("4.4.1", "smtp; connection timed out", "soft"),
        ("4.7.1", "smtp; 451 4.7.1 Greylisted, come back later", "soft"),
        ("5.3.4", "smtp; 552 5.3.4 Message too big", "soft"),
        ("5.4.4", "", "soft"),
        ("5.0.0", "smtp; 550 something odd", "soft"),
        ("5.7.1", "smtp; 550 5.7.1 User unknown", "policy"),
        ("5.7.26", "smtp; 550 5.7.26 unauthenticated, DMARC", "policy"),
        ("4.7.27", "smtp; 421 4.7.27 SPF did not pass", "policy"),
        ("5.7.515", "smtp; 550 5.7.515 Access denied, sending domain does not meet the level", "policy"),
        ("5.1.8", "smtp; 501 5.1.8 Sender address rejected", "policy"),
        ("5.1.1", "smtp; 550 blocked using bl.spamhaus.org", "policy"),
        ("5.0.0", "smtp; 554 Message considered spam", "policy"),
        ("5.0.0", "smtp; 550 unknown user (in reply to end of DATA command)", "policy"),
        ("5.1.0", "smtp; 553 5.1.0 no such domain (in reply to MAIL FROM command)", "policy"),
    ],
)
def test_codes_and_words_of_a_dsn_give_the_kind(status: str, diagnostic: str, kind: str) -> None:
    bounce = only(a_dsn(status=status, diagnostic=diagnostic))
    assert (bounce.kind, bounce.recipient, bounce.reader) == (kind, PERSON, "dsn")


@pytest.mark.parametrize(
    ("action", "kind"), [("delivered", "success"), ("relayed", "success"), ("delayed", "soft")]
)
def test_the_action_of_a_dsn_counts(action: str, kind: str) -> None:
    status = "2.0.0" if kind == "success" else "4.4.7"
    assert only(a_dsn(action=action, status=status, diagnostic="")).kind == kind


def test_a_dsn_tells_codes_message_and_token() -> None:
    bounce = only(a_dsn(diagnostic="smtp; 550 5.1.1 <paula@reader.example>\n is not a user here"))
    assert bounce.enhanced_code == "5.1.1"
    assert bounce.reply_code == 550
    assert bounce.reason is Reason.USER_UNKNOWN
    assert bounce.message_id == "12.77@news.example"
    assert bounce.diagnostic == "550 5.1.1 <paula@reader.example> is not a user here"
    assert ("subject", "Issue 12") in bounce.returned_headers


def test_a_message_id_is_found_in_the_words_where_nothing_is_enclosed() -> None:
    named = "Your message\n\n  Message-ID: <12.77@news.example>\n\n"
    failed = f"could not be delivered to:\n\n{PERSON}: no such user\n"
    assert only(a_plain_bounce(named + failed)).message_id == "12.77@news.example"


def test_every_recipient_of_a_dsn_is_one_value() -> None:
    extra = "\nFinal-Recipient: rfc822; ola@reader.example\nAction: failed\nStatus: 5.2.2\n"
    bounces = read_bounce(a_dsn(extra=extra))
    assert [(bounce.recipient, bounce.kind) for bounce in bounces] == [
        (PERSON, Kind.HARD),
        ("ola@reader.example", Kind.SOFT),
    ]


def test_an_envelope_id_is_a_place_for_the_token() -> None:
    raw = (
        a_dsn()
        .replace(b"Reporting-MTA:", b"Original-Envelope-Id: b+0th3r\nReporting-MTA:")
        .replace(TOKEN.encode(), b"postmaster@news.example")
    )
    assert "b+0th3r" in only(raw).return_paths


def test_international_dsn_types_and_addresses_are_read() -> None:
    raw = (
        a_dsn(recipient="x@y.example")
        .replace(b"rfc822; x@y.example", "utf-8; jörg@bücher.example".encode())
        .replace(b"message/delivery-status", b"message/global-delivery-status")
    )
    assert only(raw).recipient == "jörg@bücher.example"


def test_a_dsn_that_lost_its_mime_header_is_read() -> None:
    raw = a_dsn()
    head, _, body = raw.partition(b"\n\n")
    head = head.partition(b"MIME-Version")[0].rstrip()
    bounce = only(head + b"\n\n" + body)
    assert (bounce.kind, bounce.recipient) == (Kind.HARD, PERSON)


def test_a_multi_line_reply_is_read_as_one() -> None:
    reply = "    550-5.1.1 The account\n    550-5.1.1 that you tried\n    550 5.1.1 does not exist\n"
    bounce = only(a_plain_bounce(f"failed:\n\n{PERSON}\n    host mx [192.0.2.1]:\n{reply}"))
    assert bounce.diagnostic.endswith("The account that you tried does not exist")


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "other", "x-new"])
def test_a_feedback_report_is_a_complaint_of_the_recipient_it_names(kind: str) -> None:
    bounce = only(a_feedback_report(f"Original-Rcpt-To: <{PERSON}>\n", feedback_type=kind))
    assert (bounce.kind, bounce.recipient, bounce.reason) == (Kind.COMPLAINT, PERSON, Reason.FEEDBACK)


def test_a_redacted_report_still_leads_to_the_token() -> None:
    raw = a_feedback_report(
        f"Original-Mail-From: <{TOKEN}>\nRedacted-Address: redacted\n", to="redacted@reader.example"
    )
    raw = raw.replace(f"To: {TOKEN}".encode(), b"To: fbl@news.example")
    bounce = only(raw)
    assert bounce.kind is Kind.COMPLAINT
    assert bounce.recipient != PERSON
    assert TOKEN in bounce.return_paths
    assert bounce.message_id == "12.77@news.example"


@pytest.mark.parametrize(
    ("feedback_type", "kind", "reason"),
    [
        ("abuse", Kind.COMPLAINT, Reason.FEEDBACK),
        ("Auth-Failure", Kind.COMPLAINT, Reason.AUTH_FAILURE),
        ("virus", Kind.COMPLAINT, Reason.VIRUS_DETECTED),
        ("not-spam", Kind.SUCCESS, Reason.DELIVERED),
        ("what nobody knows", Kind.COMPLAINT, Reason.FEEDBACK),
    ],
)
def test_the_type_of_a_feedback_report_says_who_complains(feedback_type: str, kind: Kind, reason: Reason) -> None:
    bounce = only(a_feedback_report(feedback_type=feedback_type))
    assert (bounce.kind, bounce.reason) == (kind, reason)


def test_a_complaint_that_only_encloses_the_mail_is_one() -> None:
    raw = (
        "From: staff@isp.example\nTo: abuse@news.example\nSubject: complaint about message from 192.0.2.7\n"
        'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="=_c"\n\n'
        "--=_c\nContent-Type: message/rfc822\n\n"
        f"X-HmXmrOriginalRecipient: {PERSON}\n{RETURNED}\n--=_c--\n"
    ).encode()
    bounce = only(raw)
    assert (bounce.kind, bounce.recipient) == (Kind.COMPLAINT, PERSON)


AUTO_REPLY_HEADERS = [
    "Auto-Submitted: auto-replied\n",
    "Auto-Submitted: auto-replied (vacation)\n",
    "X-Autoreply: yes\n",
    "X-Autorespond: vacation\n",
    "Precedence: auto_reply\n",
    "X-Autogenerated: Reply\n",
]
AUTO_REPLY_SUBJECTS = [
    "Out of Office: Issue 12",
    "Automatic reply: Issue 12",
    "Auto: Issue 12",
    "Automatische Antwort: Issue 12",
    "Abwesenheitsnotiz: Issue 12",
    "Réponse automatique : Issue 12",
    "Respuesta automática: Issue 12",
    "Risposta automatica: Issue 12",
    "Resposta automática: Issue 12",
    "Автоответ: Issue 12",
    "自動応答: Issue 12",
    "自动回复: Issue 12",
]
AWAY = (
    "I cannot be reached. Your message was not delivered to my colleague eva@reader.example; 550 user unknown, ha."
)


@pytest.mark.parametrize("headers", AUTO_REPLY_HEADERS)
@pytest.mark.parametrize("text", ["I am away until Monday.", AWAY])
def test_an_auto_reply_is_never_a_bounce(headers: str, text: str) -> None:
    bounce = only(an_auto_reply(headers=headers, text=text))
    assert (bounce.kind, bounce.recipient) == (Kind.AUTO_REPLY, PERSON)
    assert bounce.message_id == "12.77@news.example"


@pytest.mark.parametrize("subject", AUTO_REPLY_SUBJECTS)
def test_a_vacation_subject_is_enough(subject: str) -> None:
    assert only(an_auto_reply(subject=subject)).kind is Kind.AUTO_REPLY


def test_a_read_receipt_is_an_auto_reply() -> None:
    raw = a_dsn(report_type="disposition-notification").replace(
        b"message/delivery-status", b"message/disposition-notification"
    )
    assert only(raw).reason is Reason.RECEIPT


def test_an_auto_submitted_bounce_stays_a_bounce() -> None:
    raw = a_plain_bounce(
        f"Delivery failed:\n\n{PERSON}\n  550 5.1.1 user unknown\n", headers="Auto-Submitted: auto-replied\n"
    )
    assert only(raw).kind is Kind.HARD
