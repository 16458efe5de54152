"""How much of a sending limit is used up: shared by all workers, kept over restarts. ``now`` is an argument.

Law: what is reserved here is used up, whether it is then sent or not, so a limit is never passed; what a worker
reserves ahead is small, so that little is lost when it dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.store.tables import PaceRow

EVEN: Final = 0
"""``window_seconds`` of the row that tells when the next message of an even pace may go (in ``used``)."""
ANCHOR: Final = 0
"""``slot`` of the row that is written first in each reservation: whoever holds it has the scope for themselves."""
_FARTHEST_AHEAD_US: Final = 60_000_000
_FARTHEST_AHEAD_MESSAGES: Final = 100
"""An even pace is never reserved so far ahead: if it seems to be, the clock was set back."""


@dataclass(frozen=True, slots=True)
class Quota:
    """At most ``count`` messages in any ``window_us``: an exact sliding log, run-length coded in granules."""

    count: int
    window_us: int
    granule_us: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Moments (microseconds since 1970) at which one message each may go; or when to ask again."""

    slots_us: tuple[int, ...]
    retry_at_us: int = 0


def reserve(
    connection: Connection,
    scope: str,
    interval_us: int,
    quotas: Sequence[Quota],
    wanted: int,
    now_us: int,
    *,
    catch_up_us: int = 0,
) -> Reservation:
    """Reserve up to ``wanted`` messages under an even pace (``interval_us`` 0: none) and all quotas.

    An even pace that stood still (a restart, a stall) may make up for ``catch_up_us`` of that time, not for more.
    Runs in the caller's transaction, which serialises all workers of the scope by its first write.
    """
    next_free_us = _lock(connection, scope)
    granted = wanted
    retry_at_us = 0
    for quota in quotas:
        free, free_at_us = _free(connection, scope, quota, now_us)
        granted = min(granted, free)
        if free <= 0:
            retry_at_us = max(retry_at_us, free_at_us)
    if granted <= 0:
        return Reservation((), retry_at_us)
    for quota in quotas:
        _use(connection, scope, quota, granted, now_us)
    if not interval_us:
        return Reservation((now_us,) * granted)
    if next_free_us > now_us + _FARTHEST_AHEAD_US + _FARTHEST_AHEAD_MESSAGES * interval_us:
        next_free_us = now_us + interval_us
    first_us = max(next_free_us, now_us - catch_up_us)
    connection.execute(
        update(PaceRow).where(*_row(scope, EVEN, ANCHOR)).values(used=first_us + granted * interval_us)
    )
    return Reservation(tuple(first_us + index * interval_us for index in range(granted)))


def give_back(
    connection: Connection,
    scope: str,
    quotas: Sequence[Quota],
    unused: int,
    now_us: int,
    *,
    free_from_us: int = 0,
    free_until_us: int = 0,
) -> None:
    """Return what was reserved and not used: under quotas so many messages, of the even pace the time between the
    two moments, unless somebody has reserved beyond it meanwhile.
    """
    if not free_until_us and (unused <= 0 or not quotas):
        return
    if _lock(connection, scope) == free_until_us:
        connection.execute(update(PaceRow).where(*_row(scope, EVEN, ANCHOR)).values(used=free_from_us))
    for quota in quotas:
        left = unused
        latest = (
            select(PaceRow.slot, PaceRow.used)
            .where(PaceRow.scope == scope, PaceRow.window_seconds == quota.window_us // 1_000_000)
            .where(PaceRow.slot > now_us - quota.window_us)
            .order_by(PaceRow.slot.desc())
        )
        for slot, used in connection.execute(latest).all():
            returned = min(left, used)
            _add(connection, scope, quota.window_us // 1_000_000, slot, -returned)
            left -= returned
            if not left:
                break


def _lock(connection: Connection, scope: str) -> int:
    """Take the scope for this transaction; returns when the even pace is next free, in microseconds."""
    touched = update(PaceRow).where(*_row(scope, EVEN, ANCHOR)).values(used=PaceRow.used).returning(PaceRow.used)
    used = connection.execute(touched).scalar()
    if used is None:
        _add(connection, scope, EVEN, ANCHOR, 0)
        used = connection.execute(touched).scalar_one()
    return int(used)


def _free(connection: Connection, scope: str, quota: Quota, now_us: int) -> tuple[int, int]:
    """How many messages the quota still allows now, and when the oldest that it remembers is forgotten."""
    window = quota.window_us // 1_000_000
    remembered_us = quota.window_us + 4 * quota.granule_us  # reserved, and handed over up to three granules later
    forgotten = now_us - remembered_us
    mine = (PaceRow.scope == scope, PaceRow.window_seconds == window)
    connection.execute(delete(PaceRow).where(*mine, PaceRow.slot <= forgotten))
    used, oldest = connection.execute(
        select(func.coalesce(func.sum(PaceRow.used), 0), func.min(PaceRow.slot)).where(*mine, PaceRow.used > 0)
    ).one()
    return quota.count - int(used), (int(oldest) if oldest is not None else now_us) + remembered_us


def _use(connection: Connection, scope: str, quota: Quota, count: int, now_us: int) -> None:
    slot = now_us - now_us % quota.granule_us
    _add(connection, scope, quota.window_us // 1_000_000, slot, count)


def _add(connection: Connection, scope: str, window_seconds: int, slot: int, count: int) -> None:
    make: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[connection.dialect.name]
    statement = make(PaceRow.__table__).values(scope=scope, window_seconds=window_seconds, slot=slot, used=count)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["scope", "window_seconds", "slot"],
            set_={"used": PaceRow.__table__.c.used + count},
        )
    )


def _row(scope: str, window_seconds: int, slot: int) -> tuple[Any, ...]:
    return PaceRow.scope == scope, PaceRow.window_seconds == window_seconds, PaceRow.slot == slot
