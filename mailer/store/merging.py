"""What a restored SQLite database takes over from the one that it replaces, so that nobody's wish is lost.

Laws: suppressions, goodbyes and erasures only ever grow; what the replaced ledger knows of a delivery is believed;
where nobody knows, a row that may have been sent is held for a person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, TextClause, and_, case, func, or_, select, text, update

from mailer.store.ledger import UNKNOWN_ATTEMPTS
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import DeliveryRow, IssueRow, WorkerRow
from subscribers.outbox import NEVER
from subscribers.tables import OutboxRow

OPEN: Final = ("queued", "leased", "sending", "deferred")
_SUPPRESSIONS: Final = """
INSERT OR IGNORE INTO suppression (address_hash, newsletter, reason, detail, at)
SELECT address_hash, newsletter, reason, detail, at FROM old.suppression"""
_ASKED: Final = "INSERT OR IGNORE INTO asked SELECT address_hash, newsletter, at FROM old.asked"
_STRANGERS: Final = """
INSERT OR IGNORE INTO subscriber (address, address_key, address_hash, created_at)
SELECT address, address_key, address_hash, created_at FROM old.subscriber AS person
WHERE EXISTS (SELECT 1 FROM old.subscription WHERE subscriber_id = person.id AND state = 'unsubscribed')"""
_PAIRS: Final = """
CREATE TEMPORARY TABLE departed AS
SELECT theirs.id AS old_id, mine.id AS subscriber_id, theirs.newsletter, theirs.language, theirs.since,
       theirs.source, theirs.created_at
FROM old.subscription AS theirs
JOIN old.subscriber AS person ON person.id = theirs.subscriber_id
JOIN main.subscriber AS mine ON mine.address_key = person.address_key
LEFT JOIN main.subscription AS here ON here.subscriber_id = mine.id AND here.newsletter = theirs.newsletter
WHERE theirs.state = 'unsubscribed' AND (here.id IS NULL OR here.state <> 'unsubscribed')"""
_GOODBYES: Final = """
INSERT INTO subscription (subscriber_id, newsletter, state, language, since, source, created_at)
SELECT subscriber_id, newsletter, 'unsubscribed', language, since, source, created_at FROM departed WHERE true
ON CONFLICT (subscriber_id, newsletter) DO UPDATE SET state = 'unsubscribed', since = excluded.since"""
_HISTORIES: Final = """
INSERT INTO consent (subscription_id, event, at, evidence)
SELECT here.id, told.event, told.at, told.evidence
FROM departed
JOIN main.subscription AS here
  ON here.subscriber_id = departed.subscriber_id AND here.newsletter = departed.newsletter
JOIN old.consent AS told ON told.subscription_id = departed.old_id
WHERE NOT EXISTS (SELECT 1 FROM main.consent AS mine
                  WHERE mine.subscription_id = here.id AND mine.event = told.event AND mine.at = told.at)
ORDER BY told.id"""
_SHARED: Final = """
SELECT mine.id FROM main.issue AS mine
JOIN old.issue AS theirs ON theirs.id = mine.id AND theirs.newsletter = mine.newsletter AND theirs.slug = mine.slug
WHERE mine.created_at = theirs.created_at"""
_LEDGER: Final = f"""
UPDATE delivery SET (state, attempts, next_attempt_at, code, enhanced_code, reply, first_attempt_at, at) = (
  SELECT state, attempts, next_attempt_at, code, enhanced_code, reply, first_attempt_at, at
  FROM old.delivery AS theirs WHERE theirs.id = delivery.id)
WHERE issue_id IN ({_SHARED})
  AND EXISTS (SELECT 1 FROM old.delivery AS theirs WHERE theirs.id = delivery.id AND
              theirs.issue_id = delivery.issue_id AND theirs.subscription_id IS delivery.subscription_id)"""  # noqa: S608 -- no value in it
_ISSUES: Final = f"""
UPDATE issue SET (state, reason, started_at, finished_at) = (
  SELECT state, reason, started_at, finished_at FROM old.issue AS theirs WHERE theirs.id = issue.id)
WHERE id IN ({_SHARED})"""  # noqa: S608 -- no value in it
_SAME_NOTICE: Final = """
SELECT 1 FROM old.outbox AS theirs
WHERE theirs.id = outbox.id AND theirs.kind = outbox.kind AND theirs.address = outbox.address
  AND theirs.created_at = outbox.created_at"""
_NOTICES: Final = f"""
UPDATE outbox SET (sent_at, next_attempt_at, attempts, error) = (
  SELECT sent_at, next_attempt_at, attempts, error FROM old.outbox AS theirs WHERE theirs.id = outbox.id)
