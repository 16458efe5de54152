"""The worker: sends notices, issues whose time has come and deliveries that are due again, and keeps house.

Laws: notices go over connections of their own, so that an issue under way does not hold them up; what fails is
tried again later and told once; on SQLite one worker works at a time, and the next takes over when it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from mailer.delivery.engine import deliver
from mailer.delivery.model import Ending, Outcome, Sending, StopSignal
from mailer.errors import MailerError
from mailer.flows.notice_mail import NoticeDesk
from mailer.flows.notices import Tally, send_due
from mailer.flows.receiving import Service, keep_running
from mailer.flows.scheduling import begin
from mailer.flows.waiting import release_settled
from mailer.newsletter import Newsletter
from mailer.store import schedule
from mailer.store.database import reading, writing
from subscribers import allowing, outbox
from subscribers.expiring import CHUNK, expire

log = logging.getLogger(__name__)

NOTICES_SECONDS: Final = 1.0
"""How often the outbox is looked at: a confirmation mail is on its way within two seconds."""
ISSUES_SECONDS: Final = 2.0
HOUSE_SECONDS: Final = 3600.0
STOP_SECONDS: Final = 0.1
QUIET_SECONDS: Final = 60.0
"""After trouble with the server or the database, this long nothing is tried that would only fail again."""
SERVICES_END_SECONDS: Final = 10.0
KEEP_PACES: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something else to do every so often, such as reading the mailbox. It runs in a thread."""

    name: str
    every_seconds: float
    do: Callable[[], object]


