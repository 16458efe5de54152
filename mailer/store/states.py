"""Every state of a delivery and every change that is allowed, in one table. No clock, no database here.

queued + leased + sending + accepted + deferred + refused + unknown + skipped = audience, always.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DeliveryState(StrEnum):
    """Where a delivery stands in the ledger."""

    QUEUED = "queued"  # planned, nobody works on it
    LEASED = "leased"  # a worker has it in a batch
    SENDING = "sending"  # durable intent: its body may be handed over at any moment
    ACCEPTED = "accepted"  # the server took responsibility (250 to the final dot)
    DEFERRED = "deferred"  # 4xx: try again at next_attempt_at
    REFUSED = "refused"  # 5xx, or given up
    UNKNOWN = "unknown"  # the body was handed over, the answer is lost
    SKIPPED = "skipped"  # unsubscribed, suppressed or cancelled before it was sent


S = DeliveryState
CHANGES: Final = MappingProxyType(
    {
        S.QUEUED: frozenset({S.LEASED, S.SKIPPED}),
        S.LEASED: frozenset({S.SENDING, S.QUEUED, S.DEFERRED, S.SKIPPED, S.REFUSED}),
        S.SENDING: frozenset({S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN, S.QUEUED}),
        S.DEFERRED: frozenset({S.LEASED, S.QUEUED, S.REFUSED, S.SKIPPED}),
        S.UNKNOWN: frozenset({S.QUEUED, S.ACCEPTED, S.SKIPPED}),
        S.REFUSED: frozenset({S.QUEUED}),  # only by hand: mailer retry --only refused
        S.SKIPPED: frozenset({S.QUEUED}),
        S.ACCEPTED: frozenset(),
    }
)
OPEN: Final = frozenset({S.QUEUED, S.LEASED, S.SENDING, S.DEFERRED})
"""States in which the engine still has work to do."""


class SendingState(StrEnum):
    """Where the sending of one issue stands."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"  # nothing open is left
