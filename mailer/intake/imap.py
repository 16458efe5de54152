"""The mailbox that bounces come to, on an IMAP server: read by UID, with the server's certificate verified.

Law: nothing is marked or deleted but what was understood; that is moved to a folder by a setting. Mail that was
left is not fetched again by a connection that has seen it.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mailer.errors import MailerError, ServerError, SettingsError
from mailer.intake.taking import Count, Take
from mailer.settings import ImapSettings, Tls

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox

TIMEOUT_SECONDS: Final = 60.0
FETCH_BYTES: Final = 1024 * 1024  # what a report says stands in its first part
IDLE_STEP_SECONDS: Final = 1.0  # so often it is looked whether to stop
STAY_SECONDS: Final = 25 * 60.0  # on one connection; RFC 2177 wants IDLE anew at least every 29 minutes
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0  # after a failure

log = logging.getLogger(__name__)


class Mailbox:
    """One open connection to one folder; it remembers the UIDs that it has read and left."""

    def __init__(self, box: BaseMailBox, moved_to: str) -> None:
        self._box = box
        self._moved_to = moved_to
        self._left: set[str] = set()

    def read(self, take: Take) -> Count:
        """Every mail that was not seen by this connection, the oldest first."""
        read = understood = 0
        wanted = "UNDELETED" if self._moved_to else "UNDELETED UNSEEN"
        for uid in self._box.uids(wanted, charset=None):
            if uid in self._left:
                continue
            raw = self._fetch(uid)
            if raw is None:  # somebody else moved it
                continue
            read += 1
            if take(raw, ()):
                understood += 1
                self._put_away(uid)
            else:
                self._left.add(uid)
        return Count(read, understood)

    def can_idle(self) -> bool:
        return "IDLE" in self._box.client.capabilities

    def wait(self, seconds: float, stopped: Callable[[], bool]) -> None:
        """Wait until the server tells of something new, ``stopped()``, or so long."""
        until = time.monotonic() + seconds
        self._box.idle.start()  # type: ignore[no-untyped-call]  # imap-tools leaves it untyped
        try:
            while not stopped() and time.monotonic() < until:
                began = time.monotonic()
                if self._box.idle.poll(timeout=IDLE_STEP_SECONDS):
                    return
                if time.monotonic() - began < IDLE_STEP_SECONDS / 2:  # nothing, and at once: the server is gone
                    return
        finally:
            self._box.idle.stop()  # type: ignore[no-untyped-call]  # same

    def _fetch(self, uid: str) -> bytes | None:
        answer, data = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{FETCH_BYTES}>)")
        if answer != "OK":
            raise ServerError(f"the IMAP server does not give mail {uid}: {answer}.")
        return next((bytes(part[1]) for part in data if isinstance(part, tuple)), None)

    def _put_away(self, uid: str) -> None:
        """Move one mail; where the server cannot, copy it and delete that one, nobody else's."""
        client = self._box.client
        if not self._moved_to:
            self._store(uid, r"(\Seen)")
            self._left.add(uid)
            return
        if not self._box.folder.exists(self._moved_to):
            self._box.folder.create(self._moved_to)
        if "MOVE" in client.capabilities:
            self._box.move(uid, self._moved_to)
        else:
            self._box.copy(uid, self._moved_to)
            self._store(uid, r"(\Seen \Deleted)")
            if "UIDPLUS" in client.capabilities:
                client.uid("EXPUNGE", uid)

    def _store(self, uid: str, flags: str) -> None:
        answer, _ = self._box.client.uid("STORE", uid, "+FLAGS", flags)
        if answer != "OK":
            raise ServerError(f"the IMAP server does not mark mail {uid}: {answer}.")


@contextmanager
def open_mailbox(imap: ImapSettings, moved_to: str) -> Iterator[Mailbox]:
    """Connect and log in. Raises ServerError, whose text never holds the password."""
    try:
        from imap_tools.errors import ImapToolsError
    except ModuleNotFoundError:
        raise SettingsError(
            "imap-tools is not installed, which reads mailboxes.",
            hint="Install it: pip install 'newsletter-mailer[bounces]'.",
        ) from None
    where = f"{imap.host}:{imap.port}"
    try:
        box = _connected(imap)
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        raise ServerError(f"the mailbox cannot be opened: {_said(error)}.", where=where) from None
    try:
        try:
            box.login(imap.username, imap.password, initial_folder=None)
        except (imaplib.IMAP4.error, ImapToolsError, UnicodeError):
            raise ServerError(
                f"the IMAP server does not let {imap.username!r} in.",
                where=where,
                hint="Check the name in bounces.imap, and the password in MAILER_IMAP_PASSWORD.",
            ) from None
        _learn_capabilities(box)
        moved_to = "" if moved_to == imap.folder else moved_to
        _select(box, imap.folder, where)
        yield Mailbox(box, moved_to)
    except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
        raise ServerError(f"the IMAP server broke off: {_said(error)}.", where=where) from None
    finally:
        _leave(box)


def _connected(imap: ImapSettings) -> BaseMailBox:
    from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted

    if imap.tls is Tls.NONE:
        return MailBoxUnencrypted(imap.host, imap.port, timeout=TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    if imap.ca_file is not None:
        context.load_verify_locations(imap.ca_file)
    kind = MailBox if imap.implicit_tls else MailBoxStartTls
    return kind(imap.host, imap.port, timeout=TIMEOUT_SECONDS, ssl_context=context)


def _learn_capabilities(box: BaseMailBox) -> None:
    """Ask again what the server can do: before the login it tells less, and imaplib keeps that."""
    _, told = box.client.capability()
    box.client.capabilities = tuple(told[-1].decode("ascii", "replace").upper().split())


def _select(box: BaseMailBox, folder: str, where: str) -> None:
    if not box.folder.exists(folder):
        raise ServerError(f"there is no folder {folder!r}.", where=where, hint="bounces.imap ends with its name.")
    box.folder.set(folder)


def _leave(box: BaseMailBox) -> None:
    try:
        box.client.logout()
    except (OSError, imaplib.IMAP4.error):
        box.client.shutdown()


def _said(error: Exception) -> str:
    """An error in its own words, on one line."""
    text = str(error.strerror if isinstance(error, OSError) and error.strerror else error)
    return " ".join(text.split())[:200] or type(error).__name__


def watch_mailbox(
    imap: ImapSettings, moved_to: str, take: Take, stopped: Callable[[], bool], poll_seconds: float
) -> None:
    """Read the mailbox, wait for more, and again, until ``stopped()``; connects anew after every failure.

    For a thread of its own. Where the server has IDLE, new mail is read at once; else every ``poll_seconds``.
    """
    pause = FIRST_WAIT
    while not stopped():
        try:
            with open_mailbox(imap, moved_to) as mailbox:
                until = time.monotonic() + STAY_SECONDS
                while not stopped() and time.monotonic() < until:
                    mailbox.read(take)
                    pause = FIRST_WAIT
                    _wait_for_more(mailbox, stopped, poll_seconds)
        except MailerError as error:
            log.warning("%s Trying again in %.0f s.", error, pause)
            _sleep(pause, stopped)
            pause = min(2 * pause, LONGEST_WAIT)


def _wait_for_more(mailbox: Mailbox, stopped: Callable[[], bool], poll_seconds: float) -> None:
    if mailbox.can_idle():
        mailbox.wait(poll_seconds, stopped)  # not for ever: some servers forget to tell
    else:
        _sleep(poll_seconds, stopped)


def _sleep(seconds: float, stopped: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while not stopped() and time.monotonic() < until:
        time.sleep(min(0.5, seconds))
