"""How values look in answers: times, durations, and the JSON that cli.md promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mailer.flows.status import Status
from mailer.store.report import ReportLine
from mailer.store.states import DeliveryState


def utc(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, "2026-05-01T08:00:00Z"."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def local(moment: datetime) -> str:
    """A time as the clock on the wall shows it, with the day when it is not today's."""
    here = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return here.strftime("%H:%M" if here.date() == today else "%Y-%m-%d %H:%M")


def status_json(status: Status) -> dict[str, Any]:
    """The object that ``status --json`` prints for an issue."""
    return {
        "slug": status.issue.slug,
        "newsletter": status.issue.newsletter,
        "state": status.issue.state.value,
        "audience": status.audience,
        **{state.value: status.counts[state] for state in DeliveryState},
        "rate_per_second": round(status.rate_per_second, 2),
        "finish_at": utc(status.finish_at),
        "languages": {
            language: {state.value: count for state, count in counts.items()}
            for language, counts in status.languages.items()
        },
        "held": [{"language": one.language, "people": one.people, "until": utc(one.until)} for one in status.held],
    }


def languages_lines(status: Status) -> list[str]:
    """One line for each language, where there are several or somebody waits."""
    lines = []
    if len(status.languages) > 1:
        width = max(map(len, status.languages))
        lines = [
            f"{language:<{width}}  {counts_sentence({state.value: count for state, count in counts.items()})}"
            for language, counts in status.languages.items()
        ]
    return lines + [f"{one.people:,} wait for {one.language} until {local(one.until)}" for one in status.held]


def report_json(line: ReportLine) -> dict[str, Any]:
    """The object that ``report --format json`` prints for a person; CSV has the same columns."""
    return {
        "address": line.address,
        "language": line.language,
        "outcome": line.outcome,
        "attempts": line.attempts,
        "code": line.code,
        "enhanced_code": line.enhanced_code,
        "reply": line.reply,
        "at": utc(line.at),
        "message_id": line.message_id,
    }


REPORT_COLUMNS = (
    "address",
    "language",
    "outcome",
    "attempts",
    "code",
    "enhanced_code",
    "reply",
    "at",
    "message_id",
)


def counts_sentence(counts: dict[str, int]) -> str:
    """ "470 accepted + 18 refused + 12 deferred = 500": the sum that the ledger promises."""
    parts = [f"{count:,} {state}" for state, count in counts.items() if count]
    return f"{' + '.join(parts) or '0'} = {sum(counts.values()):,}"
