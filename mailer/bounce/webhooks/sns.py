"""Amazon SNS messages over HTTPS: signature version 2 (SHA-256), certificate host and topic pinned.

Law: a message of another topic, host, version or hour is refused before its content is looked at.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from mailer.bounce.webhooks.request import (
    Accepted,
    Refusal,
    Request,
    is_fresh,
    mapping,
    read_json,
    text,
    time_of_iso,
)
from mailer.bounce.webhooks.ses import bounces_of_notification

MAX_AGE: Final = timedelta(hours=1)  # SNS asks receivers to refuse older messages; its retries end within it
_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?")
# Fields that are signed, in their order; Subject only where the message has one.
SIGNED_FIELDS: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


@dataclass(frozen=True, slots=True)
class SnsHook:
    """``topics`` are the ARNs that may speak; ``fetch_certificate`` gets the PEM of a URL on Amazon's hosts.

    ``fetch_certificate`` raises OSError when it cannot; it should keep what it fetched.
    """

    topics: frozenset[str]
    fetch_certificate: Callable[[str], bytes]

    def read(self, request: Request, now: datetime) -> Accepted | Refusal:
        """Verify and parse; a subscription to confirm has no bounces and a ``confirm_url``."""
        message = mapping(read_json(request.body))
        kind = text(message.get("Type"), 60)
        if kind not in SIGNED_FIELDS:
            return Refusal(400, "not an SNS message")
        if text(message.get("TopicArn"), 300) not in self.topics:
            return Refusal(401, "the message comes from a topic that is not ours")
        if not is_fresh(time_of_iso(message.get("Timestamp")), now, MAX_AGE):
            return Refusal(401, "the message is too old or from the future")
        why = self._fault_of_signature(message, kind, now)
        if why:
            return Refusal(401, why)
        return _accepted(message, kind)

    def _fault_of_signature(self, message: dict[str, Any], kind: str, now: datetime) -> str:
        if text(message.get("SignatureVersion"), 8) != "2":
            return "the signature is not of version 2 (set SignatureVersion=2 on the topic)"
        url = text(message.get("SigningCertURL"), 500)
        if not is_amazon_url(url) or not urlsplit(url).path.endswith(".pem"):
            return "the certificate is not on a host of Amazon SNS"
        try:
            signature = base64.b64decode(text(message.get("Signature"), 4000), validate=True)
            certificate = x509.load_pem_x509_certificate(self.fetch_certificate(url))
            key = certificate.public_key()
            if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                return "the signing certificate is not valid now"
            if not isinstance(key, rsa.RSAPublicKey):
                return "the signing certificate holds no RSA key"
            key.verify(signature, signed_text(message, kind), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error):
            return "the signature is wrong"
        except (ValueError, OSError):
            return "the signing certificate cannot be had or read"
        return ""


def signed_text(message: dict[str, Any], kind: str) -> bytes:
    """The bytes that SNS signs: name and value of each field on lines of their own."""
    fields = ((name, message.get(name)) for name in SIGNED_FIELDS[kind])
    return "".join(f"{name}\n{value}\n" for name, value in fields if value is not None).encode("utf-8", "replace")


def is_amazon_url(url: str) -> bool:
    """Whether a URL leads to SNS itself: https, no credentials, no port, the host of a region."""
    try:
        parts = urlsplit(url)
        plain = parts.scheme == "https" and parts.netloc == (parts.hostname or "")
    except ValueError:
        return False
    return plain and _HOST.fullmatch(parts.netloc) is not None


def _accepted(message: dict[str, Any], kind: str) -> Accepted | Refusal:
    message_id = text(message.get("MessageId"), 150)
    if kind != "Notification":
        url = text(message.get("SubscribeURL"), 2000)
        if not is_amazon_url(url):
            return Refusal(401, "the address to confirm is not on a host of Amazon SNS")
        return Accepted((), message_id, confirm_url=url if kind == "SubscriptionConfirmation" else "")
    notification = mapping(read_json(str(message.get("Message", "")).encode("utf-8", "replace")))
    return Accepted(tuple(bounces_of_notification(notification, message_id)), message_id)
