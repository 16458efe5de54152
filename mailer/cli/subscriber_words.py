"""How people, their histories and an import are said: as text, as JSON, as CSV. Nothing is looked up here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from subscribers.systems import status_columns

if TYPE_CHECKING:
    from mailer.store.person import Sent
    from subscribers.bulk import ImportResult
    from subscribers.importing import ImportFile, Rejected
    from subscribers.roster import Exported, Happened, Listed, Person, Suppressed

EXPORT_COLUMNS: Final = (
    "email",
    "newsletter",
    "status",
    "language",
    "subscribed_at",
    "confirmed_at",
    "source",
    "ip",
    "since",
    "state",
    "paused_until",
    "waits",
    "suppressions",
    "history",
)
PROGRESS_EVERY_SECONDS: Final = 10.0


def file_found(file: ImportFile) -> str:
    """What was made of a file before its rows are read."""
    whose = f", an export of {file.system.name}" if file.system.name and file.form == "table" else ""
    match file.form:
        case "table":
            statuses, _, departures = status_columns(file.system)
            asked = [name for name in (*statuses, *departures) if name in file.names]
            columns = dict.fromkeys([*sorted(file.columns, key=file.columns.__getitem__), *asked])
            lines = [f"Reading {file.name}{whose}: columns {', '.join(columns)}."]
        case "roster":
            lines = [f"Reading {file.name}, one address a line."]
        case _:
            lines = [f"Reading {file.name}, a dump of a Mailman 2 list."]
    if file.ignored:
        lines.append(f"Left alone: {', '.join(file.ignored)}.")
    if file.encoding == "cp1252":
        lines.append("It is not UTF-8: read as Windows-1252. Look at a few names with letters beyond a to z.")
    return "\n".join(lines)


def rejected(name: str, row: Rejected) -> str:
    """A row that is left out, as file:line: reason."""
    address = f" {row.address.strip()[:80]!r}" if row.address.strip() else ""
    return f"{name}:{row.line}:{address} {row.reason}"


def import_result(result: ImportResult, *, dry_run: bool) -> str:
    """The counts of an import, which add up to the rows."""
    would = "would be " if dry_run else ""
    states = ", ".join(f"{count:,} {state.value}" for state, count in sorted(result.imported.items()) if count)
    lines = [f"{result.rows:,} rows: {result.total_imported:,} {would}imported{f' ({states})' if states else ''}."]
    for count, what in (
        (result.there, "there already"),
        (result.twice, "twice in the file"),
        (result.left, "unsubscribed earlier, and stay so"),
        (result.suppressed, "suppressed, and stay so"),
        (result.asked, "asked by an earlier import, and not asked again"),
        (result.rejected, "rejected, named above"),
    ):
        if count:
            lines.append(f"  {count:,} {what}")
    if result.last_asked_at is not None:
        lines.append(f"Each of them is asked once by mail, the last one at {_minute(result.last_asked_at)}.")
    if dry_run:
        lines.append("Nothing was written.")
    return "\n".join(lines)


class Progress:
    """Says every few seconds which line an import has reached."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next = time.monotonic() + PROGRESS_EVERY_SECONDS

    def __call__(self, line: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PROGRESS_EVERY_SECONDS
            self._say(f"… line {line:,}")


def listed_json(line: Listed) -> dict[str, object]:
    """An item of ``subscribers list --json``."""
    return {
        "email": line.address,
        "newsletter": line.newsletter,
        "status": line.status,
        "language": line.language,
        "since": line.since.isoformat(),
    }


def export_row(one: Exported) -> tuple[str, ...]:
    """A row under EXPORT_COLUMNS."""
    listed = one.listed
    told = (one.subscribed_at, one.confirmed_at, one.source, one.ip)
    paused = one.paused_until.isoformat() if one.paused_until else ""
    suppressions = [_suppression_json(suppressed) for suppressed in one.suppressions]
    return (
        listed.address,
        listed.newsletter,
        listed.status,
        listed.language,
        *told,
        listed.since.isoformat(),
        one.state,
        paused,
        "yes" if one.waits else "",
        _compact(suppressions) if suppressions else "",
        _compact([_happened_json(happened) for happened in one.history]),
    )


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _happened_json(one: Happened) -> dict[str, object]:
    return {"event": one.event, "at": one.at.isoformat(), "evidence": one.evidence}


def _suppression_json(one: Suppressed) -> dict[str, object]:
    return {"newsletter": one.newsletter, "reason": one.reason, "detail": one.detail, "at": one.at.isoformat()}


def person_json(person: Person, sent: Sequence[Sent]) -> dict[str, object]:
    """Everything about a person, for ``subscribers show --json``."""
    return {
        "email": person.address,
        "known_since": person.created_at and person.created_at.isoformat(),
        "subscriptions": [
            {
                **{key: value for key, value in listed_json(line).items() if key != "email"},
                "waits": line.waits,
                "source": line.source,
                "history": [_happened_json(one) for one in history],
            }
            for line, history in person.subscriptions
        ],
        "suppressions": [_suppression_json(one) for one in person.suppressions],
        "issues": [
            {
                "newsletter": one.newsletter,
                "issue": one.issue,
                "address": one.address,
                "outcome": one.state,
                "at": one.at and one.at.isoformat(),
            }
            for one in sent
        ],
    }


def person_text(person: Person, sent: Sequence[Sent]) -> Iterator[str]:
    """Everything about a person, to read."""
    yield person.address
    for line, history in person.subscriptions:
        waits = " (waits for it)" if line.waits else ""
        yield f"\n{line.newsletter}: {line.status} since {_minute(line.since)}, language {line.language}{waits}"
        for one in history:
            evidence = "  ".join(f"{name}={value}" for name, value in one.evidence.items())
            yield f"  {_minute(one.at)}  {one.event}  {evidence}".rstrip()
    if sent:
        yield "\nissues:"
    for delivery in sent:
        at = _minute(delivery.at) if delivery.at else " " * 20
        yield f"  {at}  {delivery.newsletter}/{delivery.issue}  {delivery.state}"
    for suppression in person.suppressions:
        where = suppression.newsletter or "every newsletter"
        detail = f" ({suppression.detail})" if suppression.detail else ""
        yield f"\nsuppressed for {where} since {_minute(suppression.at)}: {suppression.reason}{detail}"


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
