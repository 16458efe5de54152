"""Signed tokens for links: one purpose each, unforgeable, valid over key rotations. No clock, no database here.

Laws: a token opens what it was made for and nothing else, because each purpose signs with a key of its own;
links to unsubscribe and to preferences work for ever; the others carry the time they were made at.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

CONFIRM_FOR: Final = timedelta(days=7)
ADDRESS_CHANGE_FOR: Final = timedelta(days=7)
UNDO_FOR: Final = timedelta(days=30)
RECEIPT_FOR: Final = timedelta(days=1)
FORM_FOR: Final = timedelta(days=1)
CLOCK_SKEW: Final = timedelta(minutes=5)  # between the machines of one installation
MAX_TOKEN_LENGTH: Final = 1024  # the longest honest one holds an address of 254 octets
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""Exactly what we write: base64 readers skip foreign characters, so a link could be written in many ways."""


class TokenError(ValueError):
    """A link that cannot be followed; its text holds nothing of the token."""


class BadToken(TokenError):
    """Not made by us, for another purpose, or cut off on the way: ask the person for the whole link."""


class ExpiredToken(TokenError):
    """Made by us, too long ago. ``subscription_id`` and ``made_at`` tell for whom a new one may be made."""

    def __init__(self, subscription_id: int, made_at: datetime) -> None:
        super().__init__("this link has expired")
        self.subscription_id = subscription_id
        self.made_at = made_at


class Purpose(StrEnum):
    """What a token opens. The value is the salt of its key: changing one breaks every link in every mailbox."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"
    PREFERENCES = "preferences"
    ADDRESS_CHANGE = "address-change"
    RECEIPT = "receipt"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirm link says. ``request_id`` names the request that it answers, so that it counts once."""

    subscription_id: int
    request_id: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class AddressChange:
    """What an address-change link, mailed to the new address, says."""

    subscription_id: int
    new_address: str
    made_at: datetime


