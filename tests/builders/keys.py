"""Keys to sign mail with, made once per test run."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mailer.render.dkim import Signer, SigningKey


@cache
def rsa_pem(bits: int = 2048, passphrase: str = "") -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@cache
def ed25519_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def ec_pem() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def public_pem() -> bytes:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def a_signer(*, second: bool = False, domain: str = "example.org") -> Signer:
    keys = [SigningKey.from_pem(rsa_pem(), "news")]
    if second:
        keys.append(SigningKey.from_pem(ed25519_pem(), "news-ed"))
    return Signer(domain, tuple(keys))


def published(signer: Signer, name: bytes) -> bytes | None:
    """The TXT record that a verifier finds at ``name``."""
    for key in signer.keys:
        if name.decode() == f"{key.selector}._domainkey.{signer.domain}.":
            return key.dns_record().encode()
    return None
