"""Requests of webhooks as providers make them, signed with real keys that are made here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from mailer.bounce.webhooks.generic import sign
from mailer.bounce.webhooks.request import Request
from mailer.bounce.webhooks.sns import signed_text

NOW = datetime(2024, 6, 3, 10, 0, tzinfo=UTC)
PERSON = "paula@reader.example"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def a_certificate(*, until: timedelta = timedelta(days=30)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(RSA_KEY.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW - timedelta(days=30)).not_valid_after(NOW + until)
    return builder.sign(RSA_KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


CERTIFICATE = a_certificate()


def a_notification(kind: str = "Bounce", **details: Any) -> dict[str, Any]:
    mail = {
        "source": "b+t0k3n@bounces.example",
        "messageId": "ses-1",
        "commonHeaders": {"messageId": "<12@news.example>"},
    }
    return {"notificationType": kind, kind.lower(): details, "mail": mail}


def a_ses_bounce(
    diagnostic: str = "smtp; 550 5.1.1 user unknown", *, words: tuple[str, str] = ("Permanent", "General")
) -> Any:
    person = {
        "emailAddress": PERSON,
        "status": "5.1.1" if "5.1.1" in diagnostic else "",
        "diagnosticCode": diagnostic,
    }
    return a_notification(
        bounceType=words[0], bounceSubType=words[1], bouncedRecipients=[person], feedbackId="f-1"
    )


def an_sns_message(notification: Any, *, kind: str = "Notification", **changes: str) -> dict[str, Any]:
    message = {
        "Type": kind,
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Message": json.dumps(notification),
        "Timestamp": "2024-06-03T09:59:30.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    } | changes
    signature = RSA_KEY.sign(signed_text(message, kind), padding.PKCS1v15(), hashes.SHA256())
    return {**message, "Signature": base64.b64encode(signature).decode()}


def a_mailgun_event(*, at: datetime = NOW, key: str = "k" * 32, **event: Any) -> Request:
    timestamp, token = str(int(at.timestamp())), "t" * 50
    signature = hmac.new(key.encode(), (timestamp + token).encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {"id": "e-1", "recipient": PERSON, "message": {"headers": {"message-id": "12@news.example"}}}
        | event,
    }
    return Request({}, json.dumps(body).encode())


def a_sendgrid_batch(events: Any, *, at: datetime = NOW, key: ec.EllipticCurvePrivateKey = EC_KEY) -> Request:
    body = json.dumps(events).encode()
    timestamp = str(int(at.timestamp()))
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    return Request(headers, body)


def a_postmark_event(*, secret: str = "s3cr3t-of-postmark", **event: Any) -> Request:
    event = {"RecordType": "Bounce", "ID": 42, "Email": PERSON, "BouncedAt": "2024-06-03T09:00:00Z"} | event
    credentials = base64.b64encode(f"postmark:{secret}".encode()).decode()
    return Request({"Authorization": f"Basic {credentials}"}, json.dumps(event).encode())


def a_generic_batch(*events: dict[str, Any], secret: str = "new-secret", at: datetime = NOW) -> Request:
    body = json.dumps({"events": events}).encode()
    timestamp = str(int(at.timestamp()))
    return Request({"X-Mailer-Timestamp": timestamp, "X-Mailer-Signature": sign(secret, timestamp, body)}, body)