class TokenKeys:
    """Makes and reads tokens with the installation's secret keys, newest first: older ones still verify.

    Derived keys are kept, so that a token costs a few microseconds in the sending loop.
    """

    __slots__ = ("_hash_key", "_signers")

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or not all(keys):
            raise ValueError("at least one secret key is needed, and none may be empty")
        self._hash_key = _derived(keys[-1], "address-hash")
        self._signers = {purpose: _signer(keys, purpose) for purpose in Purpose}

    def __repr__(self) -> str:
        return "TokenKeys(…)"

    def unsubscribe(self, subscription_id: int, issue_id: int | None = None) -> str:
        """For List-Unsubscribe and the footer: names the subscription and the issue that it came with."""
        return self._sign_numbers(Purpose.UNSUBSCRIBE, subscription_id, issue_id or 0)

    def read_unsubscribe(self, token: str) -> tuple[int, int | None]:
        """(subscription, issue or None), or BadToken. Never expires."""
        subscription_id, issue_id = self._read_numbers(Purpose.UNSUBSCRIBE, token, 2)
        return subscription_id, issue_id or None

    def preferences(self, subscription_id: int) -> str:
        return self._sign_numbers(Purpose.PREFERENCES, subscription_id)

    def read_preferences(self, token: str) -> int:
        """The subscription, or BadToken. Never expires."""
        return self._read_numbers(Purpose.PREFERENCES, token, 1)[0]

    def confirm(self, subscription_id: int, request_id: int, now: datetime) -> str:
        """``request_id`` is the id of the consent event that the confirmation answers."""
        return self._sign_numbers(Purpose.CONFIRM, subscription_id, request_id, _seconds(now))

    def read_confirm(self, token: str, now: datetime) -> Confirmation:
        """BadToken, or ExpiredToken after CONFIRM_FOR. Whether it was used before is for the caller to know."""
        subscription_id, request_id, made = self._read_numbers(Purpose.CONFIRM, token, 3)
        return Confirmation(subscription_id, request_id, _not_older(subscription_id, made, CONFIRM_FOR, now))

    def undo(self, subscription_id: int, now: datetime) -> str:
        """For the page and the notice after unsubscribing."""
        return self._sign_numbers(Purpose.UNDO, subscription_id, _seconds(now))

    def read_undo(self, token: str, now: datetime) -> tuple[int, datetime]:
        """(subscription, made at); BadToken, or ExpiredToken after UNDO_FOR."""
        subscription_id, made = self._read_numbers(Purpose.UNDO, token, 2)
        return subscription_id, _not_older(subscription_id, made, UNDO_FOR, now)

    def receipt(self, subscription_id: int, now: datetime) -> str:
        """For the printable page with a person's whole history."""
        return self._sign_numbers(Purpose.RECEIPT, subscription_id, _seconds(now))

    def read_receipt(self, token: str, now: datetime) -> int:
        """The subscription; BadToken, or ExpiredToken after RECEIPT_FOR."""
        subscription_id, made = self._read_numbers(Purpose.RECEIPT, token, 2)
        _not_older(subscription_id, made, RECEIPT_FOR, now)
        return subscription_id

    def address_change(self, subscription_id: int, new_address: str, now: datetime) -> str:
        payload = json.dumps([subscription_id, new_address, _seconds(now)], separators=(",", ":"))
        return self._sign(Purpose.ADDRESS_CHANGE, payload.encode())

    def read_address_change(self, token: str, now: datetime) -> AddressChange:
        """BadToken, or ExpiredToken after ADDRESS_CHANGE_FOR."""
        subscription_id, new_address, made = _json_list(self._unsign(Purpose.ADDRESS_CHANGE, token))
        made_at = _not_older(subscription_id, made, ADDRESS_CHANGE_FOR, now)
        return AddressChange(subscription_id, new_address, made_at)

    def form(self, subscription_id: int, now: datetime) -> str:
        """For a hidden field: shows that a form was sent in from the page that we drew for this subscription."""
        return self._sign_numbers(Purpose.FORM, subscription_id, _seconds(now))

    def read_form(self, token: str, now: datetime) -> int:
        """The subscription; BadToken, or ExpiredToken after FORM_FOR."""
        subscription_id, made = self._read_numbers(Purpose.FORM, token, 2)
        _not_older(subscription_id, made, FORM_FOR, now)
        return subscription_id

    def address_hash(self, address_key: str) -> str:
        """See the function of the same name."""
        return hmac.digest(self._hash_key, address_key.encode(), "sha256").hex()

    def _sign_numbers(self, purpose: Purpose, *numbers: int) -> str:
        return self._sign(purpose, "-".join(map(str, numbers)).encode())

    def _read_numbers(self, purpose: Purpose, token: str, count: int) -> list[int]:
        try:
            numbers = [int(number) for number in self._unsign(purpose, token).split(b"-")]
        except ValueError:
            raise BadToken("this link is not valid") from None
        if len(numbers) != count:
            raise BadToken("this link is not valid")
        return numbers

    def _sign(self, purpose: Purpose, payload: bytes) -> str:
        # Base64 so that nobody reads the size of the list off a link; the signature stands last, and 32 octets
        # never end in "-" or "_", which some mail readers cut off a link in plain text.
        return self._signers[purpose].sign(base64_encode(payload)).decode()

    def _unsign(self, purpose: Purpose, token: str) -> bytes:
        if len(token) > MAX_TOKEN_LENGTH or _SHAPE.fullmatch(token) is None:
            raise BadToken("this link is not valid")
        try:
            return base64_decode(self._signers[purpose].unsign(token))
        except BadData:
            raise BadToken("this link is not valid") from None


def address_hash(keys: TokenKeys, address_key: str) -> str:
    """The keyed hash under which an address is suppressed: HMAC-SHA-256 in 64 hexadecimal digits.

    Its key comes from the OLDEST secret key, so that putting a new key in front changes no hash. Taking the oldest
    key away makes every suppression unrecognisable: a key file is only ever added to.
    """
    return keys.address_hash(address_key)


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"newsletter-mailer/{purpose}".encode(), "sha256")


def _signer(keys: Sequence[bytes], purpose: Purpose) -> Signer:
    # itsdangerous wants the newest last, and would derive the key anew for each token.
    derived = [_derived(key, purpose) for key in reversed(keys)]
    return Signer(derived, salt=purpose.value, key_derivation="none", digest_method=hashlib.sha256)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _not_older(subscription_id: int, made: int, limit: timedelta, now: datetime) -> datetime:
    made_at = datetime.fromtimestamp(made, UTC)
    if not -CLOCK_SKEW <= now - made_at <= limit:
        raise ExpiredToken(subscription_id, made_at)
    return made_at


def _json_list(payload: bytes) -> list[Any]:
    found: list[Any] = json.loads(payload)
    return found
