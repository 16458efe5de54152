"""What a server's TLS certificate says, whether or not it can be trusted."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

SOON: Final = timedelta(days=14)  # automatic renewal happens 30 days before the end: later, it has failed


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in the terms of the operator."""

    names: tuple[str, ...]
    issuer: str
    begins: datetime
    ends: datetime
    self_signed: bool

    def fault(self, host: str, now: datetime) -> str:
        """What is plainly wrong with it for ``host``; "" when only trust can be the matter."""
        if now > self.ends:
            return f"it expired on {self.ends:%Y-%m-%d}"
        if now < self.begins:
            return f"it is valid from {self.begins:%Y-%m-%d} only; is this machine's clock right?"
        if not any(_covers(name, host) for name in self.names):
            return f"it is for {', '.join(self.names[:4]) or 'no name at all'} and not for {host}"
        if self.self_signed:
            return "it is signed by itself and by nobody who is trusted"
        return ""

    def soon(self, now: datetime) -> str:
        """A sentence when it ends soon."""
        days = (self.ends - now).days
        return f"it expires in {days} days, on {self.ends:%Y-%m-%d}" if now + SOON > self.ends else ""


def read_certificate(der: bytes) -> Certificate | None:
    """None for what cannot be read."""
    try:
        found = x509.load_der_x509_certificate(der)
        return Certificate(
            names=_names(found),
            issuer=found.issuer.rfc4514_string(),
            begins=found.not_valid_before_utc,
            ends=found.not_valid_after_utc,
            self_signed=found.issuer == found.subject,
        )
    except ValueError:
        return None


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(attribute.value) for attribute in common)
    addresses = [str(address) for address in extension.get_values_for_type(x509.IPAddress)]
    return (*extension.get_values_for_type(x509.DNSName), *addresses)


def _covers(name: str, host: str) -> bool:
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host


def unverified_context() -> ssl.SSLContext:
    """For a look at a certificate that cannot be trusted; nothing secret may be said over such a connection."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def certificate_at(host: str, port: int, seconds: float) -> Certificate | None:
    """The certificate of a server that speaks TLS from the start; None when it cannot be had."""
    try:
        with (
            socket.create_connection((host, port), timeout=seconds) as plain,
            unverified_context().wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            return read_certificate(encrypted.getpeercert(binary_form=True) or b"")
    except (OSError, ValueError):
        return None
