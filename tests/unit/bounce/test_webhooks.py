"""Webhooks: genuine requests are read, everything else is refused. Real keys, made here."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.bounce.bounce import Bounce, Kind, Reason
from mailer.bounce.webhooks.generic import GenericHook
from mailer.bounce.webhooks.mailgun import MailgunHook
from mailer.bounce.webhooks.postmark import PostmarkHook
from mailer.bounce.webhooks.request import Accepted, Hook, Refusal, Request
from mailer.bounce.webhooks.sendgrid import SendgridHook
from mailer.bounce.webhooks.sns import SnsHook, is_amazon_url
from tests.builders.webhooks import (
    CERTIFICATE,
    EC_KEY,
    NOW,
    PERSON,
    TOPIC,
    a_certificate,
    a_generic_batch,
    a_mailgun_event,
    a_notification,
    a_postmark_event,
    a_sendgrid_batch,
    a_ses_bounce,
    an_sns_message,
)


def accepted(answer: Accepted | Refusal) -> Accepted:
    assert isinstance(answer, Accepted), answer
    return answer


def one(answer: Accepted | Refusal) -> Bounce:
    (bounce,) = accepted(answer).bounces
    return bounce


def why(answer: Accepted | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.why


def read_sns(message: dict[str, Any], certificate: bytes = CERTIFICATE, now: datetime = NOW) -> Accepted | Refusal:
    hook = SnsHook(frozenset({TOPIC}), lambda url: certificate)
    return hook.read(Request({}, json.dumps(message).encode()), now)


def test_an_sns_notification_of_a_bounce_is_read() -> None:
    bounce = one(read_sns(an_sns_message(a_ses_bounce(), Subject="Amazon SES")))
    assert (bounce.kind, bounce.recipient, bounce.enhanced_code) == (Kind.HARD, PERSON, "5.1.1")
    assert (bounce.message_id, bounce.return_paths) == ("12@news.example", ("b+t0k3n@bounces.example",))
    assert bounce.event_id == "m-1/0"


@pytest.mark.parametrize(
    ("words", "diagnostic", "kind"),
    [
        (("Permanent", "General"), "smtp; 550 5.1.1 user unknown", Kind.HARD),
        (("Permanent", "General"), "smtp; 550 5.7.1 blocked by policy", Kind.POLICY),
        (("Permanent", "Suppressed"), "Amazon SES has suppressed sending", Kind.HARD),
        (("Transient", "MailboxFull"), "smtp; 552 5.2.2 mailbox full", Kind.SOFT),
        (("Transient", "General"), "smtp; 550 5.1.1 user unknown", Kind.SOFT),
        (("Transient", "NewSubType"), "", Kind.SOFT),
        (("New", "Type"), "", Kind.SOFT),
    ],
)
def test_ses_types_map_to_kinds_and_replies_refine_them(
    words: tuple[str, str], diagnostic: str, kind: Kind
) -> None:
    assert one(read_sns(an_sns_message(a_ses_bounce(diagnostic, words=words)))).kind is kind


def test_ses_complaints_deliveries_and_unknown_events_are_told_apart() -> None:
    complaint = a_notification("Complaint", complainedRecipients=[{"emailAddress": PERSON}])
    delivery = a_notification("Delivery", recipients=[PERSON], smtpResponse="250 ok")
    assert one(read_sns(an_sns_message(complaint))).kind is Kind.COMPLAINT
    mistaken = complaint | {"complaint": complaint["complaint"] | {"complaintFeedbackType": "not-spam"}}
    assert one(read_sns(an_sns_message(mistaken))).kind is Kind.SUCCESS
    assert one(read_sns(an_sns_message(delivery))).kind is Kind.SUCCESS
    assert one(read_sns(an_sns_message(a_notification("Open")))).kind is Kind.UNRECOGNISED


def test_an_sns_subscription_asks_for_its_confirmation() -> None:
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
    message = an_sns_message({}, kind="SubscriptionConfirmation", SubscribeURL=url, Token="t")
    assert accepted(read_sns(message)).confirm_url == url
    elsewhere = an_sns_message(
        {}, kind="SubscriptionConfirmation", SubscribeURL="https://evil.example/", Token="t"
    )
    assert "confirm" in why(read_sns(elsewhere))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"TopicArn": TOPIC + "2"}, "topic"),
        ({"SignatureVersion": "1"}, "version 2"),
        ({"Timestamp": "2024-06-03T08:00:00.000Z"}, "too old"),
        ({"Timestamp": "2024-06-03T11:00:00.000Z"}, "future"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem"}, "certificate"),
        ({"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/x.pem"}, "certificate"),
        ({"SigningCertURL": "https://x@sns.eu-west-1.amazonaws.com/x.pem"}, "certificate"),
    ],
)
def test_an_sns_message_that_breaks_a_pin_is_refused(changes: dict[str, str], reason: str) -> None:
    assert reason in why(read_sns(an_sns_message(a_ses_bounce(), **changes)))


def test_an_sns_message_changed_after_signing_is_refused() -> None:
    message = an_sns_message(a_ses_bounce())
    for name in ("Message", "MessageId"):
        assert "signature" in why(read_sns({**message, name: "x"}))
    assert "signature" in why(read_sns({**message, "Signature": "AAAA"}))
    assert "signature" in why(read_sns({**message, "Signature": "%"}))


def test_a_certificate_that_is_over_broken_or_away_is_refused() -> None:
    message = an_sns_message(a_ses_bounce())
    assert "not valid now" in why(read_sns(message, a_certificate(until=timedelta(days=-1))))
    assert "cannot be had" in why(read_sns(message, b"nonsense"))

    def away(url: str) -> bytes:
        raise OSError("no network")

    hook = SnsHook(frozenset({TOPIC}), away)
    assert "cannot be had" in why(hook.read(Request({}, json.dumps(message).encode()), NOW))


def test_only_hosts_of_sns_are_amazon() -> None:
    assert is_amazon_url("https://sns.us-gov-west-1.amazonaws.com/a.pem")
    assert is_amazon_url("https://sns.cn-north-1.amazonaws.com.cn/a.pem")
    for url in (
        "https://sns.evil.amazonaws.com/",
        "https://s3.eu-west-1.amazonaws.com/",
        "https://[",
        "",
        "ftp://x",
    ):
        assert not is_amazon_url(url)


MAILGUN = MailgunHook("k" * 32)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (
            {
                "event": "failed",
                "severity": "permanent",
                "delivery-status": {"code": 550, "message": "5.1.1 unknown user"},
            },
            "hard",
        ),
        (
            {
                "event": "failed",
                "severity": "permanent",
                "delivery-status": {"code": 550, "message": "5.7.1 spam"},
            },
            "policy",
        ),
        (
            {"event": "failed", "severity": "temporary", "delivery-status": {"code": 452, "message": "full"}},
            "soft",
        ),
        ({"event": "failed", "severity": "permanent", "reason": "suppress-complaint"}, "complaint"),
        ({"event": "complained"}, "complaint"),
        ({"event": "delivered"}, "success"),
        ({"event": "opened"}, "unrecognised"),
    ],
)
def test_mailgun_events_map_to_kinds(event: dict[str, Any], kind: str) -> None:
    bounce = one(MAILGUN.read(a_mailgun_event(**event), NOW))
    assert (bounce.kind, bounce.recipient, bounce.event_id) == (kind, PERSON, "e-1")
    assert bounce.message_id == "12@news.example"


def test_mailgun_refuses_wrong_keys_and_old_times_and_names_the_token() -> None:
    assert "signature" in why(MAILGUN.read(a_mailgun_event(key="x", event="complained"), NOW))
    assert "signature" in why(MailgunHook("").read(a_mailgun_event(key="", event="complained"), NOW))
    assert "too old" in why(MAILGUN.read(a_mailgun_event(event="complained"), NOW + timedelta(hours=1)))
    assert "too old" in why(MAILGUN.read(a_mailgun_event(event="complained"), NOW - timedelta(hours=1)))
    assert accepted(MAILGUN.read(a_mailgun_event(event="complained"), NOW)).replay_id == "t" * 50


SENDGRID = SendgridHook(
    base64.b64encode(EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"}, "hard"),
        ({"event": "bounce", "type": "blocked", "reason": "550 blocked"}, "policy"),
        ({"event": "deferred", "response": "452 mailbox full"}, "soft"),
        ({"event": "dropped", "reason": "Bounced Address"}, "hard"),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, "complaint"),
        ({"event": "spamreport"}, "complaint"),
        ({"event": "delivered"}, "success"),
        ({"event": "click"}, "unrecognised"),
    ],
)
def test_sendgrid_events_map_to_kinds(event: dict[str, Any], kind: str) -> None:
    batch = [event | {"email": PERSON, "sg_event_id": "s-1", "smtp-id": "<12@news.example>"}]
    bounce = one(SENDGRID.read(a_sendgrid_batch(batch), NOW))
    assert (bounce.kind, bounce.recipient, bounce.event_id) == (kind, PERSON, "s-1")


def test_sendgrid_refuses_other_keys_changed_bodies_and_old_batches() -> None:
    good = a_sendgrid_batch([{"event": "spamreport"}])
    assert "signature" in why(SENDGRID.read(Request(good.headers, good.body + b" "), NOW))
    other = a_sendgrid_batch([], key=ec.generate_private_key(ec.SECP256R1()))
    assert "signature" in why(SENDGRID.read(other, NOW))
    assert "signature" in why(SENDGRID.read(Request({}, b"[]"), NOW))
    assert "signature" in why(SendgridHook("not a key").read(good, NOW))
    assert "too old" in why(SENDGRID.read(good, NOW + timedelta(days=2)))
    assert "batch" in why(SENDGRID.read(a_sendgrid_batch({}), NOW))


POSTMARK = PostmarkHook("s3cr3t-of-postmark")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"Type": "HardBounce", "Details": "smtp;550 5.1.1 unknown"}, "hard"),
        ({"Type": "HardBounce", "Details": "550 5.7.26 unauthenticated, DMARC"}, "policy"),
        ({"Type": "SoftBounce", "Details": "mailbox full"}, "soft"),
        ({"Type": "SpamNotification"}, "policy"),
        ({"Type": "AutoResponder"}, "auto-reply"),
        ({"Type": "SomethingNew"}, "unrecognised"),
        ({"RecordType": "SpamComplaint"}, "complaint"),
        ({"RecordType": "Delivery", "DeliveredAt": "2024-06-03T09:00:00Z"}, "success"),
    ],
)
def test_postmark_events_map_to_kinds(event: dict[str, Any], kind: str) -> None:
    bounce = one(POSTMARK.read(a_postmark_event(**event), NOW))
    assert (bounce.kind, bounce.recipient) == (kind, PERSON)
    assert bounce.event_id.endswith("/42")


def test_postmark_refuses_a_wrong_or_missing_secret_and_old_events() -> None:
    assert "secret" in why(POSTMARK.read(a_postmark_event(secret="x"), NOW))
    assert "secret" in why(POSTMARK.read(Request({}, b"{}"), NOW))
    assert "secret" in why(PostmarkHook("").read(a_postmark_event(secret=""), NOW))
    assert "too old" in why(POSTMARK.read(a_postmark_event(BouncedAt="2024-01-01T00:00:00Z"), NOW))
    assert "no time" in why(POSTMARK.read(a_postmark_event(BouncedAt="yesterday"), NOW))


GENERIC = GenericHook(("new-secret", "old-secret"))


@pytest.mark.parametrize(
    ("event", "kind", "reason"),
    [
        ({"class": "hard"}, "hard", Reason.USER_UNKNOWN),
        ({"diagnostic": "550 5.1.1 no such user"}, "hard", Reason.USER_UNKNOWN),
        ({"enhanced_code": "5.2.2", "reply_code": 552}, "soft", Reason.MAILBOX_FULL),
        ({"class": "complaint"}, "complaint", Reason.FEEDBACK),
        ({"class": "new"}, "unrecognised", Reason.UNDEFINED),
        ({}, "unrecognised", Reason.UNDEFINED),
    ],
)
def test_generic_events_map_to_kinds(event: dict[str, Any], kind: str, reason: Reason) -> None:
    bounce = one(GENERIC.read(a_generic_batch({"id": "g-1", "recipient": PERSON} | event), NOW))
    assert (bounce.kind, bounce.reason, bounce.recipient, bounce.event_id) == (kind, reason, PERSON, "g-1")


def test_generic_takes_an_older_secret_and_refuses_others() -> None:
    assert accepted(GENERIC.read(a_generic_batch({"id": "1"}, secret="old-secret"), NOW))
    assert "signature" in why(GENERIC.read(a_generic_batch({"id": "1"}, secret="other"), NOW))
    assert "signature" in why(GenericHook(("",)).read(a_generic_batch({"id": "1"}, secret=""), NOW))
    assert "too old" in why(GENERIC.read(a_generic_batch({"id": "1"}), NOW + timedelta(minutes=6)))
    assert "body" in why(GENERIC.read(a_generic_batch({"recipient": PERSON}), NOW))


def test_the_same_request_has_the_same_replay_id() -> None:
    first = accepted(GENERIC.read(a_generic_batch({"id": "1"}), NOW)).replay_id
    again = accepted(GENERIC.read(a_generic_batch({"id": "1"}), NOW + timedelta(seconds=9))).replay_id
    other = accepted(GENERIC.read(a_generic_batch({"id": "2"}), NOW)).replay_id
    assert first == again != other


def test_hooks_keep_their_secrets_to_themselves() -> None:
    assert "k" * 32 not in repr(MAILGUN)
    assert "s3cr3t" not in repr(POSTMARK)
    assert "new-secret" not in repr(GENERIC)


HOOKS: list[Hook] = [SnsHook(frozenset({TOPIC}), lambda url: CERTIFICATE), MAILGUN, SENDGRID, POSTMARK, GENERIC]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=100, deadline=None)
def test_no_unsigned_body_is_accepted_or_raises(body: bytes) -> None:
    assert all(isinstance(hook.read(Request({}, body), NOW), Refusal) for hook in HOOKS)


@given(JSON, st.sampled_from(["bounce", "complaint", "delivery", "mail"]))
@settings(max_examples=100, deadline=None)
def test_signed_nonsense_does_not_raise(value: Any, name: str) -> None:
    accepted(read_sns(an_sns_message({"notificationType": "Bounce", name: value})))
    accepted(SENDGRID.read(a_sendgrid_batch([value, {"event": value, "reason": value, "email": value}]), NOW))
    accepted(
        GENERIC.read(a_generic_batch({"id": "1", "class": value, "diagnostic": value, "reply_code": value}), NOW)
    )
    accepted(MAILGUN.read(a_mailgun_event(event=value, severity=value, **{"delivery-status": value}), NOW))
    accepted(POSTMARK.read(a_postmark_event(Type=value, Details=value, Metadata=value), NOW))
