"""Messages made ready on threads while they wait for their turn: an RSA signature takes longer than all the rest.

Law: a row's message is made at most a batch ahead; what was not taken is thrown away and made again when needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from mailer.delivery.model import Compose, Outgoing
from mailer.store.leasing import Leased


class Ahead:
    """Composes; with ``threads`` of 0 only when asked."""

    def __init__(self, compose: Compose, threads: int) -> None:
        self._compose = compose
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="compose") if threads else None
        self._expected: dict[int, Future[Outgoing]] = {}

    def expect(self, rows: Iterable[Leased]) -> None:
        """These come next, in this order."""
        if self._pool is not None:
            for row in rows:
                self._expected[row.delivery_id] = self._pool.submit(self._compose, row)

    def take(self, row: Leased) -> Outgoing:
        """The row's message. Raises what composing it raised."""
        if self._expected:
            expected = self._expected.pop(row.delivery_id, None)
            if expected is not None and not expected.cancel():  # done, or under way
                return expected.result()
        return self._compose(row)

    def forget(self, row: Leased) -> None:
        """The row is not ours any more, or goes much later."""
        expected = self._expected.pop(row.delivery_id, None)
        if expected is not None:
            expected.cancel()

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
