"""The mail server, over a connection opened as a sending opens it: reached, encrypted, logged in, its offers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from sqlalchemy.exc import DBAPIError

from mailer.delivery.connect import Way, find_way, hang_up, is_loopback, open_connection, say_goodbye
from mailer.doctor.case import Case
from mailer.doctor.certificate import Certificate, read_certificate, unverified_context
from mailer.doctor.clock import clock_finding
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.ledger import largest_recent_message
from mailer.errors import MailerError, ServerError
from mailer.settings import SmtpSettings, Tls

CONNECT: Final = "smtp-connect"
TLS: Final = "smtp-tls"
AUTH: Final = "smtp-auth"
PIPELINING: Final = "smtp-pipelining"
SIZE: Final = "smtp-size"
OLD_TLS: Final = frozenset({"SSLv3", "TLSv1", "TLSv1.1"})


@dataclass(frozen=True, slots=True)
class Met:
    """What one connection showed. ``offers``: extensions by lower-case name, after TLS."""

    offers: dict[str, str]
    tls_version: str  # "" without TLS
    certificate: Certificate | None
    greeted_at: datetime | None  # the server's clock, where its answers tell


def check(case: Case) -> Iterator[Finding]:
    """PASS: connects, TLS with a certificate that holds, AUTH, PIPELINING, SIZE large enough."""
    smtp = _bounded(case)
    where = f"{smtp.host}:{smtp.port}"
    if case.without_secrets and smtp.username and not smtp.password:
        smtp = replace(smtp, username="")
    try:
        met = asyncio.run(_meet(smtp))
    except ServerError as error:
        yield from _why_not(case, smtp, error)
        return
    yield ok(CONNECT, f"the mail server {where} answers.")
    yield from _tls(case, smtp, met)
    if smtp.username:
        yield ok(AUTH, f"the mail server took the user name {smtp.username!r} and its password.")
    elif not is_loopback(smtp.host):
        yield warning(
            AUTH,
            f"smtp.url names no user: {where} must know this machine by its address to take mail for others.",
            'If it asks for a password, write smtp.url = "smtp://NAME@HOST:587" and set MAILER_SMTP_PASSWORD.',
        )
    yield _pipelining(met)
    yield _size(case, met)
    if met.greeted_at is not None:
        yield clock_finding(f"the mail server {smtp.host}", met.greeted_at, case.now())


def _bounded(case: Case) -> SmtpSettings:
    smtp = case.settings.smtp
    return replace(smtp, timeout_seconds=min(smtp.timeout_seconds, case.seconds))


async def _meet(smtp: SmtpSettings) -> Met:
    client = await open_connection(await find_way(smtp))
    try:
        offers = {name.lower(): value for name, value in client.esmtp_extensions.items()}
        encrypted = client.get_transport_info("ssl_object")
        version, certificate = "", None
        if isinstance(encrypted, ssl.SSLObject):
            version = encrypted.version() or ""
            certificate = read_certificate(encrypted.getpeercert(binary_form=True) or b"")
        return Met(offers, version, certificate, _clock_in(await say_goodbye(client)))
    finally:
        hang_up(client)


def _clock_in(goodbye: str) -> datetime | None:
    """The server's time, where its answer to QUIT tells it: rare, and taken when it is there."""
    try:
        told = parsedate_to_datetime(goodbye.rpartition(";")[2].strip())
    except (ValueError, TypeError):
        return None
    return told if told.tzinfo is not None else None


def _why_not(case: Case, smtp: SmtpSettings, error: ServerError) -> Iterator[Finding]:
    """Name the step that failed; a certificate that cannot be trusted is looked at for the reason."""
    what, hint = str(error.what), error.hint or "Check smtp.url, and whether a firewall stands between."
    where = f"{smtp.host}:{smtp.port}"
    if "certificate" in what:
        yield ok(CONNECT, f"the mail server {where} answers.")
        certificate = _untrusted(smtp)
        reason = certificate.fault(smtp.host, case.now()) if certificate else ""
        said = f": {reason}" if reason else ""
        yield failure(
            TLS,
            f"{what.rstrip('.')}{said} ({where}). Nothing is sent.",
            "Ask the server's operator for a new certificate." if "expired" in reason else hint,
        )
    elif "STARTTLS" in what or "TLS" in what:
        yield failure(TLS, f"{what.rstrip('.')} ({where}). Nothing is sent.", hint)
    elif "user name" in what or "password" in what or "AUTH" in what:
        yield ok(CONNECT, f"the mail server {where} answers.")
        yield failure(AUTH, f"{what.rstrip('.')} ({where}). Nothing is sent.", hint)
    else:
        yield failure(
            CONNECT, f"the mail server cannot be used: {what.rstrip('.')} ({where}). Nothing is sent.", hint
        )


