"""The outbox: notices are written here in the transaction that causes them, and taken out by whoever sends.

Laws: a notice is claimed for a while and comes back by itself when its sender dies; nothing that a stranger typed
is in its payload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.engine import Dialect

from subscribers.ready import Ready
from subscribers.tables import OutboxRow

CLAIM_FOR: Final = timedelta(minutes=15)  # longer than any server takes to answer (RFC 5321 section 4.5.3.2.6)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""The next attempt of a notice that was given up, or is not wanted any more."""
KEEP_FOR: Final = timedelta(days=30)
LONGEST_ERROR: Final = 500


class Notice(StrEnum):
    """What a notice is about."""

    CONFIRM = "confirm"  # payload: request (the consent event that it answers)
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    PREFERENCES = "preferences"  # for somebody subscribed who sent the form again
    ADDRESS_CHANGE = "address-change"  # goes to the new address


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that was claimed. ``attempts`` counts this one."""

    id: int
    kind: Notice
    subscription_id: int | None
    address: str
    newsletter: str
    language: str
    payload: Mapping[str, Any]
    created_at: datetime
    attempts: int


def post_notice(
    connection: Connection,
    kind: Notice,
    *,
    subscription_id: int,
    address: str,
    newsletter: str,
    language: str,
    now: datetime,
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Put a notice in the outbox, to go out once the caller's transaction is committed; its id."""
    values: dict[str, object] = {
        "kind": kind.value,
        "subscription_id": subscription_id,
        "address": address,
        "newsletter": newsletter,
        "language": language,
        "payload": dict(payload or {}),
        "now": now,
    }
    ((written,),) = _posting(connection.dialect).execute(connection, values)
    return int(written)


@lru_cache(maxsize=16)
def _posting(dialect: Dialect) -> Ready:
    table: Any = OutboxRow.__table__
    now = bindparam("now", type_=table.c.created_at.type)
    told: dict[str, Any] = {
        name: bindparam(name) for name in ("kind", "subscription_id", "address", "newsletter", "language")
    }
    made = insert(table).values(
        **told,
        payload=bindparam("payload", type_=table.c.payload.type),
        created_at=now,
        next_attempt_at=now,
        attempts=0,
        error="",
    )
    return Ready(made.returning(table.c.id), dialect, returns=True)


def claim(connection: Connection, limit: int, now: datetime) -> list[Waiting]:
    """Take up to ``limit`` notices that are due, oldest first; nobody else gets them for ``CLAIM_FOR``."""
    due = (
        select(OutboxRow.id)
        .where(OutboxRow.sent_at.is_(None), OutboxRow.next_attempt_at <= now)
        .order_by(OutboxRow.next_attempt_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # SQLite has the write lock already and leaves this out
    )
    ids = list(connection.scalars(due))
    if not ids:
        return []
    rows = connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(next_attempt_at=now + CLAIM_FOR, attempts=OutboxRow.attempts + 1)
        .returning(
            OutboxRow.id,
            OutboxRow.kind,
            OutboxRow.subscription_id,
            OutboxRow.address,
            OutboxRow.newsletter,
            OutboxRow.language,
            OutboxRow.payload,
            OutboxRow.created_at,
            OutboxRow.attempts,
        )
    )
    return sorted((Waiting(row.id, Notice(row.kind), *row[2:]) for row in rows), key=lambda waiting: waiting.id)


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether something could be claimed now."""
    due = select(OutboxRow.id).where(OutboxRow.sent_at.is_(None), OutboxRow.next_attempt_at <= now).limit(1)
    return connection.scalar(due) is not None


def sent(connection: Connection, waiting: Waiting, sha256: str, now: datetime) -> None:
    """The server took the notice; ``sha256`` of its bytes is kept for the consent record."""
    payload = {**waiting.payload, "sha256": sha256}
    connection.execute(
        update(OutboxRow).where(OutboxRow.id == waiting.id).values(sent_at=now, payload=payload, error="")
    )


def put_off(connection: Connection, waiting: Waiting, until: datetime, why: str, *, tried: bool = True) -> None:
    """Try again at ``until`` (``NEVER``: given up). ``tried`` is False when the server was not even asked."""
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == waiting.id, OutboxRow.sent_at.is_(None))
        .values(next_attempt_at=until, error=why[:LONGEST_ERROR], attempts=waiting.attempts - (0 if tried else 1))
    )


def give_back(connection: Connection, waiting: Sequence[Waiting], now: datetime) -> None:
    """Return what was claimed and not tried, to go at once."""
    for one in waiting:
        put_off(connection, one, now, "", tried=False)


def sha256_of_sent(connection: Connection, subscription_id: int, kind: Notice) -> str:
    """The hash of the last notice of that kind that was sent to the person, "" when none was."""
    payload = connection.scalar(
        select(OutboxRow.payload)
        .where(
            OutboxRow.subscription_id == subscription_id,
            OutboxRow.kind == kind.value,
            OutboxRow.sent_at.is_not(None),
        )
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return str((payload or {}).get("sha256", ""))


def forget_old(connection: Connection, now: datetime) -> int:
    """Remove what was sent or given up long ago; how many."""
    done = or_(OutboxRow.sent_at.is_not(None), OutboxRow.next_attempt_at >= NEVER)
    return connection.execute(delete(OutboxRow).where(OutboxRow.created_at < now - KEEP_FOR, done)).rowcount
