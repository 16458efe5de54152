"""What only our own export tells of a person: the history before, pauses, suppressions with their reasons.

Law: what was written down elsewhere is written down again as it was, with its own times; the import adds its own
line after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from subscribers.bulk_stage import columns as _s
from subscribers.bulk_stage import written
from subscribers.importing import Row
from subscribers.store import insert_or_leave
from subscribers.tables import ConsentRow, SubscriptionRow, SuppressionRow


def suppress_as_told(connection: Connection, rows: Mapping[int, Row]) -> None:
    """Suppressions of the people in ``rows``, by line; an older reason that is there stays."""
    hashes = (
        _hashes(connection) if any(row.restored and row.restored.suppressions for row in rows.values()) else {}
    )
    told = [
        {"address_hash": hashes[line], "newsletter": newsletter, "reason": reason, "detail": detail, "at": at}
        for line, row in rows.items()
        if row.restored is not None and line in hashes
        for newsletter, reason, detail, at in row.restored.suppressions
    ]
    if told:
        connection.execute(insert_or_leave(connection, SuppressionRow), told)


def bring_back(connection: Connection, rows: Mapping[int, Row]) -> None:
    """Histories, pauses and wishes of those of ``rows`` that are still in the stage and were written."""
    if not rows:
        return
    histories: list[dict[str, Any]] = []
    wishes: list[dict[str, Any]] = []
    for line, subscription_id in connection.execute(written()):
        restored = rows[line].restored if line in rows else None
        if restored is None:
            continue
        if restored.paused_until is not None or restored.waits:
            wishes.append(
                {"whose": subscription_id, "until": restored.paused_until, "rather_late": restored.waits}
            )
        histories.extend(
            {"subscription_id": subscription_id, "event": event.value, "at": at, "evidence": dict(evidence)}
            for event, at, evidence in restored.history
        )
    if histories:
        connection.execute(insert(ConsentRow), histories)
    if wishes:
        connection.execute(
            update(SubscriptionRow.__table__)  # type: ignore[arg-type]  # a Table; the ORM would want primary keys
            .where(SubscriptionRow.id == bindparam("whose"))
            .values(paused_until=bindparam("until"), waits=bindparam("rather_late")),
            wishes,
        )


def _hashes(connection: Connection) -> dict[int, str]:
    return {row.line: row.address_hash for row in connection.execute(select(_s.line, _s.address_hash))}