def _untrusted(smtp: SmtpSettings) -> Certificate | None:
    """The certificate of a server that we do not trust; no password is sent."""

    async def look() -> Certificate | None:
        bare = replace(smtp, username="", password="", tls=Tls.OPPORTUNISTIC)
        client = await open_connection(Way(bare, unverified_context(), "localhost.localdomain"))
        try:
            encrypted = client.get_transport_info("ssl_object")
            if not isinstance(encrypted, ssl.SSLObject):
                return None
            return read_certificate(encrypted.getpeercert(binary_form=True) or b"")
        finally:
            hang_up(client)

    try:
        return asyncio.run(look())
    except MailerError:
        return None


def _tls(case: Case, smtp: SmtpSettings, met: Met) -> Iterator[Finding]:
    if not met.tls_version:
        if is_loopback(smtp.host):
            yield ok(TLS, "the way to the mail server is not encrypted; it does not leave this machine.")
        else:
            yield failure(
                TLS,
                "the way to the mail server is not encrypted: everybody on it can read and change the mail.",
                'Set smtp.tls = "required", or take the server\'s TLS port with smtps://.',
            )
        return
    if met.tls_version in OLD_TLS:
        yield warning(
            TLS, f"the mail server speaks {met.tls_version}, which is broken.", "Ask for TLS 1.2 or newer."
        )
    certificate = met.certificate
    fault = certificate.fault(smtp.host, case.now()) if certificate else ""
    if fault and not (smtp.ca_file and "signed by itself" in fault):
        # the connection came about all the same: opportunistic TLS takes any certificate
        yield warning(
            TLS,
            f"the mail server's certificate cannot be trusted: {fault}. Somebody in between could read the mail.",
            'Mend the certificate, then set smtp.tls = "required".',
        )
        return
    soon = certificate.soon(case.now()) if certificate else ""
    if soon:
        yield warning(
            TLS,
            f"the mail server's certificate: {soon}; after that nothing is sent.",
            "Ask the server's operator to renew it.",
        )
        return
    until = f", valid until {certificate.ends:%Y-%m-%d}" if certificate else ""
    yield ok(TLS, f"the way to the mail server is encrypted ({met.tls_version}{until}).")


def _pipelining(met: Met) -> Finding:
    if "pipelining" in met.offers:
        return ok(PIPELINING, "the mail server offers PIPELINING: sending is as fast as it can be.")
    return warning(
        PIPELINING,
        "the mail server offers no PIPELINING: every message takes four round trips, and a sending takes longer.",
        "Nothing has to be done; more connections (smtp.connections) make up for some of it.",
    )


def _size(case: Case, met: Met) -> Finding:
    limit_text = met.offers.get("size", "").strip()
    limit = int(limit_text) if limit_text.isascii() and limit_text.isdigit() else 0
    try:
        largest = largest_recent_message(case.settings, case.newsletters)
    except (MailerError, DBAPIError):
        largest = None  # the check of the database says why
    if not limit:
        return ok(SIZE, "the mail server names no limit for the size of a message.")
    if largest is None:
        return ok(SIZE, f"the mail server takes messages of up to {limit:,} bytes; no issue was sent yet.")
    slug, size = largest
    if size > limit:
        return failure(
            SIZE,
            f"the last issue ({slug}) has {size:,} bytes; the mail server takes {limit:,}: it would be refused.",
            "Make the issue smaller, or ask the server's operator for a larger limit.",
        )
    return ok(SIZE, f"the mail server takes {limit:,} bytes; the last issue ({slug}) has {size:,}.")
