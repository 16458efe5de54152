"""DKIM signatures (RFC 6376, 8301, 8463): relaxed/simple, prepared once per edition, a hash and a signature each.

Laws: what every message shares is hashed once and the state copied; From, Subject, Date, To and both unsubscribe
headers are signed and oversigned, so that a second one in front breaks the signature; there is no ``l=``.
A signer is immutable: any number of threads may sign with it.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from mailer.render.encoded_word import PLAIN_LINE

SMALLEST_RSA_BITS: Final = 2048  # what the big receivers ask; RFC 8301 §3.2 allows 1024
LARGEST_RSA_BITS: Final = 4096  # a larger key need not be verified by anybody (RFC 8301 §3.2)

OVERSIGNED: Final = (
    "From",
    "Subject",
    "Date",
    "To",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Reply-To",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
)
"""Named once more than they occur: a verifier then takes an added one for a change (RFC 6376 §8.15)."""

UNSIGNED: Final = frozenset({"precedence"})
"""Changed by servers on the way, and no harm when it is."""

_BLANKS: Final = re.compile(rb"[ \t\r\n]+")
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_SELECTOR: Final = re.compile(
    r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*"
)
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = Prehashed(hashes.SHA256())


class KeyFault(ValueError):
    """A private key that cannot sign mail; ``str()`` says why and never holds any of it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the selector under which its public half is published."""

    selector: str
    private: rsa.RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_pem(cls, pem: bytes, selector: str) -> SigningKey:
        """Read an RSA (2048 to 4096 bits) or Ed25519 key. Raises KeyFault."""
        if not _SELECTOR.fullmatch(selector):
            raise KeyFault(f"{selector!r} is no selector: letters, digits, hyphens and dots.")
        return cls(selector, _private_key(pem))

    @property
    def is_rsa(self) -> bool:
        """Whether it is the slow kind: ten times the arithmetic of Ed25519."""
        return isinstance(self.private, rsa.RSAPrivateKey)

    @property
    def algorithm(self) -> str:
        """The ``a=`` tag."""
        return "rsa-sha256" if self.is_rsa else "ed25519-sha256"

    def sign(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest; Ed25519 signs the digest as its message (RFC 8463 §3)."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(digest, _PKCS1, _SHA256)
        return self.private.sign(digest)

    def dns_record(self) -> str:
        """What to publish as TXT at ``<selector>._domainkey.<domain>``."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(public).decode()}"


