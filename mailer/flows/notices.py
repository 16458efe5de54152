"""A notice's trip: out of the outbox, still wanted, composed, sent over a connection of its own, noted.

Laws: a notice is never lost, only given up with a reason that can be read; its Message-ID is the same on every
try; whatever goes wrong with it shuts nobody out: the person can ask for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiosmtplib
from sqlalchemy import Connection

from mailer.delivery.connect import find_way, hang_up, open_connection, say_goodbye
from mailer.delivery.envelope import Offer, envelope_of
from mailer.delivery.model import Outgoing, Refused
from mailer.delivery.replies import Meaning, Reply, Stage, meaning_of, read_reply
from mailer.delivery.throttle import limits_of
from mailer.errors import MailerError, ServerError
from mailer.flows.notice_mail import NoticeDesk, compose
from mailer.render.message import BadRecipient
from mailer.store import pace
from mailer.store.database import reading, writing
from subscribers import outbox, store
from subscribers.address import AddressError, parse_address
from subscribers.outbox import NEVER, Notice, Waiting
from subscribers.subscription import SubscriptionState

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=4)
BATCH: Final = 20  # claimed together, so that little has to be given back
LONGEST_PATIENCE: Final = timedelta(seconds=60)
"""How long a notice waits in hand for its moment under the sending limit; else it goes back into the outbox."""

WANTED_IN: Final[Mapping[Notice, SubscriptionState]] = {
    Notice.CONFIRM: SubscriptionState.PENDING,
    Notice.WELCOME: SubscriptionState.SUBSCRIBED,
    Notice.GOODBYE: SubscriptionState.UNSUBSCRIBED,
    Notice.PREFERENCES: SubscriptionState.SUBSCRIBED,
    Notice.ADDRESS_CHANGE: SubscriptionState.SUBSCRIBED,
}
"""The state in which a notice still makes sense; in any other it is not sent."""


@dataclass(slots=True)
class Tally:
    """What became of notices."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0
    unwanted: int = 0
    trouble: str = ""  # why the server could not be used, a sentence for the operator

    def add(self, other: Tally) -> None:
        self.sent += other.sent
        self.put_off += other.put_off
        self.given_up += other.given_up
        self.unwanted += other.unwanted
        self.trouble = other.trouble or self.trouble


async def send_due(desk: NoticeDesk, stopped: Callable[[], bool] = lambda: False) -> Tally:
    """Send what is due until nothing is, ``stopped()`` says so, or the server cannot be used. One connection."""
    tally = Tally()
    if not await asyncio.to_thread(_anything, desk):
        return tally
    async with contextlib.AsyncExitStack() as stack:
        client: aiosmtplib.SMTP | None = None
        while not stopped() and (claimed := await asyncio.to_thread(_claim, desk, tally)):
            try:
                if client is None or not client.is_connected:
                    client = await open_connection(await find_way(desk.smtp))
                    stack.callback(hang_up, client)
                await _send_all(desk, client, claimed, tally, stopped)
            except MailerError as error:  # the server, or a template or key of the operator's own
                tally.trouble = str(error)
                await asyncio.to_thread(_put_all_off, desk, claimed, str(error), tally)
                return tally
        if client is not None:
            await say_goodbye(client)
    return tally


def _anything(desk: NoticeDesk) -> bool:
    with reading(desk.engine) as connection:
        return outbox.has_due(connection, desk.now())


def _claim(desk: NoticeDesk, tally: Tally) -> list[Waiting]:
    """Take a batch; what nobody wants any more is settled in the same transaction."""
    now = desk.now()
    wanted: list[Waiting] = []
    while not wanted:
        with writing(desk.engine) as connection:
            claimed = outbox.claim(connection, BATCH, now)
            for waiting in claimed:
                if why := _unwanted(connection, desk, waiting):
                    outbox.put_off(connection, waiting, NEVER, why, tried=False)
                    tally.unwanted += 1
                else:
                    wanted.append(waiting)
        if not claimed:
            break
    return wanted


def _unwanted(connection: Connection, desk: NoticeDesk, waiting: Waiting) -> str:
    """Why the notice is not to be sent (any more), "" when it is."""
    there = store.standing(connection, waiting.subscription_id) if waiting.subscription_id is not None else None
    if there is None:
        return "the subscription is gone"
    if waiting.newsletter not in desk.newsletters:
        return "the newsletter is not in the settings any more"
    try:
        key = parse_address(waiting.address, special_use=True).key
    except AddressError as error:
        return error.reason
    if store.is_suppressed(connection, desk.keys.address_hash(key), waiting.newsletter):
        return "the address is suppressed"
    wanted = WANTED_IN[waiting.kind]
    return "" if there.state is wanted else f"the person is {there.state.value}"


def _put_all_off(desk: NoticeDesk, claimed: Sequence[Waiting], why: str, tally: Tally) -> None:
    """The server cannot be used: everything that was not sent waits, the sooner the less often it was tried."""
    with writing(desk.engine) as connection:
        for waiting in claimed:
            outbox.put_off(connection, waiting, desk.now() + wait_before_next(waiting), why)
            tally.put_off += 1


