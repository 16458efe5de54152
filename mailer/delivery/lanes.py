"""Rows in hand, by lane: a domain with limits of its own has one to itself, everybody else shares one.

Law: a domain's limits hold for all that is sent to it, and never hold up anybody else.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from mailer.delivery.moments import AT_ONCE, Moments
from mailer.delivery.throttle import Window
from mailer.settings import DomainLimit
from mailer.store.leasing import Leased

STEPS: Final = 10
"""After a rest a domain gets one connection, and one more in each tenth of the time that it rested."""


class Lane:
    """The rows for some domains, or for all that have no lane of their own (``domains`` is empty)."""

    def __init__(self, name: str, limit: DomainLimit, rest_seconds: float, moments: Moments | None = None) -> None:
        self.name = name
        self.domains: frozenset[str] = frozenset({name, *limit.also}) if name else frozenset()
        self.rows: deque[Leased] = deque()
        self.in_flight = 0
        self.leasing = False
        self.low = 0  # so few rows left: time for the next batch
        self.dry = False  # the last lease found nothing
        self.after_id = 0
        self._connections = limit.connections
        self._moments = moments
        self._step_seconds = rest_seconds / STEPS
        self._rests_until = 0.0  # loop time; 0: it was never told to

    @property
    def limited(self) -> bool:
        return bool(self.domains)

    @property
    def windows(self) -> list[Window]:
        return self._moments.windows if self._moments is not None else []

    def per_second(self) -> float:
        """Its own even pace; 0 when there is none."""
        return self._moments.per_second() if self._moments is not None else 0.0

    def rests(self, now: float) -> bool:
        """Whether nothing goes at all."""
        return now < self._rests_until

    def rested_before(self, until: float) -> bool:
        """Whether it does not know yet that it rests until then (a second aside: clocks differ)."""
        return self._rests_until < until - 1.0

    @property
    def has_more(self) -> bool:
        """Whether there are rows in hand, or may be some to lease."""
        return bool(self.rows) or self.leasing or not self.dry

    def rest(self, until: float) -> None:
        """Nothing goes until then, and little after it."""
        self._rests_until = until

    def has_room(self, now: float) -> bool:
        """Whether one more message may be on its way."""
        if not self.domains:
            return True
        if self.rests(now):
            return False
        allowed = self._connections or self.in_flight + 1
        if self._rests_until:
            allowed = min(allowed, 1 + int((now - self._rests_until) / self._step_seconds))
        return self.in_flight < allowed

    def take(self) -> float | None:
        """A moment at which its next message may go, as far as it is concerned; None: not yet."""
        return self._moments.take() if self._moments is not None else AT_ONCE

    def put_back(self, moment: float) -> None:
        """The moment was not used."""
        if self._moments is not None:
            self._moments.put_back(moment)

    def refill(self) -> None:
        """Reserve more moments when few are left."""
        if self._moments is not None:
            self._moments.refill()

    def give_back(self) -> None:
        """Return moments that were reserved and not used."""
        if self._moments is not None:
            self._moments.give_back()


def domain_of(address: str) -> str:
    """The domain that a message goes to, as lanes are named."""
    return address.rpartition("@")[2].lower()
