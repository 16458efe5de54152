"""postmaster@ and abuse@ (RFC 2142), asked of the domain's own server, and the mailbox that bounces come to."""

from __future__ import annotations

import asyncio
import imaplib
import os
import ssl
from collections.abc import Iterator
from typing import Final

import aiosmtplib

from mailer.delivery.connect import say_goodbye
from mailer.delivery.replies import read_reply
from mailer.doctor.case import Case
from mailer.doctor.finding import Finding, failure, ok, warning
from mailer.doctor.names import NoAnswer
from mailer.settings import ImapSettings, Tls

CHECK: Final = "mailboxes"
BOUNCES: Final = "bounce-mailbox"
EXPECTED: Final = ("postmaster", "abuse")


def check(case: Case) -> Iterator[Finding]:
    """PASS: both addresses are taken. FAIL: refused. Only when asked for; no mail is sent, RCPT is asked."""
    if not case.probe_mailboxes:
        return
    for domain in dict.fromkeys(domain for _, domain, _ in case.domains()):
        try:
            exchanges = [exchange.host for exchange in case.names.exchanges(domain) if exchange.host]
            hosts = [
                (host, str(address)) for host in exchanges or [domain] for address in case.names.addresses(host)
            ]
        except NoAnswer as silence:
            yield warning(CHECK, f"the mail server of {domain} is not known: {silence}.", "Run it again later.")
            continue
        if not hosts:
            continue  # the check of the MX says so
        try:
            yield from asyncio.run(_ask(case, domain, *hosts[0]))
        except (aiosmtplib.SMTPException, OSError) as error:
            yield warning(
                CHECK,
                f"the mail server of {domain} ({hosts[0][0]}) could not be asked ({type(error).__name__}).",
                "Many networks block port 25 outwards; ask from another machine.",
            )


async def _ask(case: Case, domain: str, host: str, address: str) -> list[Finding]:
    client = aiosmtplib.SMTP(hostname=address, port=case.mail_port, timeout=case.seconds, start_tls=False)
    findings = []
    try:
        await client.connect()
        await client.ehlo()
        for local in EXPECTED:
            await client.mail("")
            mailbox = f"{local}@{domain}"
            try:
                await client.rcpt(mailbox)
                findings.append(ok(CHECK, f"{mailbox} takes mail (at {host})."))
            except aiosmtplib.SMTPResponseException as error:
                findings.append(_refused(mailbox, host, error.code, error.message))
            await client.rset()
    finally:
        await say_goodbye(client)
    return findings


def _refused(mailbox: str, host: str, code: int, text: str) -> Finding:
    said = read_reply(code, text).words
    if 400 <= code < 500:
        return warning(CHECK, f"{host} does not say now whether {mailbox} takes mail: {said}", "Ask again later.")
    return failure(
        CHECK,
        f"{mailbox} takes no mail ({host}: {said}): complaints cannot reach you, and blocklists look at that.",
        f"Make {mailbox} an alias of a mailbox that somebody reads (RFC 2142).",
    )


def check_bounces(case: Case) -> Iterator[Finding]:
    """PASS: the mailbox that bounces come to can be read. Nothing is said where none is settled."""
    bounces = case.settings.bounces
    for folder in (bounces.maildir, bounces.mbox):
        if folder is None:
            continue
        if not folder.exists():
            yield failure(BOUNCES, f"{folder}, where bounces should come to, does not exist.", "Check [bounces].")
        elif not os.access(folder, os.R_OK | os.W_OK):
            yield failure(BOUNCES, f"{folder} may not be read and written by this user.", f"chown USER {folder}")
        else:
            yield ok(BOUNCES, f"the mailbox for bounces, {folder}, can be read.")
    if bounces.imap is not None:
        yield _imap(case, bounces.imap)


def _imap(case: Case, settings: ImapSettings) -> Finding:
    where = f"{settings.host}:{settings.port}"
    try:
        found = _look_into(case, settings)
    except imaplib.IMAP4.error:
        return failure(
            BOUNCES,
            f"{where} does not let {settings.username!r} in, or has no folder {settings.folder!r}: bounces are "
            "not read.",
            "Check imap in [bounces] and its password.",
        )
    except ssl.SSLError as error:
        reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
        return failure(
            BOUNCES,
            f"no trusted TLS connection to {where} ({reason}): bounces are not read.",
            "Mend its certificate.",
        )
    except OSError as error:
        reason = error.strerror or "no answer in time"
        return failure(
            BOUNCES, f"{where} does not answer ({reason}): bounces are not read.", "Check imap in [bounces]."
        )
    return ok(BOUNCES, f"the mailbox for bounces at {where} can be read ({found} mails in {settings.folder}).")


def _look_into(case: Case, settings: ImapSettings) -> str:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(cafile=settings.ca_file)
    client: imaplib.IMAP4
    if settings.implicit_tls:
        client = imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=case.seconds)
    else:
        client = imaplib.IMAP4(settings.host, settings.port, timeout=case.seconds)
    try:
        if not settings.implicit_tls and settings.tls is not Tls.NONE:
            client.starttls(context)
        client.login(settings.username, settings.password)
        state, data = client.select(f'"{settings.folder}"', readonly=True)
        if state != "OK":
            raise imaplib.IMAP4.error("no such folder")
        return (data[0] or b"0").decode("ascii", "replace")
    finally:
        client.shutdown()
