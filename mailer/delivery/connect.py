"""Opening a connection to the mail server by aiosmtplib: connect, EHLO, TLS as settled, AUTH.

Law: a password never goes over an unencrypted way that leaves this machine, and never into an error.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiosmtplib

from mailer.delivery.replies import read_reply
from mailer.errors import ServerError
from mailer.settings import SmtpSettings, Tls


class Unavailable(ServerError):
    """The server cannot be used now, but perhaps in a moment (no answer, 4xx)."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is the same for all connections of a sending."""

    smtp: SmtpSettings
    tls_context: ssl.SSLContext | None
    helo: str

    @property
    def where(self) -> str:
        return f"{self.smtp.host}:{self.smtp.port}"


async def find_way(smtp: SmtpSettings) -> Way:
    """Check the settings for the way to the server. Raises ServerError for one that would not be safe."""
    where = f"{smtp.host}:{smtp.port}"
    if smtp.tls is Tls.NONE and not smtp.implicit_tls and not is_loopback(smtp.host):
        raise ServerError(
            "TLS is switched off, which is only allowed for a server on this machine.",
            where=where,
            hint='Set smtp.tls = "required".',
        )
    context = None
    if smtp.implicit_tls or smtp.tls is not Tls.NONE:
        context = await asyncio.to_thread(_tls_context, smtp)
    helo = smtp.helo or await asyncio.to_thread(_own_name)
    return Way(smtp, context, helo)


def is_loopback(host: str) -> bool:
    """Whether a host name or address surely means this machine."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _tls_context(smtp: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if smtp.ca_file is not None:
        try:
            context.load_verify_locations(cafile=smtp.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ServerError(
                f"the certificates in smtp.ca_file cannot be read ({error}).", where=str(smtp.ca_file)
            ) from None
    if smtp.tls is Tls.OPPORTUNISTIC and not smtp.implicit_tls and not smtp.username:
        context.check_hostname = False  # RFC 7435: some protection beats none, and no secret is at stake
        context.verify_mode = ssl.CERT_NONE
    return context


def _own_name() -> str:
    name = socket.getfqdn()
    return name if "." in name and name.isascii() and " " not in name else "localhost.localdomain"


async def open_connection(way: Way) -> aiosmtplib.SMTP:
    """A connection that is ready for MAIL FROM.

    Raises Unavailable when it may help to try again, ServerError when somebody has to mend something first;
    both are one sentence without the password.
    """
    smtp = way.smtp
    client = aiosmtplib.SMTP(
        hostname=smtp.host,
        port=smtp.port,
        local_hostname=way.helo,
        timeout=smtp.timeout_seconds,
        use_tls=smtp.implicit_tls,
        start_tls=False,
        tls_context=way.tls_context,
    )
    try:
        async with _sentences(way):
            await client.connect()
            await client.ehlo()
            await _secure(client, way)
            await _log_in(client, way)
    except BaseException:
        hang_up(client)
        raise
    return client


async def say_goodbye(client: aiosmtplib.SMTP, seconds: float = 2) -> str:
    """QUIT (RFC 5321 section 4.1.1.10), and the connection closed: the words of the answer, "" without one.

    The answer is awaited for at most ``seconds``.
    """
    transport = client.transport
    try:
        return (await client.quit(timeout=seconds)).message
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return ""
    finally:
        client.close()
        _abort(transport)


def hang_up(client: aiosmtplib.SMTP) -> None:
    """Close the connection at once, whatever is under way on it."""
    transport = client.transport
    client.close()
    _abort(transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    """End what ``close`` only begins under TLS: it would wait for the server's closing alert, beyond its loop."""
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _secure(client: aiosmtplib.SMTP, way: Way) -> None:
    smtp = way.smtp
    if smtp.implicit_tls or smtp.tls is Tls.NONE:
        return
    if client.supports_extension("starttls"):
        underneath = client.transport
        try:
            await client.starttls(tls_context=way.tls_context)
        except BaseException:
            _abort(underneath)  # a handshake that failed may leave it open
            raise
        await client.ehlo()
    elif smtp.tls is Tls.REQUIRED:
        raise ServerError(
            "the server does not offer STARTTLS, and TLS is required.",
            where=way.where,
            hint="Take the server's TLS port with smtps:// in smtp.url, or ask its operator.",
        )


async def _log_in(client: aiosmtplib.SMTP, way: Way) -> None:
    smtp = way.smtp
    if not smtp.username:
        return
    encrypted = client.get_transport_info("sslcontext") is not None
    if not encrypted and not is_loopback(smtp.host):
        raise ServerError(
            "the password would go over the network unencrypted, so it was not sent.",
            where=way.where,
            hint='Set smtp.tls = "required".',
        )
    if not client.supports_extension("auth"):
        raise ServerError(
            "the server does not offer AUTH, but smtp.url holds a user name.",
            where=way.where,
            hint="Another port (587 or 465) may offer it; without a password, take the user name out.",
        )
    await client.login(smtp.username, smtp.password)


@contextlib.asynccontextmanager
async def _sentences(way: Way) -> AsyncIterator[None]:
    """Turn what aiosmtplib raises while a connection is opened into one sentence."""
    where = way.where
    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as error:
        if 400 <= error.code < 500:
            raise Unavailable(f"the server cannot check the password now ({error.code}).", where=where) from None
        raise ServerError(
            f"the server did not accept the user name and password of {way.smtp.username!r} ({error.code}).",
            where=where,
            hint="Check smtp.url and MAILER_SMTP_PASSWORD.",
        ) from None
    except aiosmtplib.SMTPResponseException as error:
        reply = read_reply(error.code, error.message)
        kind = Unavailable if 400 <= error.code < 500 else ServerError
        raise kind(f"the server turned us away: {reply.words}", where=where) from None
    except (aiosmtplib.SMTPTimeoutError, TimeoutError):
        raise Unavailable(
            f"the server did not answer within {way.smtp.timeout_seconds:g} seconds.", where=where
        ) from None
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        raise _from_cause(error, where) from None


def _from_cause(error: BaseException, where: str) -> ServerError:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    for found in causes:
        if isinstance(found, ssl.SSLCertVerificationError):
            return ServerError(
                f"the server's certificate cannot be trusted ({found.verify_message.rstrip('.')}).",
                where=where,
                hint="Take the name that the certificate holds, or name its issuer in smtp.ca_file.",
            )
        if isinstance(found, ssl.SSLError):
            return ServerError(
                f"no TLS connection came about ({found.reason or found}).",
                where=where,
                hint="smtps:// is for a port that speaks TLS from the start (465), smtp:// for STARTTLS (587).",
            )
        if isinstance(found, socket.gaierror):
            return Unavailable("no server of this name was found.", where=where, hint="Check smtp.url.")
        if isinstance(found, ConnectionRefusedError):
            return Unavailable("nothing answers there (connection refused).", where=where, hint="Check smtp.url.")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return ServerError("the server offers no way to log in that is known here.", where=where)
    last = next((found for found in causes if isinstance(found, OSError) and found.strerror), None)
    return Unavailable(
        f"the connection broke off ({last.strerror if last else 'the server closed it'}).", where=where
    )
