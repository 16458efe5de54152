"""Test copies: the mail as it will be, to a few addresses, with no trace in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import aiosmtplib

from mailer.bounce.return_path import ReturnPaths
from mailer.delivery.connect import find_way, open_connection, say_goodbye
from mailer.errors import ServerError, UsageError
from mailer.flows.composing import Links, copy_for_a_look
from mailer.newsletter import Newsletter
from mailer.render.message import MessageTemplate
from mailer.settings import SmtpSettings
from subscribers.address import Address, AddressError, parse_address


def read_addresses(texts: Sequence[str]) -> list[Address]:
    """Read the addresses that ``--to`` names. Raises UsageError naming the first that is none."""
    found = []
    for text in texts:
        try:
            found.append(parse_address(text, special_use=True))
        except AddressError as error:
            raise UsageError(f"{text!r} is no address: {error}") from error
    return found


def compose_copies(
    newsletter: Newsletter,
    slug: str,
    templates: Sequence[MessageTemplate],
    to: Sequence[Address],
    links: Links,
    now: datetime,
) -> Iterator[tuple[Address, bytes]]:
    """Each edition to each address."""
    for address in to:
        for template in templates:
            yield address, copy_for_a_look(newsletter, slug, template, address.wire, links, now)


def send_copies(smtp: SmtpSettings, return_paths: ReturnPaths, messages: Sequence[tuple[Address, bytes]]) -> None:
    """Send test copies one after the other. Raises ServerError with the server's words when one is refused."""
    asyncio.run(_send(smtp, return_paths, messages))


async def _send(smtp: SmtpSettings, return_paths: ReturnPaths, messages: Sequence[tuple[Address, bytes]]) -> None:
    way = await find_way(smtp)
    client = await open_connection(way)
    try:
        for address, message in messages:
            options = ["SMTPUTF8"] if address.needs_smtputf8 else []
            await client.sendmail(return_paths.make(0), [address.wire], message, mail_options=options)
    except aiosmtplib.SMTPRecipientsRefused as error:
        reply = error.recipients[0]
        raise ServerError(f"{reply.recipient} was refused: {reply.code} {reply.message}") from error
    except aiosmtplib.SMTPResponseException as error:
        raise ServerError(f"the server refused a test copy: {error.code} {error.message}") from error
    except (aiosmtplib.SMTPException, OSError) as error:
        raise ServerError(f"the connection broke while a test copy was sent ({error}).") from error
    finally:
        await say_goodbye(client)