def wait_before_next(waiting: Waiting) -> timedelta:
    """Half a minute, then twice as long each time, up to an hour."""
    times = 1 << min(max(waiting.attempts - 1, 0), 12)
    return min(FIRST_WAIT * times, LONGEST_WAIT)


async def _send_all(
    desk: NoticeDesk,
    client: aiosmtplib.SMTP,
    claimed: list[Waiting],
    tally: Tally,
    stopped: Callable[[], bool],
) -> None:
    """Send a batch; ``claimed`` holds what is left when a ServerError ends it."""
    offer = Offer.from_extensions(client.esmtp_extensions)
    while claimed:
        if stopped():
            await asyncio.to_thread(_give_back, desk, claimed)
            return
        wait = await asyncio.to_thread(_reserve, desk)
        if wait > LONGEST_PATIENCE:
            await asyncio.to_thread(_wait_for_limit, desk, claimed, desk.now() + wait, tally)
            return
        await asyncio.sleep(wait.total_seconds())
        waiting = claimed[0]
        try:
            outgoing = await asyncio.to_thread(compose, desk, waiting)
            reply, stage = await _hand_over(client, outgoing, offer)
        except (Refused, BadRecipient, AddressError) as error:
            await asyncio.to_thread(_refused, desk, waiting, str(error), tally)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise ServerError(f"the connection broke while a notice was sent ({type(error).__name__}).") from None
        else:
            sha256 = hashlib.sha256(b"".join(outgoing.pieces)).hexdigest()
            await asyncio.to_thread(_settle, desk, waiting, stage, reply, sha256, tally)
            if reply.code == 421:
                client.close()
                claimed.pop(0)
                await asyncio.to_thread(_give_back, desk, claimed)
                return
        claimed.pop(0)


async def _hand_over(client: aiosmtplib.SMTP, outgoing: Outgoing, offer: Offer) -> tuple[Reply, Stage]:
    """One message; the reply that settles it and what it answers."""
    envelope = envelope_of(outgoing, offer)
    for stage, command in (
        (Stage.MAIL, envelope.mail),
        (Stage.RCPT, envelope.rcpt),
        (Stage.DATA, b"DATA"),
    ):
        code, words = await client.execute_command(command)
        if code >= 400:
            if code != 421:
                await client.execute_command(b"RSET")
            return read_reply(code, words), stage
    transport = client.transport
    if not isinstance(transport, asyncio.WriteTransport) or transport.is_closing():
        raise aiosmtplib.SMTPServerDisconnected("the connection broke off")
    transport.writelines(outgoing.pieces)
    code, words = await client.execute_command(b".")
    return read_reply(code, words), Stage.BODY


def _settle(desk: NoticeDesk, waiting: Waiting, stage: Stage, reply: Reply, sha256: str, tally: Tally) -> None:
    meaning = meaning_of(stage, reply)
    now = desk.now()
    if meaning is Meaning.ACCEPTED:
        with writing(desk.engine) as connection:
            outbox.sent(connection, waiting, sha256, now)
        tally.sent += 1
    elif meaning in {Meaning.REFUSED, Meaning.ADDRESS} or now - waiting.created_at > GIVE_UP_AFTER:
        _refused(desk, waiting, reply.words, tally)
    else:
        with writing(desk.engine) as connection:
            outbox.put_off(connection, waiting, now + wait_before_next(waiting), reply.words)
        tally.put_off += 1
        if meaning is Meaning.SENDER:
            tally.trouble = f"the server turned a notice away: {reply.words}"


def _refused(desk: NoticeDesk, waiting: Waiting, why: str, tally: Tally) -> None:
    """Given up. Nobody is blamed: a stranger may have typed the address."""
    with writing(desk.engine) as connection:
        outbox.put_off(connection, waiting, NEVER, why)
    tally.given_up += 1


def _give_back(desk: NoticeDesk, claimed: Sequence[Waiting]) -> None:
    with writing(desk.engine) as connection:
        outbox.give_back(connection, claimed, desk.now())


def _wait_for_limit(desk: NoticeDesk, claimed: Sequence[Waiting], until: datetime, tally: Tally) -> None:
    with writing(desk.engine) as connection:
        for waiting in claimed:
            outbox.put_off(connection, waiting, until, "waits for the sending limit", tried=False)
            tally.put_off += 1


def _reserve(desk: NoticeDesk) -> timedelta:
    """How long to wait for the next message that the sending limits allow; its moment is reserved."""
    limits = limits_of(desk.smtp.rate)
    if limits.unlimited:
        return timedelta(0)
    now_us = int(desk.now().timestamp() * 1_000_000)
    with writing(desk.engine) as connection:
        got = pace.reserve(connection, desk.limits_scope, limits.interval_us, limits.quotas, 1, now_us)
    if got.slots_us:
        return timedelta(microseconds=max(0, got.slots_us[0] - now_us))
    return LONGEST_PATIENCE + timedelta(microseconds=max(1, got.retry_at_us - now_us))
