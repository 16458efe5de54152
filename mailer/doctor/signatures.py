"""Verifying DKIM signatures (RFC 6376, 8301, 8463) and judging the keys that are published for them.

Written on ``cryptography``: it shares no code with our signing but the relaxed form of a header line.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailer.doctor.names import Names, NoAnswer
from mailer.doctor.records import TagFault, read_tags, shown
from mailer.render.dkim import relaxed

SMALLEST_RSA_BITS: Final = 1024  # RFC 8301 section 3.2: smaller ones must not be believed
GOOD_RSA_BITS: Final = 2048
ALGORITHMS: Final = {"rsa-sha256": "rsa", "ed25519-sha256": "ed25519"}
MOST_SIGNATURES: Final = 10
_BLANKS: Final = re.compile(rb"[ \t]+")


class RecordFault(ValueError):
    """A published key that nobody can verify with; ``str()`` says why."""


class BadSignature(ValueError):
    """A signature that does not verify; ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key as its TXT record gives it."""

    key: rsa.RSAPublicKey | Ed25519PublicKey
    testing: bool  # t=y: receivers treat the mail as if it were not signed
    material: bytes  # what p= holds

    @property
    def kind(self) -> str:
        return "rsa" if isinstance(self.key, rsa.RSAPublicKey) else "ed25519"

    @property
    def bits(self) -> int:
        return self.key.key_size if isinstance(self.key, rsa.RSAPublicKey) else 256


def published_key(names: Names, selector: str, domain: str) -> PublishedKey:
    """The key at ``selector._domainkey.domain``. Raises RecordFault, and NoAnswer when the DNS is silent."""
    place = f"{selector}._domainkey.{domain}"
    texts = names.texts(place)
    records = [text for text in texts if "p=" in text.replace(" ", "") or "DKIM1" in text] or texts
    if not records:
        raise RecordFault(f"there is no TXT record at {place}")
    if len(records) > 1:
        raise RecordFault(f"there are {len(records)} records at {place}, and receivers take any of them")
    return read_key(records[0])


def read_key(record: str) -> PublishedKey:
    """A key record (RFC 6376 section 3.6.1). Raises RecordFault."""
    if record.startswith(('"', "'")) or "\\;" in record:
        raise RecordFault("the record holds quotation marks or backslashes that belong to the zone file only")
    try:
        tags = read_tags(record)
    except TagFault as fault:
        raise RecordFault(f"the record cannot be read: {fault}") from None
    if "v" in tags and (tags["v"] != "DKIM1" or not record.lstrip().startswith("v")):
        raise RecordFault("v= must be DKIM1 and stand first")
    if "p" not in tags:
        raise RecordFault("the record has no p= and so no key")
    if not tags["p"]:
        raise RecordFault("p= is empty: the key was revoked")
    if "h" in tags and "sha256" not in [name.strip().lower() for name in tags["h"].split(":")]:
        raise RecordFault("h= does not allow sha256")
    if "s" in tags and not {"*", "email"} & {name.strip().lower() for name in tags["s"].split(":")}:
        raise RecordFault(f"s={tags['s']} does not allow mail")
    kind = tags.get("k", "rsa").lower()
    material = _material(tags["p"], record)
    flags = [flag.strip().lower() for flag in tags.get("t", "").split(":")]
    return PublishedKey(_key(kind, material, record), "y" in flags, material)


def _material(text: str, record: str) -> bytes:
    try:
        return b64decode(re.sub(r"\s", "", text), validate=True)
    except (Base64Error, ValueError):
        raise RecordFault(f"the key in p= is no base64{_cut_short(record)}") from None


def _key(kind: str, material: bytes, record: str) -> rsa.RSAPublicKey | Ed25519PublicKey:
    if kind == "ed25519":
        try:
            return Ed25519PublicKey.from_public_bytes(material)
        except ValueError:
            raise RecordFault("the key in p= is no Ed25519 key of 32 octets") from None
    if kind != "rsa":
        raise RecordFault(f"k={shown(kind, 20)} is a kind of key that nobody verifies")
    try:
        key = load_der_public_key(material)
    except (ValueError, UnsupportedAlgorithm):
        raise RecordFault(f"the key in p= cannot be read{_cut_short(record)}") from None
    if not isinstance(key, rsa.RSAPublicKey):
        raise RecordFault("the key in p= is no RSA key, though k= says so")
    if key.key_size < SMALLEST_RSA_BITS:
        raise RecordFault(f"the key has {key.key_size} bits; fewer than {SMALLEST_RSA_BITS} are not believed")
    return key


def _cut_short(record: str) -> str:
    """A hint at the commonest fault: a provider that keeps one string of a record only."""
    return f"; it seems to be cut off after {len(record)} characters" if 250 <= len(record) <= 256 else ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature header, read but not yet verified."""

    header: bytes  # the whole field with its line ends
    tags: dict[str, str]

    @property
    def domain(self) -> str:
        return self.tags["d"].lower()

    @property
    def selector(self) -> str:
        return self.tags["s"]

    @property
    def signed(self) -> list[str]:
        """Names of the signed headers in lower case, as often as they are named."""
        return [name.strip().lower() for name in self.tags["h"].split(":")]


