"""The ledger's writer: one database thread that commits, as one transaction, whatever came together.

Law: a callback runs only after the commit that holds its intent and result has returned. When the database
fails, nothing more is promised: every caller gets the failure and the sending stops.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from mailer.delivery.cores import Cores, staying_on
from mailer.delivery.model import Sending
from mailer.errors import DatabaseError
from mailer.store.driver import own_connection
from mailer.store.recording import Result, commit

T = TypeVar("T")
Done = Callable[[bool], None]
SPACING_SECONDS: Final = 0.000_12
"""Between two commits, for each connection: what comes in meanwhile goes together. Less than a connection has to
wait for the others' bodies anyway, so it costs no speed, and a commit costs as much CPU time as eight rows."""
LONGEST_SPACING_SECONDS: Final = 0.001_2
GROUP: Final = 500
"""At most so many entries in one commit: a bound for memory and for the time that a lock is held."""


@dataclass(slots=True)
class _Entry:
    result: Result | None
    intent: int | None
    done: Done | None


@dataclass(slots=True)
class _Call:
    work: Callable[[Connection], Any]
    answer: asyncio.Future[Any]


class LedgerWriter:
    """Takes intents, results and other work from the event loop, and does them on one thread in order."""

    def __init__(
        self, sending: Sending, worker_id: int, failed: Callable[[BaseException], None], core: Cores
    ) -> None:
        self._engine: Engine = sending.database
        self._now = sending.now
        self._worker_id = worker_id
        self._failed = failed
        self._core = core
        self._loop = asyncio.get_running_loop()
        self._waiting: list[_Entry] = []
        self._busy = 0  # groups that the thread has
        self._timer: asyncio.TimerHandle | None = None  # when it fires, what is waiting is handed over
        self._handed_over_at = 0.0
        self._connections = sending.connections or sending.smtp.connections
        self._spacing_seconds = min(self._connections * SPACING_SECONDS, LONGEST_SPACING_SECONDS)
        self._queue: queue.SimpleQueue[list[_Entry] | _Call | None] = queue.SimpleQueue()
        self._committing: list[_Entry] = []  # the thread's: what is denied when the database fails
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def submit(self, result: Result | None, intent: int | None, done: Done | None = None) -> None:
        """Write both; then call ``done(held)`` on the loop: whether the intent holds. When the database fails,
        no intent holds any more."""
        self._waiting.append(_Entry(result, intent, done))
        if not self._busy:
            self._hand_over_soon()

    def call(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Do ``work`` in a transaction of its own on the database thread, after what was submitted before."""
        answer: asyncio.Future[T] = self._loop.create_future()
        self._hand_over()
        self._queue.put(_Call(work, answer))
        return answer

    async def close(self) -> None:
        """Write what is waiting, then end the thread."""
        self._hand_over()
        self._queue.put(None)
        while self._thread.is_alive():  # noqa: ASYNC110 -- a thread has no event to wait for
            await asyncio.sleep(0.002)

    def _hand_over_soon(self) -> None:
        if len(self._waiting) >= self._connections:
            self._hand_over()  # nobody is left to wait for
        elif self._timer is None:
            due = self._handed_over_at + self._spacing_seconds
            self._timer = self._loop.call_at(due, self._hand_over)

    def _hand_over(self) -> None:
        """Give the thread what has come together."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._handed_over_at = self._loop.time()
        while self._waiting:
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            self._busy += 1
            self._queue.put(group)

    def _committed(self, done: Sequence[tuple[Done, bool]]) -> None:
        self._busy -= 1
        for tell, held in done:
            tell(held)
        if not self._busy and self._waiting:
            self._hand_over_soon()

    # --- on the thread

    def _run(self) -> None:
        try:
            with staying_on(self._core), own_connection(self._engine) as connection:
                while self._serve(connection):
                    pass
        except BaseException as error:
            self._break(error)

    def _serve(self, connection: Connection) -> bool:
        item = self._queue.get()
        if item is None:
            return False
        if isinstance(item, _Call):
            self._answer(connection, item)
        else:
            self._commit(connection, item)
        return True

    def _commit(self, connection: Connection, group: list[_Entry]) -> None:
        self._committing = group
        intents = [entry.intent for entry in group if entry.intent is not None]
        results = [entry.result for entry in group if entry.result is not None]
        held = commit(connection, self._worker_id, intents, results, self._now())
        self._committing = []
        self._post(
            self._committed,
            [(entry.done, entry.intent is None or entry.intent in held) for entry in group if entry.done],
        )

    def _answer(self, connection: Connection, call: _Call) -> None:
        try:
            with connection.begin():
                value = call.work(connection)
        except BaseException as error:
            self._post(_set_exception, call.answer, in_words(error))
            raise
        self._post(_set_result, call.answer, value)

    def _break(self, error: BaseException) -> None:
        self._post(self._failed, in_words(error))
        self._deny(self._committing)
        while True:  # callers that come later learn it as well
            item = self._queue.get()
            if item is None:
                return
            if isinstance(item, _Call):
                self._post(_set_exception, item.answer, in_words(error))
            else:
                self._deny(item)

    def _deny(self, group: list[_Entry]) -> None:
        if group:
            self._post(self._committed, [(entry.done, False) for entry in group if entry.done])

    def _post(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:  # the loop is closed: nobody is left to tell
            return


def _set_result(answer: asyncio.Future[Any], value: object) -> None:
    if not answer.done():
        answer.set_result(value)


def _set_exception(answer: asyncio.Future[Any], error: BaseException) -> None:
    if not answer.done():
        answer.set_exception(error)
        answer.exception()  # it may be that nobody waits any more


def in_words(error: BaseException) -> BaseException:
    """What a person can do about a failure of the database; anything else as it is."""
    if isinstance(error, SQLAlchemyError):
        cause = getattr(error, "orig", None) or error
        first_line = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        return DatabaseError(
            f"the ledger cannot be written ({first_line}), so the sending stopped.",
            hint="What was recorded holds; mend the database and send again to go on.",
        )
    return error
