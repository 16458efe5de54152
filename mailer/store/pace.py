"""How much of a sending limit is used up: shared by all workers, kept over restarts. ``now`` is an argument.

Law: what is reserved here is used up, whether it is then sent or not, so a limit is never passed; what a worker
reserves ahead is small, so that little is lost when it dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mailer.store.tables import PaceRow

EVEN: Final = 0
"""``window_seconds`` of the row that tells when the next message of an even pace may go (in ``used``)."""
ANCHOR: Final = 0
"""``slot`` of the row that is written first in each reservation: whoever holds it has the scope for themselves."""
REST: Final = -1
"""``window_seconds`` of the row that tells until when nothing goes at all (in ``used``)."""
RAMP: Final = -2
"""``window_seconds`` of the rows that tell how far a new sender's ramp is: its slots are ``_DAY``, ``_NUMBER``."""
_DAY: Final = 1  # when the present day of the ramp began, in microseconds
_NUMBER: Final = 2  # how many days were used before it
_USED: Final = 3  # messages of the present day
DAY_US: Final = 86_400_000_000
_FARTHEST_AHEAD_US: Final = 60_000_000
_FARTHEST_AHEAD_MESSAGES: Final = 100
"""An even pace is never reserved so far ahead: if it seems to be, the clock was set back."""


class Ramp(Protocol):
    """How many messages a new sender may send on each of its days."""

    def on_day(self, number: int) -> int:
        """Messages in 24 hours; ``number`` is 0 on the first day."""


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
    ramp: Ramp | None = None,
) -> Reservation:
    """Reserve up to ``wanted`` messages under an even pace (``interval_us`` 0: none) and all quotas.

    An even pace that stood still (a restart, a stall) may make up for ``catch_up_us`` of that time, not for more.
    A ramp is one more quota, of 24 hours, that grows (``_ramp_quota``).
    Runs in the caller's transaction, which serialises all workers of the scope by its first write.
    """
    next_free_us = _lock(connection, scope)
    granted = wanted
    retry_at_us = 0
    asked = [(scope, quota) for quota in quotas]
    if ramp is not None:
        asked.append((ramp_scope(scope), _ramp_quota(connection, ramp_scope(scope), ramp, now_us)))
    for whose, quota in asked:
        free, free_at_us = _free(connection, whose, quota, now_us)
        granted = min(granted, free)
        if free <= 0:
            retry_at_us = max(retry_at_us, free_at_us)
    if granted <= 0:
        return Reservation((), retry_at_us)
    for whose, quota in asked:
        _use(connection, whose, quota, granted, now_us)
    if ramp is not None:
        _add(connection, ramp_scope(scope), RAMP, _USED, granted)
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
    ramp: Ramp | None = None,
) -> None:
    """Return what was reserved and not used: under quotas so many messages, of the even pace the time between the
    two moments, unless somebody has reserved beyond it meanwhile.
    """
    if not free_until_us and (unused <= 0 or not (quotas or ramp)):
        return
    if _lock(connection, scope) == free_until_us:
        connection.execute(update(PaceRow).where(*_row(scope, EVEN, ANCHOR)).values(used=free_from_us))
    for quota in quotas:
        _return(connection, scope, quota.window_us, unused, now_us)
    if ramp is not None:
        _return(connection, ramp_scope(scope), DAY_US, unused, now_us)
        used = _number(connection, ramp_scope(scope), _USED)
        _set(connection, ramp_scope(scope), RAMP, _USED, max(used - unused, 0))


def _return(connection: Connection, scope: str, window_us: int, unused: int, now_us: int) -> None:
    latest = (
        select(PaceRow.slot, PaceRow.used)
        .where(PaceRow.scope == scope, PaceRow.window_seconds == window_us // 1_000_000)
        .where(PaceRow.slot > now_us - window_us)
        .order_by(PaceRow.slot.desc())
    )
    for slot, used in connection.execute(latest).all():
        returned = min(unused, used)
        _add(connection, scope, window_us // 1_000_000, slot, -returned)
        unused -= returned
        if not unused:
            break


def rest(connection: Connection, scope: str, until_us: int) -> None:
    """Nothing goes in this scope until then, whoever sends."""
    _set(connection, scope, REST, ANCHOR, until_us)


def rests(connection: Connection, since_us: int) -> dict[str, int]:
    """Until when each scope rests, or rested, where that is later than ``since_us``."""
    rows = connection.execute(
        select(PaceRow.scope, PaceRow.used).where(PaceRow.window_seconds == REST, PaceRow.used > since_us)
    )
    return {scope: int(until_us) for scope, until_us in rows}


def ramp_scope(scope: str) -> str:
    """Where a scope's ramp is remembered: apart from its daily rates, which may have the same window."""
    return f"ramp:{scope}"


def ramp_day(connection: Connection, scope: str, ramp: Ramp, now_us: int) -> tuple[int, int]:
    """Which day of the ramp a message of now belongs to, from 0, and how many went on that day.

    A day begins with its first message and has 24 hours. The volume grows only after a day of which at least half
    was used: who sends once a week does not arrive at the top by waiting.
    """
    whose = ramp_scope(scope)
    began, number, used = (_number(connection, whose, slot) for slot in (_DAY, _NUMBER, _USED))
    if began and now_us < began + DAY_US:
        return number, used
    return (number + 1 if 2 * used >= ramp.on_day(number) else number) if began else 0, 0


def _ramp_quota(connection: Connection, whose: str, ramp: Ramp, now_us: int) -> Quota:
    number, _ = ramp_day(connection, whose.removeprefix("ramp:"), ramp, now_us)
    began = _number(connection, whose, _DAY)
    if not began or now_us >= began + DAY_US:
        for slot, value in ((_DAY, now_us), (_NUMBER, number), (_USED, 0)):
            _set(connection, whose, RAMP, slot, value)
    return Quota(ramp.on_day(number), DAY_US, DAY_US // 1440)


def _number(connection: Connection, scope: str, slot: int) -> int:
    found = connection.execute(select(PaceRow.used).where(*_row(scope, RAMP, slot))).scalar()
    return int(found or 0)


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


def _set(connection: Connection, scope: str, window_seconds: int, slot: int, value: int) -> None:
    _add(connection, scope, window_seconds, slot, 0)
    connection.execute(update(PaceRow).where(*_row(scope, window_seconds, slot)).values(used=value))


def _row(scope: str, window_seconds: int, slot: int) -> tuple[Any, ...]:
    return PaceRow.scope == scope, PaceRow.window_seconds == window_seconds, PaceRow.slot == slot