def _nothing(_newsletter: str, _slug: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that the worker needs of the installation."""

    engine: Engine
    notices: NoticeDesk
    newsletters: Mapping[str, Newsletter]
    sending: Callable[[str, str], Sending]  # the engine's work for (newsletter, slug), from its frozen editions
    keep_pending: timedelta
    concurrency: int = 1  # connections for notices
    chores: Sequence[Chore] = ()
    finished: Callable[[str, str], object] = _nothing  # called with the names of an issue that may be finished
    services: Sequence[Service] = ()  # such as listening for bounces
    say: Callable[[str], None] = log.info


@dataclass(slots=True)
class Work:
    """What a worker has done, and whether something is left that it could not do."""

    notices: Tally = field(default_factory=Tally)
    issues: list[tuple[str, Outcome]] = field(default_factory=list)
    expired: int = 0
    left: list[str] = field(default_factory=list)  # sentences


@contextlib.contextmanager
def only_worker(engine: Engine) -> Iterator[bool]:
    """Whether this process is the only worker of a SQLite database, as long as the context lasts; the kernel gives
    the lock back when the process is gone, however it went. On PostgreSQL any number may work.
    """
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database:
        yield True
        return
    with Path(f"{database}.worker").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def run_worker(shop: Workshop, stop: threading.Event, *, once: bool = False) -> Work:
    """Work until ``stop`` is set, or ``once`` through everything that is due. Call it in any thread.

    Messages in flight are finished. Trouble is said and tried again later; with ``once`` it is in ``Work.left``.
    """
    return asyncio.run(Worker(shop, stop).run(once=once))


class Worker:
    """Looks every so often at what is due, and does it."""

    def __init__(self, shop: Workshop, stop: threading.Event) -> None:
        self._shop = shop
        self._stop = stop
        self._work = Work()
        self._sending: dict[int, asyncio.Task[Outcome | None]] = {}
        self._quiet_until: dict[int, datetime] = {}  # by issue, after trouble
        self._signal = StopSignal()
        self._stopped = asyncio.Event()
        self._said = ""

    async def run(self, *, once: bool) -> Work:
        if once:
            await self._keep_house()
            await asyncio.gather(self._send_notices(), self._send_issues_once())
            for chore in self._shop.chores:
                await self._do(chore)
            for service in self._shop.services:
                if service.once is not None:
                    await self._do(Chore(service.name, 0.0, service.once))
            return self._work
        watch = asyncio.create_task(self._watch())
        threads = [keep_running(service, self._stop, self._tell) for service in self._shop.services]
        chores = [self._every(chore.every_seconds, self._doing(chore)) for chore in self._shop.chores]
        await asyncio.gather(self._rounds(), *chores)
        await watch
        for thread in threads:
            await asyncio.to_thread(thread.join, SERVICES_END_SECONDS)
        return self._work

    async def _rounds(self) -> None:
        """Do what is due until the end, and finish it."""
        await asyncio.gather(
            self._every(NOTICES_SECONDS, self._send_notices),
            self._every(ISSUES_SECONDS, self._start_issues),
            self._every(HOUSE_SECONDS, self._keep_house),
        )
        await asyncio.gather(*self._sending.values())

    async def _watch(self) -> None:
        """Pass the wish to stop on to the engine, on its own thread."""
        while not self._stop.is_set():  # noqa: ASYNC110 -- set by another thread or by a signal, so it is asked
            await asyncio.sleep(STOP_SECONDS)
        self._stopped.set()
        self._signal.request()

    async def _every(self, seconds: float, step: Callable[[], Awaitable[None]]) -> None:
        """Do it again and again until the end; a database that is away is waited for."""
        while not self._stop.is_set():
            pause = seconds
            try:
                await step()
            except DBAPIError as error:
                self._tell(f"The database does not answer ({type(error.orig).__name__}); trying again.")
                pause = max(seconds, 5.0)
            except MailerError as error:
                self._tell(str(error))
                pause = max(seconds, 5.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), pause)

    def _tell(self, sentence: str) -> None:
        """Say it, but not over and over."""
        if sentence != self._said:
            self._said = sentence
            self._shop.say(sentence)

    # --- notices

    async def _send_notices(self) -> None:
        senders = [send_due(self._shop.notices, self._stop.is_set) for _ in range(self._shop.concurrency)]
        for tally in await asyncio.gather(*senders):
            self._work.notices.add(tally)
            if tally.trouble:
                self._tell(f"Notices wait: {tally.trouble}")
                self._work.left.append(f"Notices wait: {tally.trouble}")
            elif tally.sent:
                self._said = ""
                self._shop.say(f"Sent {tally.sent:,} {'notice' if tally.sent == 1 else 'notices'}.")

    # --- issues

    async def _send_issues_once(self) -> None:
        await self._start_issues()
        await asyncio.gather(*self._sending.values())

    async def _start_issues(self) -> None:
        """Begin what is due, each issue in a task of its own."""
        for issue_id, task in list(self._sending.items()):
            if task.done():
                del self._sending[issue_id]
        for one in await asyncio.to_thread(self._look):
            self._sending[one.issue_id] = asyncio.create_task(self._send_issue(one))

    def _look(self) -> list[schedule.Due]:
        engine, now = self._shop.engine, self._shop.notices.now()
        with reading(engine) as connection:
            starting = schedule.starting(connection, now)
        for issue_id, newsletter in starting:
            if (known := self._shop.newsletters.get(newsletter)) is not None:
                begin(engine, issue_id, known, now)
        with reading(engine) as connection:
            found = schedule.due(connection, now, frozenset(self._sending))
        # On one machine somebody who sends in a terminal keeps the issue; on PostgreSQL workers share it.
        shared = engine.dialect.name != "sqlite"
        return [
            one
            for one in found
            if (shared or not one.sent_elsewhere)
            and one.newsletter in self._shop.newsletters
            and self._quiet_until.get(one.issue_id, now) <= now
        ]

    async def _send_issue(self, one: schedule.Due) -> Outcome | None:
        """How the sending ended; None when it could not be."""
        try:
            sending = await asyncio.to_thread(self._shop.sending, one.newsletter, one.slug)
            outcome = await deliver(sending, stop=self._signal)
        except MailerError as error:
            self._quiet_until[one.issue_id] = self._shop.notices.now() + timedelta(seconds=QUIET_SECONDS)
            self._tell(f"{one.slug} waits: {error}")
            self._work.left.append(f"{one.slug} waits: {error}")
            return None
        await asyncio.to_thread(self._shop.finished, one.newsletter, one.slug)
        self._work.issues.append((one.slug, outcome))
        if outcome.sent:
            self._shop.say(f"{one.slug}: {outcome.sent:,} sent, {outcome.left:,} left.")
        if outcome.ending is Ending.PAUSED:
            self._shop.say(f"{one.slug} is paused: {outcome.reason}")
        if outcome.closed_until is not None:
            self._quiet_until[one.issue_id] = outcome.closed_until
        if outcome.left:
            self._work.left.append(f"{one.slug}: {outcome.left:,} are left.")
        return outcome

    # --- the house

    async def _keep_house(self) -> None:
        await asyncio.to_thread(self._clean)

    def _clean(self) -> None:
        shop, now = self._shop, self._shop.notices.now()
        while not self._stop.is_set():
            with writing(shop.engine) as connection:
                gone = expire(connection, shop.keep_pending, now)
            self._work.expired += gone
            if gone < CHUNK:
                break
        with writing(shop.engine) as connection:
            outbox.forget_old(connection, now)
            allowing.forget_empty(connection, now)
            schedule.forget_paces(connection, now - KEEP_PACES)
        for newsletter in shop.newsletters.values():  # who has no reason to wait for a translation any more
            release_settled(shop.engine, newsletter)

    def _doing(self, chore: Chore) -> Callable[[], Awaitable[None]]:
        async def step() -> None:
            await self._do(chore)

        return step

    async def _do(self, chore: Chore) -> None:
        try:
            await asyncio.to_thread(chore.do)
        except MailerError as error:
            self._tell(f"{chore.name}: {error}")
            self._work.left.append(f"{chore.name}: {error}")