WHERE sent_at IS NULL AND EXISTS ({_SAME_NOTICE})"""  # noqa: S608 -- no value in it
_UNKNOWN_HERE: Final = """
SELECT newsletter, slug, audience FROM old.issue AS theirs WHERE NOT EXISTS (
  SELECT 1 FROM main.issue AS mine WHERE mine.newsletter = theirs.newsletter AND mine.slug = theirs.slug)
  AND EXISTS (SELECT 1 FROM old.delivery WHERE issue_id = theirs.id AND (attempts > 0 OR state <> 'queued'))"""


def keep_wishes(connection: Connection) -> tuple[int, int]:
    """Take suppressions and goodbyes over from the attached database ``old``; how many of each are new."""
    suppressions = connection.execute(text(_SUPPRESSIONS)).rowcount
    connection.execute(text(_ASKED))
    connection.execute(text(_STRANGERS))
    connection.execute(text(_PAIRS))
    goodbyes = connection.execute(text(_GOODBYES)).rowcount
    connection.execute(text(_HISTORIES))
    connection.execute(text("DROP TABLE departed"))
    return suppressions, goodbyes


def keep_ledger(connection: Connection) -> set[int]:
    """Take over from ``old`` what it knows of deliveries and notices; the ids of the issues that it knows."""
    shared = set(connection.scalars(text(_SHARED)))
    connection.execute(text(_LEDGER))
    connection.execute(text(_ISSUES))
    connection.execute(text(_NOTICES))
    return shared


def issues_of_old(connection: Connection) -> list[tuple[str, str, int]]:
    """(newsletter, slug, audience) of issues that ``old`` has begun and this database does not know."""
    return [(row.newsletter, row.slug, row.audience) for row in connection.execute(text(_UNKNOWN_HERE))]


def release_leases(connection: Connection, now: datetime) -> None:
    """No process of the time of the backup works on: what they held waits to be recovered."""
    held = DeliveryRow.lease.is_not(None)
    connection.execute(update(DeliveryRow).where(held).values(lease=None))
    connection.execute(update(WorkerRow).where(WorkerRow.ended_at.is_(None)).values(ended_at=now))


def open_issues(connection: Connection) -> list[tuple[int, str, str, int]]:
    """(id, newsletter, slug, open rows) of every issue with something left to send."""
    rows = connection.execute(
        select(IssueRow.id, IssueRow.newsletter, IssueRow.slug, func.count())
        .join(DeliveryRow, DeliveryRow.issue_id == IssueRow.id)
        .where(_may_be_sent())
        .group_by(IssueRow.id, IssueRow.newsletter, IssueRow.slug)
        .order_by(IssueRow.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def hold(connection: Connection, issue_id: int, reason: str, now: datetime) -> int:
    """Let nobody of this issue be written to before a person decides; how many rows are held."""
    attempts = DeliveryRow.attempts
    held = connection.execute(
        update(DeliveryRow)
        .where(DeliveryRow.issue_id == issue_id, _may_be_sent())
        .values(
            state=DeliveryState.UNKNOWN.value,
            lease=None,
            next_attempt_at=None,
            attempts=case((attempts > UNKNOWN_ATTEMPTS, attempts), else_=UNKNOWN_ATTEMPTS),  # never by itself
            reply=reason,
            at=now,
        )
    ).rowcount
    running = [SendingState.SENDING.value, SendingState.SCHEDULED.value, SendingState.PAUSED.value]
    connection.execute(
        update(IssueRow)
        .where(IssueRow.id == issue_id, IssueRow.state.in_(running))
        .values(state=SendingState.FINISHED.value, finished_at=now, reason=reason)
    )
    return held


def give_up_notices(connection: Connection, reason: str, now: datetime, *, old_knows: bool) -> int:
    """Send none of the notices that were due and may have gone out since the backup; how many.

    With ``old_knows`` those that the attached database ``old`` still has are as it says.
    """
    doubtful: list[ColumnElement[bool] | TextClause] = [
        OutboxRow.sent_at.is_(None),
        OutboxRow.next_attempt_at <= now,
    ]
    if old_knows:
        doubtful.append(text(f"NOT EXISTS ({_SAME_NOTICE})"))
    return connection.execute(
        update(OutboxRow).where(*doubtful).values(next_attempt_at=NEVER, error=reason)
    ).rowcount


def erased_people(connection: Connection) -> list[tuple[str, str]]:
    """(key, hash) of people who are there although they were erased."""
    rows = connection.execute(
        text(
            "SELECT address_key, address_hash FROM subscriber WHERE address_hash IN "
            "(SELECT address_hash FROM suppression WHERE reason = 'erased' AND newsletter = '')"
        )
    )
    return [(row.address_key, row.address_hash) for row in rows]


def _may_be_sent() -> ColumnElement[bool]:
    waits = and_(DeliveryRow.state == DeliveryState.UNKNOWN.value, DeliveryRow.attempts < UNKNOWN_ATTEMPTS)
    return or_(DeliveryRow.state.in_(OPEN), waits)