def _private_key(pem: bytes) -> rsa.RSAPrivateKey | Ed25519PrivateKey:
    if b"-----BEGIN" not in pem:
        raise KeyFault("is no PEM file: it has no line -----BEGIN PRIVATE KEY-----.")
    if b"PRIVATE KEY-----" not in pem:
        raise KeyFault("holds no private key; the public one belongs in the DNS.")
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:  # cryptography's way of saying that a password is needed
        raise KeyFault("is encrypted with a passphrase: nobody is there to type it.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFault("holds a private key that cannot be read: damaged, or of an unknown kind.") from error
    if isinstance(key, Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        kind = "elliptic curve (EC)" if isinstance(key, ec.EllipticCurvePrivateKey) else type(key).__name__
        raise KeyFault(f"holds a key of the kind {kind}; DKIM knows RSA and Ed25519.")
    if not SMALLEST_RSA_BITS <= key.key_size <= LARGEST_RSA_BITS:
        raise KeyFault(
            f"holds an RSA key of {key.key_size} bits; it must have {SMALLEST_RSA_BITS} to {LARGEST_RSA_BITS}."
        )
    return key


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one domain, with one signature per key: RSA, and Ed25519 for those who verify it."""

    domain: str
    keys: tuple[SigningKey, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise KeyFault("there is no key to sign with.")
        if not _NAME.fullmatch(self.domain):
            raise KeyFault(f"{self.domain!r} is no domain in ASCII.")

    def prepare(self, fixed: Sequence[str], personal: Sequence[str], body_start: bytes) -> PreparedSignatures:
        """Hash what all messages share.

        ``fixed``: header lines as they go out (folded, with CRLF). ``personal``: names of those that come with
        each message, in their order. ``body_start``: the body up to the first slot.
        """
        signed = [line for line in fixed if _name(line).lower() not in UNSIGNED]
        occurring = [*(_name(line) for line in signed), *personal]
        names = [*occurring, *OVERSIGNED]
        return PreparedSignatures(
            heads=tuple(_signature_head(key, self.domain, names).encode() for key in self.keys),
            keys=self.keys,
            headers=_hash(relaxed(line.encode()) for line in signed),
            body=_hash([body_start]),
        )


@dataclass(frozen=True, slots=True)
class PreparedSignatures:
    """The signatures of one edition, but for what belongs to the person."""

    heads: tuple[bytes, ...]  # each signature's line up to its ``t=``
    keys: tuple[SigningKey, ...]
    headers: hashlib._Hash = field(repr=False)  # over the fixed header lines; only ever copied
    body: hashlib._Hash = field(repr=False)  # over the start of the body; only ever copied
    _relaxed: tuple[bytes, ...] = field(init=False, repr=False)  # the heads in relaxed form

    def __post_init__(self) -> None:
        object.__setattr__(self, "_relaxed", tuple(relaxed(head + b"t")[:-3] for head in self.heads))

    def lines(self, personal: Iterable[bytes], body_rest: Iterable[bytes], signed_at: int) -> bytes:
        """The DKIM-Signature lines of one message.

        ``personal``: its own header lines, with CRLF, in the order that was prepared. ``body_rest``: what
        follows the start of the body, in canonical form already. ``signed_at``: seconds since 1970.
        """
        body = self.body.copy()
        for piece in body_rest:
            body.update(piece)
        headers = self.headers.copy()
        for line in personal:
            headers.update(relaxed(line))
        dated = b"t=%d; bh=%s;" % (signed_at, b64encode(body.digest()))
        lines = []
        for key, head, relaxed_head in zip(self.keys, self.heads, self._relaxed, strict=True):
            hashed = headers.copy()
            hashed.update(b"%s%s b=" % (relaxed_head, dated))
            lines.append(b"%s%s\r\n b=%s" % (head, dated, _folded(b64encode(key.sign(hashed.digest())))))
        return b"".join(lines)


def _name(line: str) -> str:
    return line.partition(":")[0]


def _hash(pieces: Iterable[bytes]) -> hashlib._Hash:
    state = hashlib.sha256()
    for piece in pieces:
        state.update(piece)
    return state


def relaxed(line: bytes) -> bytes:
    """A header line in relaxed form (RFC 6376 §3.4.2): name in lower case, blanks as one, unfolded, with CRLF."""
    name, _, value = line.partition(b":")
    value = value.strip(b" \t\r\n")
    if b"  " in value or b"\t" in value or b"\n" in value or b"\r" in value:  # of ours, the folded ones
        value = _BLANKS.sub(b" ", value)
    return b"%s:%s\r\n" % (name.rstrip(b" \t").lower(), value)


def _signature_head(key: SigningKey, domain: str, names: Sequence[str]) -> str:
    lines = [
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/simple; d={domain};",
        f" s={key.selector};",
        " h=",
    ]
    for name in names:
        if len(lines[-1]) + len(name) + 1 > PLAIN_LINE:
            lines.append("  ")
        lines[-1] += f"{name}:"
    lines[-1] = lines[-1].removesuffix(":") + ";"
    return "\r\n".join(lines) + "\r\n "


def _folded(signature: bytes) -> bytes:
    """Base64 on lines of its own; blanks inside ``b=`` do not count (RFC 6376 §3.5)."""
    width = PLAIN_LINE - 3
    return b"\r\n ".join(signature[i : i + width] for i in range(0, len(signature), width)) + b"\r\n"
