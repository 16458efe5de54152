"""A real message to an address of the operator's, over the settled way, signed as an issue is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import aiosmtplib

from mailer.bounce.return_path import ReturnPaths
from mailer.configuration.dkim_keys import signer_of
from mailer.delivery.connect import find_way, open_connection, say_goodbye
from mailer.delivery.replies import read_reply
from mailer.doctor.case import Case
from mailer.doctor.checks.dkim import signed_sample
from mailer.doctor.finding import Finding, failure, ok
from mailer.errors import MailerError
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain
from mailer.settings import SmtpSettings

CHECK: Final = "smtp-send"


def check(case: Case) -> Iterator[Finding]:
    """PASS: the server takes a message for that address. FAIL: it refuses sender, recipient or message."""
    if not case.send_to:
        return
    smtp = case.settings.smtp
    bounded = replace(smtp, timeout_seconds=min(smtp.timeout_seconds, 4 * case.seconds))
    for newsletter in case.newsletters:
        try:
            yield _send(case, newsletter, bounded)
        except MailerError as error:
            yield failure(
                CHECK, f"no message of {newsletter.key} could be sent: {error.what}", error.hint or "See above."
            )


def _send(case: Case, newsletter: Newsletter, smtp: SmtpSettings) -> Finding:
    signer = signer_of(case.settings, newsletter)
    message = signed_sample(newsletter, signer, case.now(), to=case.send_to)
    sender = ReturnPaths(case.settings.signing_keys, bounce_domain(newsletter)).make(0)
    began = time.monotonic()
    try:
        said = asyncio.run(_hand_over(smtp, sender, case.send_to, message))
    except aiosmtplib.SMTPRecipientsRefused as error:
        first = error.recipients[0]
        return _refused(newsletter, case.send_to, first.code, first.message)
    except aiosmtplib.SMTPResponseException as error:
        return _refused(newsletter, case.send_to, error.code, error.message)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return failure(
            CHECK,
            f"the connection broke while a message was sent ({type(error).__name__}).",
            "Look into the mail server's log.",
        )
    seconds = time.monotonic() - began
    return ok(
        CHECK,
        f"a message of {newsletter.key} was taken for {case.send_to} in {seconds:.1f} s ({said}). Save it where "
        "it "
        "arrives, and look at it with: mailer doctor --message FILE.eml",
    )


def _refused(newsletter: Newsletter, address: str, code: int, text: str) -> Finding:
    return failure(
        CHECK,
        f"the mail server refused a message of {newsletter.key} for {address}: {read_reply(code, text).words}",
        "Its words say why; an issue would meet the same answer.",
    )


async def _hand_over(smtp: SmtpSettings, sender: str, recipient: str, message: bytes) -> str:
    client = await open_connection(await find_way(smtp))
    try:
        options = [] if recipient.isascii() else ["SMTPUTF8"]
        _, said = await client.sendmail(sender, [recipient], message, mail_options=options)
        return " ".join(said.split())[:120]
    finally:
        await say_goodbye(client)
