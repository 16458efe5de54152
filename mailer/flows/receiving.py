"""What the worker does about what comes back: reads mailboxes, listens for the mail server, counts refusals.

Law: trouble with one way in is told and tried again; it holds up no other way and no sending.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.errors import MailerError
from mailer.flows.feedback import Feedback
from mailer.settings import BounceSettings

REFUSALS_SECONDS: Final = 60.0
HOUSE_SECONDS: Final = 3600.0
STOP_SECONDS: Final = 0.1
AGAIN_SECONDS: Final = 60.0  # after a failure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """Something that goes on as long as the worker does, in a thread of its own.

    ``run`` returns soon after the event is set. ``once`` is what is done of it by a worker that works once.
    """

    name: str
    run: Callable[[threading.Event], None]
    once: Callable[[], object] | None = None


def keep_running(service: Service, stop: threading.Event, say: Callable[[str], None]) -> threading.Thread:
    """Run it in a thread until ``stop`` is set; when it fails, again after a while."""

    def run() -> None:
        while not stop.is_set():
            try:
                service.run(stop)
            except MailerError as error:
                say(f"{service.name}: {error}")
            except Exception:
                log.exception("%s failed", service.name)
            stop.wait(AGAIN_SECONDS)

    thread = threading.Thread(target=run, name=service.name, daemon=True)
    thread.start()
    return thread


@dataclass(frozen=True, slots=True)
class Reception:
    """The ways in that are settled, with whom they hand mails to. ``say`` tells a person."""

    feedback: Feedback
    settings: BounceSettings
    say: Callable[[str], None]

    def chores(self) -> Iterator[tuple[str, float, Callable[[], object]]]:
        """(name, every so many seconds, what to do)."""
        yield "Refusals", REFUSALS_SECONDS, self._settle
        yield "What came back", HOUSE_SECONDS, self.feedback.keep_house
        if self.settings.maildir is not None or self.settings.mbox is not None:
            yield "The mailbox for bounces", float(self.settings.poll_seconds), self._read_files

    def services(self) -> Iterator[Service]:
        if self.settings.imap is not None:
            yield Service("The mailbox for bounces", self._watch, self._read_imap)
        if self.settings.lmtp:
            yield Service("LMTP", self._listen)

    def take(self, raw: bytes, came_to: Sequence[str] = ()) -> bool:
        """Take one mail, and say which sendings had to stop."""
        outcome = self.feedback.take_mail(raw, came_to)
        for sentence in outcome.paused:
            self.say(sentence)
        return outcome.is_understood

    def _settle(self) -> None:
        for sentence in self.feedback.settle_refusals().paused:
            self.say(sentence)

    def _read_files(self) -> None:
        from mailer.intake.folders import read_maildir, read_mbox

        if self.settings.maildir is not None:
            read_maildir(self.settings.maildir, self.take, self.settings.moved_to)
        if self.settings.mbox is not None:
            read_mbox(self.settings.mbox, self.take)

    def _read_imap(self) -> None:
        from mailer.intake.imap import open_mailbox

        if self.settings.imap is not None:
            with open_mailbox(self.settings.imap, self.settings.moved_to) as mailbox:
                mailbox.read(self.take)

    def _watch(self, stop: threading.Event) -> None:
        from mailer.intake.imap import watch_mailbox

        if self.settings.imap is not None:
            watch_mailbox(
                self.settings.imap, self.settings.moved_to, self.take, stop.is_set, self.settings.poll_seconds
            )

    def _listen(self, stop: threading.Event) -> None:
        asyncio.run(self._serve(stop))

    async def _serve(self, stop: threading.Event) -> None:
        from mailer.intake.lmtp import serve_lmtp

        done = asyncio.Event()

        async def watch() -> None:
            while not stop.is_set():  # noqa: ASYNC110 -- set by another thread, so it is asked
                await asyncio.sleep(STOP_SECONDS)
            done.set()

        watching = asyncio.create_task(watch())
        await serve_lmtp(
            self.settings.lmtp,
            self.feedback.is_ours,
            self.take,
            stop=done,
            listening=lambda address: self.say(f"Listening for bounces by LMTP at {address}."),
        )
        await watching
