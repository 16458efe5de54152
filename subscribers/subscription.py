"""The state of a subscription and every event that may change it, in one table. No clock, no database here.

Laws: nobody becomes subscribed without a confirmation, an operator or an import that answers for it; nobody who is
subscribed is set back by a stranger's request; nobody who left comes back by an import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from subscribers.consent import Event


class SubscriptionState(StrEnum):
    """Where a person stands with one newsletter. ``None`` in its place: there is no subscription."""

    PENDING = "pending"  # asked for, not proved
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The event does not apply; ``reason`` completes "… because the person …"."""

    reason: str


S, E = SubscriptionState, Event
_THERE: Final = Refusal("is there already")
_LEFT: Final = Refusal("has unsubscribed; only the person can undo that")
_NOBODY: Final = Refusal("has no subscription")
_UNASKED: Final = Refusal("has not asked again since")

_Row = Mapping[SubscriptionState | None, SubscriptionState | Refusal | None]
CHANGES: Final[Mapping[Event, _Row]] = MappingProxyType(
    {
        E.REQUESTED: {
            None: S.PENDING,
            S.PENDING: S.PENDING,
            S.SUBSCRIBED: S.SUBSCRIBED,
            S.UNSUBSCRIBED: S.PENDING,
        },
        E.CONFIRMED: {
            None: _NOBODY,
            S.PENDING: S.SUBSCRIBED,
            S.SUBSCRIBED: S.SUBSCRIBED,
            S.UNSUBSCRIBED: _UNASKED,
        },
        E.ADDED: {None: S.SUBSCRIBED, S.PENDING: S.SUBSCRIBED, S.SUBSCRIBED: _THERE, S.UNSUBSCRIBED: _LEFT},
        E.IMPORTED: {None: S.SUBSCRIBED, S.PENDING: _THERE, S.SUBSCRIBED: _THERE, S.UNSUBSCRIBED: _LEFT},
        E.IMPORTED_PENDING: {None: S.PENDING, S.PENDING: _THERE, S.SUBSCRIBED: _THERE, S.UNSUBSCRIBED: _LEFT},
        E.IMPORTED_UNSUBSCRIBED: {
            None: S.UNSUBSCRIBED,
            S.PENDING: _THERE,
            S.SUBSCRIBED: _THERE,
            S.UNSUBSCRIBED: _THERE,
        },
        E.UNSUBSCRIBED: {
            None: _NOBODY,
            S.PENDING: S.UNSUBSCRIBED,
            S.SUBSCRIBED: S.UNSUBSCRIBED,
            S.UNSUBSCRIBED: S.UNSUBSCRIBED,
        },
        E.RESUBSCRIBED: {
            None: _NOBODY,
            S.PENDING: Refusal("never confirmed"),
            S.SUBSCRIBED: S.SUBSCRIBED,
            S.UNSUBSCRIBED: S.SUBSCRIBED,
        },
        E.EXPIRED: {None: None, S.PENDING: None, S.SUBSCRIBED: _THERE, S.UNSUBSCRIBED: _LEFT},
    }
)
"""(event, state) → the new state, or why not. Events that are not here leave every state as it is."""


def apply(state: SubscriptionState | None, event: Event) -> SubscriptionState | Refusal | None:
    """What becomes of ``state`` by ``event``: a state, None when the row is to go, or a Refusal."""
    changes = CHANGES.get(event)
    if changes is None:
        return _NOBODY if state is None else state
    return changes[state]
