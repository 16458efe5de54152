"""The ledger of one issue summed up: by language, domain, time and reply; what came back; who left because of it.

Law: the database does the summing. What comes out has as many rows as a page shows, whatever the audience; replies
alone are read one by one, because every server words them differently, and kept as a bounded number of groups.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, and_, case, cast, extract, func, select

from mailer.store.states import DeliveryState
from mailer.store.tables import BounceRow, DeliveryRow, EditionRow, IssueRow
from subscribers.consent import Event
from subscribers.tables import ConsentRow, SubscriptionRow

S = DeliveryState
SETTLED: Final = (S.ACCEPTED.value, S.DEFERRED.value, S.REFUSED.value, S.UNKNOWN.value)
"""States that a delivery enters when a server answered, or failed to."""
TROUBLED: Final = (S.DEFERRED.value, S.REFUSED.value, S.UNKNOWN.value)
MOST_GROUPS: Final = 500  # of replies that are told apart while reading
WORDS_OF_REPLY: Final = 160
LONGEST_REPLY: Final = 1_000  # characters that are looked at: what comes after them is boilerplate

Counts = Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class Group:
    """A language or a domain and the deliveries to it, by state; those that are 0 are there too."""

    name: str
    counts: Counts

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Moment:
    """What was answered in one step of time, from ``begins`` on."""

    begins: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class ReplyGroup:
    """Deliveries whose server said the same, but for names and numbers. ``code`` is None without an answer."""

    state: DeliveryState
    code: int | None
    enhanced_code: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """One delivery that did not go well."""

    at: datetime | None
    domain: str
    state: DeliveryState
    words: str


@dataclass(frozen=True, slots=True)
class Times:
    """When an issue was planned, begun and finished, in UTC."""

    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def times_of(connection: Connection, issue_id: int) -> Times:
    row = connection.execute(
        select(IssueRow.created_at, IssueRow.started_at, IssueRow.finished_at).where(IssueRow.id == issue_id)
    ).one()
    return Times(row.created_at, row.started_at, row.finished_at)


def by_language(connection: Connection, issue_id: int) -> list[Group]:
    """The deliveries of each edition, the largest first; their sum is the audience."""
    name = EditionRow.language
    statement = (
        select(name, *_per_state())
        .join_from(DeliveryRow, EditionRow, EditionRow.id == DeliveryRow.edition_id)
        .where(DeliveryRow.issue_id == issue_id)
        .group_by(name)
        .order_by(func.count().desc(), name)
    )
    return [_group(row) for row in connection.execute(statement)]


def by_domain(connection: Connection, issue_id: int, most: int) -> list[Group]:
    """The ``most`` domains with the most people, the largest first."""
    name = _domain(connection)
    statement = (
        select(name, *_per_state())
        .where(DeliveryRow.issue_id == issue_id)
        .group_by(name)
        .order_by(func.count().desc(), name)
        .limit(most)
    )
    return [_group(row) for row in connection.execute(statement)]


def _domain(connection: Connection) -> ColumnElement[str]:
    address = DeliveryRow.address
    if connection.dialect.name == "postgresql":
        return func.lower(func.split_part(address, "@", 2))
    return func.lower(func.substr(address, func.instr(address, "@") + 1))


def _per_state() -> list[ColumnElement[int]]:
    return [func.sum(case((DeliveryRow.state == state.value, 1), else_=0)) for state in S]


def _group(row: Sequence[object]) -> Group:
    return Group(str(row[0]), {state: int(str(count)) for state, count in zip(S, row[1:], strict=True)})


def span_of(connection: Connection, issue_id: int, share: float = 1.0) -> tuple[datetime, datetime] | None:
    """From the first answer of a server to the one by which ``share`` of all had come; None before the first."""
    answered = and_(DeliveryRow.issue_id == issue_id, DeliveryRow.state.in_(SETTLED), DeliveryRow.at.is_not(None))
    count, first, last = connection.execute(
        select(func.count(), func.min(DeliveryRow.at), func.max(DeliveryRow.at)).where(answered)
    ).one()
    if first is None or last is None:
        return None
    if share < 1:
        offset = max(0, min(count - 1, int(count * share)))
        last = connection.scalar(
            select(DeliveryRow.at).where(answered).order_by(DeliveryRow.at).offset(offset).limit(1)
        )
    return first, last or first


def over_time(connection: Connection, issue_id: int, begins: datetime, step: timedelta) -> list[Moment]:
    """What was answered in each ``step`` from ``begins`` on (whole seconds), without the empty steps."""
    seconds, start = int(step.total_seconds()), int(begins.timestamp())
    number = cast((_epoch(connection) - start) / seconds, Integer).label("number")
    if connection.dialect.name == "postgresql":
        number = cast(func.floor((_epoch(connection) - start) / seconds), Integer).label("number")
    statement = (
        select(number, *_per_state())
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state.in_(SETTLED), DeliveryRow.at.is_not(None))
        .group_by(number)
        .order_by(number)
    )
    return [
        Moment(datetime.fromtimestamp(start + int(row[0]) * seconds, UTC), _group(row).counts)
        for row in connection.execute(statement)
    ]


def _epoch(connection: Connection) -> ColumnElement[int]:
    """The time of an answer in whole seconds since 1970."""
    if connection.dialect.name == "postgresql":
        return cast(func.floor(extract("epoch", DeliveryRow.at)), BigInteger)
    return cast(func.strftime("%s", DeliveryRow.at), Integer)


def replies(connection: Connection, issue_id: int) -> list[ReplyGroup]:
    """What servers said when they refused, deferred or did not answer, the most frequent first."""
    statement = (
        select(DeliveryRow.state, DeliveryRow.code, DeliveryRow.enhanced_code, DeliveryRow.reply, func.count())
        .where(DeliveryRow.issue_id == issue_id, DeliveryRow.state.in_(TROUBLED), DeliveryRow.attempts > 0)
        .group_by(DeliveryRow.state, DeliveryRow.code, DeliveryRow.enhanced_code, DeliveryRow.reply)
        .execution_options(yield_per=1_000)
    )
    found: dict[tuple[str, int | None, str, str], int] = {}
    for state, code, enhanced, reply, count in connection.execute(statement):
        key = (state, code, enhanced, common_words(reply, code, enhanced))
        if key not in found and len(found) >= MOST_GROUPS:
            key = (state, code, enhanced, "other words")
        found[key] = found.get(key, 0) + count
    groups = [
        ReplyGroup(S(state), code, enhanced, words, n) for (state, code, enhanced, words), n in found.items()
    ]
    return sorted(groups, key=lambda group: (-group.count, group.state, group.words))


# What differs from one reply to the next, in the order in which it is taken out.
_DIFFERENT: Final = (
    (re.compile(r"<?[^\s<>@]+@[^\s<>@,;:]+>?"), "<address>"),
    (re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}(?:\.[\w-]+)?(?!\.?\w)"), "…"),  # queue ids
    (re.compile(r"\b\d{5,}\b"), "…"),
    (re.compile(r"…(?:[ .:/-]?…)+"), "…"),
)


def common_words(reply: str, code: int | None, enhanced_code: str) -> str:
    """A reply without what is different for each person: addresses, queue ids, long numbers, and its own codes."""
    words = " ".join(reply[:LONGEST_REPLY].split())
    for prefix in (str(code or ""), enhanced_code):
        words = words.removeprefix(prefix).lstrip(" -") if prefix else words
    words = words.replace(f" {enhanced_code} ", " ") if enhanced_code else words
    for pattern, instead in _DIFFERENT:
        words = pattern.sub(instead, words)
    words = words.strip()
    return words if len(words) <= WORDS_OF_REPLY else f"{words[: WORDS_OF_REPLY - 1]}…"


def last_troubles(connection: Connection, issue_ids: Sequence[int], most: int) -> list[Trouble]:
    """The latest deliveries that did not go well, the newest first."""
    statement = (
        select(
            DeliveryRow.at,
            _domain(connection).label("domain"),
            DeliveryRow.state,
            DeliveryRow.code,
            DeliveryRow.enhanced_code,
            DeliveryRow.reply,
        )
        .where(DeliveryRow.issue_id.in_(issue_ids), DeliveryRow.state.in_(TROUBLED), DeliveryRow.attempts > 0)
        .order_by(DeliveryRow.at.desc(), DeliveryRow.id.desc())
        .limit(most)
    )
    return [
        Trouble(row.at, row.domain, S(row.state), _with_codes(row.code, row.enhanced_code, row.reply))
        for row in connection.execute(statement)
    ]


def _with_codes(code: int | None, enhanced_code: str, reply: str) -> str:
    parts = [str(code or ""), enhanced_code, common_words(reply, code, enhanced_code)]
    return " ".join(part for part in parts if part)


def came_back(connection: Connection, issue_id: int) -> list[tuple[str, str, int]]:
    """Bounces and complaints that are known to be about this issue: (kind, reason, how many)."""
    rows = connection.execute(
        select(BounceRow.kind, BounceRow.reason, func.count())
        .where(BounceRow.issue_id == issue_id)
        .group_by(BounceRow.kind, BounceRow.reason)
        .order_by(func.count().desc(), BounceRow.kind, BounceRow.reason)
    )
    return [(kind, reason, count) for kind, reason, count in rows]


def goodbyes(connection: Connection, newsletter: str, slug: str, since: datetime) -> dict[str, int]:
    """How many unsubscribed by a link that came with this issue, by the way they took ("one-click", "link").

    Read from the consent records; a person who was erased since is not counted any more.
    """
    way = ConsentRow.evidence["by"].as_string()
    rows = connection.execute(
        select(way, func.count())
        .join_from(ConsentRow, SubscriptionRow, SubscriptionRow.id == ConsentRow.subscription_id)
        .where(
            ConsentRow.event == Event.UNSUBSCRIBED.value,
            ConsentRow.at >= since,
            ConsentRow.evidence["issue"].as_string() == slug,
            SubscriptionRow.newsletter == newsletter,
        )
        .group_by(way)
    )
    return {str(by or "otherwise"): count for by, count in rows}


def summed(groups: Sequence[Group]) -> dict[DeliveryState, int]:
    """The counts of several groups together."""
    return {state: sum(group.counts[state] for group in groups) for state in S}


def shown_states(counts: Counts) -> Iterator[DeliveryState]:
    """The states that are not empty, in their order."""
    return (state for state in S if counts[state])
