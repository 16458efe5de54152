"""The values that cross into and out of the engine: what to send, how far it is, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Engine

from mailer.newsletter import OnUnknown
from mailer.settings import Rate, SmtpSettings
from mailer.store.leasing import Leased
from mailer.store.states import OPEN, DeliveryState

__all__ = [
    "Ending",
    "Leased",
    "Outcome",
    "Outgoing",
    "Progress",
    "Refused",
    "Sending",
    "StopSignal",
    "server_scope",
]


@dataclass(slots=True)  # (what is made for each message is nowhere frozen: that takes three times as long)
class Outgoing:
    """One message as it goes over the wire; nobody changes it.

    ``pieces`` are, joined, the message in wire form: CRLF line ends, dot-stuffed, ending with CRLF, without the
    final dot. Addresses are bare (no angle brackets) and without controls; IDN domains are punycode.
    """

    mail_from: str
    rcpt_to: str
    pieces: Sequence[bytes]
    size_bytes: int
    smtputf8: bool = False  # an address has a non-ASCII local part: RFC 6531 is needed


class Refused(Exception):
    """This person cannot be written to; ``reason`` is a sentence for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def server_scope(smtp: SmtpSettings) -> str:
    """Where the limits of a server are remembered."""
    return f"smtp:{smtp.host}:{smtp.port}"


Compose = Callable[[Leased], Outgoing]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Sending:
    """Everything that one call of the engine needs."""

    database: Engine
    issue_id: int
    smtp: SmtpSettings
    compose: Compose  # called for each attempt: it must not block, and with ``composers`` be safe on threads
    on_unknown: OnUnknown = OnUnknown.RESEND
    rates: tuple[Rate, ...] | None = None  # None: those of smtp
    connections: int | None = None  # None: those of smtp
    scope: str = ""  # whose limits these are; "": the server's, shared by all that send through it
    final_timeout_seconds: float = 600.0  # RFC 5321 §4.5.3.2.6: ten minutes for the answer to the final dot
    idle_seconds: float = 20.0  # a connection without work is closed after this time
    patience_seconds: float = 300.0  # how long a server that went away in the middle is tried again
    pipelining: bool = True  # use it where the server offers it
    composers: int = 0  # threads that compose ahead, where a message takes long to sign; 0: the event loop's
    rest_seconds: float = 600.0  # how long a domain is left alone that complains about the volume (4.7.28)
    now: Callable[[], datetime] = utc_now

    @property
    def limits_scope(self) -> str:
        return self.scope or server_scope(self.smtp)


class Ending(StrEnum):
    """Why the engine returned."""

    DONE = "done"  # nothing is left that could be sent
    LATER = "later"  # rows are left that are due later, or that another worker has
    PAUSED = "paused"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # SIGTERM, Ctrl-C


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call of the engine ended. ``counts`` are the ledger's, over all workers."""

    ending: Ending
    counts: Mapping[DeliveryState, int]
    reason: str = ""  # why it was paused or cancelled, a sentence for a person
    due_at: datetime | None = None  # when the next row that is left may go
    sent: int = 0  # accepted messages of this call
    seconds: float = 0.0
    closed_until: datetime | None = None  # outside the delivery hours: nothing goes before that

    @property
    def left(self) -> int:
        """Rows that are not settled: open ones, and unknown ones that wait to be sent again or for a person."""
        return sum(self.counts[state] for state in OPEN) + self.counts[DeliveryState.UNKNOWN]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the sending is: counts of the whole ledger as this worker knows them."""

    counts: Mapping[DeliveryState, int]
    rate_per_second: float  # of the last seconds
    finish_at: datetime | None  # None: not known yet
    connections: int = 0  # open ones

    @property
    def audience(self) -> int:
        return sum(self.counts.values())


@dataclass(slots=True)
class StopSignal:
    """The wish to stop: asked once, messages in flight are finished; asked twice, connections are dropped."""

    level: int = 0
    _listeners: list[Callable[[], None]] = field(default_factory=list)

    def request(self) -> None:
        """Ask to stop. Call it on the event loop's thread (``loop.add_signal_handler`` does)."""
        self.level += 1
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` at each request; at once when one was made before."""
        self._listeners.append(listener)
        if self.level:
            listener()

    def unlisten(self, listener: Callable[[], None]) -> None:
        """Stop calling ``listener``."""
        if listener in self._listeners:
            self._listeners.remove(listener)