def split_message(raw: bytes) -> tuple[list[bytes], bytes]:
    """A message as its header fields (unfolded not, each with CRLF) and its body, line ends as CRLF."""
    raw = re.sub(rb"\r\n|\r|\n", b"\r\n", raw)
    head, separator, body = raw.partition(b"\r\n\r\n")
    if raw.startswith(b"\r\n"):
        head, separator, body = b"", b"\r\n", raw[2:]
    lines = head.split(b"\r\n")
    if lines and lines[0].startswith(b"From "):  # an mbox's own line
        lines = lines[1:]
    fields: list[list[bytes]] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1].append(line)
        elif line:
            fields.append([line])
    return [b"\r\n".join([*field, b""]) for field in fields], body if separator else b""


def field_name(header: bytes) -> str:
    return header.partition(b":")[0].strip().lower().decode("ascii", "replace")


def signatures(fields: list[bytes]) -> list[Signature | BadSignature]:
    """The signatures of a message, the topmost first; one that cannot be read as the reason why."""
    found: list[Signature | BadSignature] = []
    for header in [header for header in fields if field_name(header) == "dkim-signature"][:MOST_SIGNATURES]:
        try:
            found.append(_signature(header))
        except BadSignature as fault:
            found.append(fault)
    return found


def _signature(header: bytes) -> Signature:
    value = header.partition(b":")[2].decode("utf-8", "replace")
    try:
        tags = {name: re.sub(r"\s+", "", tag) for name, tag in read_tags(value).items()}
    except TagFault as fault:
        raise BadSignature(f"the header cannot be read: {fault}") from None
    if missing := [tag for tag in ("v", "a", "b", "bh", "d", "h", "s") if not tags.get(tag)]:
        raise BadSignature(f"the header has no {missing[0]}=")
    return Signature(header, tags)


def verify(signature: Signature, fields: list[bytes], body: bytes, names: Names, now: datetime) -> PublishedKey:
    """Verify with the published key, which is returned. Raises BadSignature, and NoAnswer when DNS is silent."""
    tags = signature.tags
    algorithm = tags["a"].lower()
    if algorithm not in ALGORITHMS:
        raise BadSignature(f"a={shown(algorithm, 30)} is not believed any more, or not known")
    if "from" not in signature.signed:
        raise BadSignature("From is not signed")
    if tags.get("x", "").isdigit() and int(tags["x"]) < now.timestamp():
        raise BadSignature("it has expired (x=)")
    header_form, _, body_form = tags.get("c", "simple/simple").lower().partition("/")
    if b64decode_loosely(tags["bh"]) != _body_hash(body, body_form or "simple", tags.get("l", "")):
        raise BadSignature("the body was changed after signing")
    try:
        key = published_key(names, signature.selector, signature.domain)
    except RecordFault as fault:
        raise BadSignature(str(fault)) from None
    if key.kind != ALGORITHMS[algorithm]:
        raise BadSignature(f"the signature is {algorithm}, the published key is {key.kind}")
    digest = hashlib.sha256(_signed_octets(signature, fields, header_form)).digest()
    try:
        if isinstance(key.key, rsa.RSAPublicKey):
            key.key.verify(b64decode_loosely(tags["b"]), digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        else:
            key.key.verify(b64decode_loosely(tags["b"]), digest)
    except InvalidSignature:
        raise BadSignature("a signed header was changed, or the published key is another one") from None
    return key


def b64decode_loosely(text: str) -> bytes:
    """b"" for what is no base64: it equals no hash and verifies nothing."""
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""


def _body_hash(body: bytes, form: str, length: str) -> bytes:
    if form == "relaxed":
        lines = [_BLANKS.sub(b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
        body = b"\r\n".join(lines)
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    body = body[:end]
    if body or form == "simple":
        body += b"\r\n"
    return hashlib.sha256(body[: int(length)] if length.isdigit() else body).digest()


def _signed_octets(signature: Signature, fields: list[bytes], form: str) -> bytes:
    """The header fields that are signed, from the bottom up, and the signature itself without its ``b=``."""
    shape = relaxed if form == "relaxed" else bytes
    waiting: dict[str, list[bytes]] = {}
    for field in fields:
        waiting.setdefault(field_name(field), []).append(field)
    chosen = [shape(waiting[name].pop()) for name in signature.signed if waiting.get(name)]
    bare = re.sub(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*", rb"\1", signature.header.partition(b":")[2])
    own = signature.header.partition(b":")[0] + b":" + bare
    if not own.endswith(b"\r\n"):
        own += b"\r\n"
    return b"".join(chosen) + shape(own).removesuffix(b"\r\n")


__all__ = [
    "BadSignature",
    "NoAnswer",
    "PublishedKey",
    "RecordFault",
    "Signature",
    "field_name",
    "published_key",
    "read_key",
    "signatures",
    "split_message",
    "verify",
]
