"""From what happened on the wire to the row's next state: who waits how long, who is given up. ``now`` is given.

Law: a row is counted as tried when the server said something about it or its connection broke under it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mailer.delivery.replies import Meaning, Reply
from mailer.newsletter import OnUnknown
from mailer.store.leasing import Leased
from mailer.store.ledger import UNKNOWN_ATTEMPTS
from mailer.store.recording import Result
from mailer.store.states import DeliveryState as S

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(days=4)
BREAKS_AT_ONCE: Final = 3
"""A row whose connection breaks so often before its body is deferred: it may be the row that breaks them."""


def wait_before_next(row: Leased, now: datetime) -> timedelta:
    """As long again as it has been tried already, from five minutes to four hours: that doubles each time."""
    tried_for = now - row.first_attempt_at if row.first_attempt_at else timedelta(0)
    return min(max(tried_for, FIRST_WAIT), LONGEST_WAIT)


def accepted(row: Leased, reply: Reply) -> Result:
    """The server has taken the message."""
    return Result(row.delivery_id, S.ACCEPTED, reply.code, reply.enhanced_code, reply.words)


def from_reply(
    row: Leased, reply: Reply, meaning: Meaning, now: datetime, *, rest: timedelta = timedelta(0)
) -> Result:
    """The result of a reply that settles the row for now, and is not the hoped-for one; ``rest``: not before so
    long."""
    again = meaning is Meaning.SENDER and row.attempts > 0  # the others go first: it may be about this one
    if meaning in {Meaning.DEFERRED, Meaning.SLOWER, Meaning.DOUBTED, Meaning.REST} or again:
        return _later(row, reply.code, reply.enhanced_code, reply.words, now, rest)
    return Result(
        row.delivery_id,
        S.QUEUED if meaning is Meaning.SENDER else S.REFUSED,
        code=reply.code,
        enhanced_code=reply.enhanced_code,
        reply=reply.words,
        address_fault=meaning is Meaning.ADDRESS,
    )


def doubtful(row: Leased, *, accepted_here: bool, accepted_before: bool) -> Meaning:
    """What a refusal means that may be the sender's fault: of a row that was tried before, it is its own affair.

    Once others accept, the second time settles it; while nobody else is asked in this run, the third.
    """
    if (row.attempts >= 1 and accepted_here) or (row.attempts >= 2 and accepted_before):
        return Meaning.REFUSED
    return Meaning.DOUBTED


def _later(
    row: Leased, code: int | None, enhanced_code: str, words: str, now: datetime, rest: timedelta = timedelta(0)
) -> Result:
    if row.first_attempt_at is not None and now - row.first_attempt_at >= GIVE_UP_AFTER:
        days = GIVE_UP_AFTER.days
        return Result(row.delivery_id, S.REFUSED, code, enhanced_code, f"given up after {days} days: {words}")
    due = now + max(wait_before_next(row, now), rest)
    return Result(row.delivery_id, S.DEFERRED, code, enhanced_code, words, next_attempt_at=due)


def broken_off(row: Leased, why: str, now: datetime) -> Result:
    """The connection broke before the body was handed over: the row goes again, at once unless it often does."""
    if row.attempts + 1 >= BREAKS_AT_ONCE:
        return _later(row, None, "", why, now)
    return Result(row.delivery_id, S.QUEUED, reply=why)


def not_tried(row: Leased) -> Result:
    """The row goes back as it was."""
    return Result(row.delivery_id, S.QUEUED, attempt=False)


def unanswered(row: Leased, why: str, policy: OnUnknown, now: datetime) -> Result:
    """The body was handed over and nothing came back. ``resend``: the first time at once, then ever later."""
    due = None
    if policy is OnUnknown.RESEND and row.attempts + 1 < UNKNOWN_ATTEMPTS:
        due = now if row.attempts == 0 else now + wait_before_next(row, now)
    return Result(row.delivery_id, S.UNKNOWN, reply=why, next_attempt_at=due)


def cannot_be_written_to(row: Leased, reason: str) -> Result:
    """Refused by ourselves, before the server was asked."""
    return Result(row.delivery_id, S.REFUSED, reply=reason)
