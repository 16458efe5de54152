"""Messages made ready on threads while they wait for their turn: a signature takes longer than all the rest.

Law: a row's message is made at most a batch ahead; what was not taken is thrown away and made again when needed.
Who claims a row makes its message: a thread before its turn, or the event loop when its turn comes first.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable

from mailer.delivery.cores import staying_on, usable_cores
from mailer.delivery.model import Compose, Outgoing
from mailer.store.leasing import Leased


class _Making:
    """A row whose message is wanted, and what came of it. (Locks, for a Future costs as much as composing.)"""

    __slots__ = ("claim", "error", "made", "message", "row")

    def __init__(self, row: Leased) -> None:
        self.row = row
        self.claim = threading.Lock()  # held by who makes the message
        self.made = threading.Lock()  # free when it is made
        self.made.acquire()
        self.message: Outgoing | None = None
        self.error: BaseException | None = None

    def make(self, compose: Compose) -> None:
        if self.claim.acquire(blocking=False):
            try:
                self.message = compose(self.row)
            except BaseException as error:
                self.error = error
            self.made.release()

    def result(self) -> Outgoing:
        self.made.acquire()
        if self.message is None:
            raise self.error or RuntimeError("a message was neither made nor refused")
        return self.message


class Ahead:
    """Composes; with ``threads`` of 0 only when asked."""

    def __init__(self, compose: Compose, threads: int) -> None:
        self._compose = compose
        self._expected: dict[int, _Making] = {}  # the event loop's
        self._todo: queue.SimpleQueue[_Making | None] = queue.SimpleQueue()
        self._cores = usable_cores()  # the event loop may be kept on one
        self._threads = [
            threading.Thread(target=self._work, name=f"compose-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def expect(self, rows: Iterable[Leased]) -> None:
        """These come next, in this order."""
        if self._threads:
            for row in rows:
                making = self._expected[row.delivery_id] = _Making(row)
                self._todo.put(making)

    def take(self, row: Leased) -> Outgoing:
        """The row's message. Raises what composing it raised."""
        making = self._expected.pop(row.delivery_id, None)
        if making is None:
            return self._compose(row)
        making.make(self._compose)
        return making.result()

    def forget(self, row: Leased) -> None:
        """The row is not ours any more, or goes much later."""
        making = self._expected.pop(row.delivery_id, None)
        if making is not None:
            making.claim.acquire(blocking=False)

    def close(self) -> None:
        """End the threads when they have made what they are making."""
        for making in self._expected.values():
            making.claim.acquire(blocking=False)
        self._expected.clear()
        for _ in self._threads:
            self._todo.put(None)

    def _work(self) -> None:
        with staying_on(self._cores):
            while (making := self._todo.get()) is not None:
                making.make(self._compose)
