"""Return paths (VERP): an envelope sender from which a bounce tells whose delivery it is about.

Laws: the token names no address and no readable number; nobody without the key can make one that is accepted;
letter case does not matter, since some servers change it; the local part stays within 64 octets (RFC 5321).

Token: base32 of 12 octets MAC and 8 octets masked number. The MAC is HMAC-SHA-256 over kind and number, cut to
96 bits; the mask is a keyed hash of the MAC, so equal numbers look different for different kinds and keys.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import Final

PREFIX: Final = "bounce+"
"""Postfix's and others' ``recipient_delimiter`` makes one mailbox, or one catch-all domain, take all of them."""

MAC_OCTETS: Final = 12
NUMBER_OCTETS: Final = 8
TOKEN_CHARACTERS: Final = (MAC_OCTETS + NUMBER_OCTETS) * 8 // 5  # 32: no padding
LARGEST_NUMBER: Final = 2**63 - 1

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648 §6, in lower case
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_SHIFTS: Final = range(TOKEN_CHARACTERS * 5 - 10, -1, -10)


class _Kind(Enum):
    DELIVERY = b"d"
    NOTICE = b"n"


@dataclass(frozen=True, slots=True, repr=False)
class _Key:
    """Two keys from one secret: one to authenticate, one to mask."""

    authenticating: bytes
    masking: bytes

    @classmethod
    def derived(cls, secret: bytes) -> _Key:
        authenticating = hmac.digest(secret, b"mailer return path: authenticate", "sha256")
        return cls(authenticating, hmac.digest(secret, b"mailer return path: mask", "sha256"))

    def mac(self, kind: _Kind, number: bytes) -> bytes:
        return hmac.digest(self.authenticating, kind.value + number, "sha256")[:MAC_OCTETS]

    def masked(self, number: int, mac: bytes) -> int:
        """The number under its mask, or the masked number without it: the same operation."""
        return number ^ int.from_bytes(blake2b(mac, digest_size=NUMBER_OCTETS, key=self.masking).digest(), "big")


class ReturnPaths:
    """Makes and reads the return paths of one domain.

    ``keys``: secrets, newest first; the first makes, all of them read. ``domain`` in wire form (``xn--``).
    """

    def __init__(self, keys: Sequence[bytes], domain: str) -> None:
        if not keys or not all(keys):
            raise ValueError("return paths need a secret key")
        self._keys = tuple(_Key.derived(key) for key in keys)
        self._at_domain = f"@{domain}"

    def __repr__(self) -> str:
        return f"ReturnPaths(domain={self._at_domain[1:]!r})"

    def make(self, delivery_id: int) -> str:
        """The envelope sender of a delivery, 0 to 2⁶³-1: ``bounce+<32 characters>@domain``."""
        return self._make(_Kind.DELIVERY, delivery_id)

    def make_notice(self, outbox_id: int) -> str:
        """The envelope sender of a notice in the outbox."""
        return self._make(_Kind.NOTICE, outbox_id)

    def read(self, address: str) -> int | None:
        """The delivery that a bounce to ``address`` is about; None when it is no return path of ours for one.

        The domain is not looked at: servers rewrite it, and the token alone proves where it came from.
        """
        return self._read(_Kind.DELIVERY, address)

    def read_notice(self, address: str) -> int | None:
        """The notice that a bounce to ``address`` is about, or None."""
        return self._read(_Kind.NOTICE, address)

    def _make(self, kind: _Kind, number: int) -> str:
        if not 0 <= number <= LARGEST_NUMBER:
            raise ValueError("the number of a delivery is not between 0 and 2**63 - 1")
        key = self._keys[0]
        mac = key.mac(kind, number.to_bytes(NUMBER_OCTETS, "big"))
        token = int.from_bytes(mac, "big") << NUMBER_OCTETS * 8 | key.masked(number, mac)
        # Two characters at a time: base64.b32encode and lower() take twice as long, once for every message.
        return PREFIX + "".join([_PAIRS[token >> shift & 1023] for shift in _SHIFTS]) + self._at_domain

    def _read(self, kind: _Kind, address: str) -> int | None:
        token = _token_of(address)
        if token is None:
            return None
        mac, masked = divmod(token, 1 << NUMBER_OCTETS * 8)
        found = None
        for key in self._keys:  # all of them, always: the time does not tell which key it was
            mac_octets = mac.to_bytes(MAC_OCTETS, "big")
            number = key.masked(masked, mac_octets)
            if hmac.compare_digest(key.mac(kind, number.to_bytes(NUMBER_OCTETS, "big")), mac_octets):
                found = number
        return found


def _token_of(address: str) -> int | None:
    """The token as a number: the last 32 characters of the local part, whatever delimiter stands before them."""
    local = address.strip().removeprefix("<").removesuffix(">").rpartition("@")[0]
    prefix, token = local[:-TOKEN_CHARACTERS], local[-TOKEN_CHARACTERS:].lower()
    if len(token) != TOKEN_CHARACTERS or (prefix and prefix[-1] not in "+-=."):
        return None
    number = 0
    for character in token:
        value = _VALUES.get(character)
        if value is None:
            return None
        number = number << 5 | value
    return number
