"""The report of an issue as one page: everything in one file, no script, no address of any person.

Law: all numbers are read in one unchanging view of the database, so that they add up while a sending goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from mailer import __version__
from mailer.flows.report_plot import HEIGHT, LEFT, RIGHT, WIDTH, Plot, begin_for, plot, step_for
from mailer.newsletter import Newsletter
from mailer.render.colour import scheme
from mailer.render.message import encoded_html_size
from mailer.render.model import SLOTS
from mailer.render.quoted import encode_around_slots
from mailer.render.templates import fill
from mailer.store import outcomes
from mailer.store.database import reading
from mailer.store.editions import StoredIssue, editions_of
from mailer.store.outcomes import Group, ReplyGroup
from mailer.store.report import find_issues
from mailer.store.states import DeliveryState

TEMPLATE: Final = "report/report.html"
MOST_DOMAINS: Final = 20
MOST_REPLIES: Final = 40
MOST_OF_TIME: Final = 0.98  # what the plot shows at least; retries of days would press the rest into one bar
STRAGGLING: Final = 4  # how many times longer the rest has to take for it to be left out

S = DeliveryState
MEANINGS: Final = {
    S.QUEUED: "not tried yet",
    S.LEASED: "about to be sent",
    S.SENDING: "on its way at this moment",
    S.ACCEPTED: "the mail server took it",
    S.DEFERRED: "turned away for now; tried again",
    S.REFUSED: "turned away for good",
    S.UNKNOWN: "handed over, the answer was lost",
    S.SKIPPED: "unsubscribed, suppressed or cancelled before it was sent",
}
KINDS: Final = {
    "hard": "the address is dead",
    "soft": "could not be delivered now",
    "policy": "the receiver objects to the sender",
    "complaint": "marked as spam",
    "auto-reply": "an automatic answer",
    "success": "delivery was confirmed",
    "unrecognised": "not understood",
}
WAYS: Final = {
    "one-click": "by the button of their mail program",
    "link": "on the page behind the link",
    "otherwise": "otherwise",
}


@dataclass(frozen=True, slots=True)
class EditionFacts:
    """What was sent in one language."""

    language: str
    subject: str
    html_bytes: int  # encoded, as receivers count
    text_bytes: int
    source_sha256: str
    result_sha256: str
    template_version: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page tells; ``counts`` add up to ``audience``."""

    issue: StoredIssue
    times: outcomes.Times
    counts: outcomes.Counts
    languages: tuple[Group, ...]
    domains: tuple[Group, ...]
    other_domains: Group
    plot: Plot | None
    replies: tuple[ReplyGroup, ...]
    other_replies: int
    came_back: tuple[tuple[str, str, int], ...]
    goodbyes: tuple[tuple[str, int], ...]
    editions: tuple[EditionFacts, ...]

    @property
    def audience(self) -> int:
        return sum(self.counts.values())

    @property
    def tried(self) -> int:
        return sum(self.counts[state] for state in (S.ACCEPTED, S.REFUSED, S.DEFERRED, S.UNKNOWN))


def read_report(engine: Engine, issue: StoredIssue) -> Report:
    """Sum up the ledger of an issue."""
    with reading(engine) as connection:
        (standing,) = find_issues(connection, slug=issue.slug, newsletter=issue.newsletter)
        languages = outcomes.by_language(connection, issue.id)
        counts = outcomes.summed(languages)
        domains = outcomes.by_domain(connection, issue.id, MOST_DOMAINS)
        named = outcomes.summed(domains)
        times = outcomes.times_of(connection, issue.id)
        replies = outcomes.replies(connection, issue.id)
        goodbyes = outcomes.goodbyes(connection, issue.newsletter, issue.slug, times.created_at)
        return Report(
            issue=standing,
            times=times,
            counts=counts,
            languages=tuple(languages),
            domains=tuple(domains),
            other_domains=Group("other domains", {state: counts[state] - named[state] for state in S}),
            plot=_plot(connection, issue.id),
            replies=tuple(replies[:MOST_REPLIES]),
            other_replies=sum(group.count for group in replies[MOST_REPLIES:]),
            came_back=tuple(outcomes.came_back(connection, issue.id)),
            goodbyes=tuple(sorted(goodbyes.items(), key=lambda way: -way[1])),
            editions=tuple(_editions(connection, issue.id)),
        )


def _plot(connection: Connection, issue_id: int) -> Plot | None:
    whole = outcomes.span_of(connection, issue_id)
    if whole is None:
        return None
    begins, ends = whole
    most = outcomes.span_of(connection, issue_id, MOST_OF_TIME)
    if most is not None and ends - begins > STRAGGLING * max(most[1] - begins, timedelta(minutes=1)):
        ends = most[1]
    step = step_for(ends - begins)
    start = begin_for(begins, step)
    return plot(outcomes.over_time(connection, issue_id, start, step), start, ends, step)


def _editions(connection: Connection, issue_id: int) -> list[EditionFacts]:
    return [
        EditionFacts(
            language=edition.rendered.language,
            subject=edition.rendered.subject,
            html_bytes=encoded_html_size(edition.rendered),
            text_bytes=sum(map(len, encode_around_slots(edition.rendered.text, SLOTS)[0])),
            source_sha256=edition.rendered.source_sha256,
            result_sha256=edition.result_sha256,
            template_version=edition.rendered.template_version,
        )
        for edition in editions_of(connection, issue_id)
    ]


def report_page(
    engine: Engine, issue: StoredIssue, newsletter: Newsletter | None, folders: Sequence[Path], now: datetime
) -> str:
    """The page as HTML. ``newsletter`` is None for one that is not in the settings any more."""
    report = read_report(engine, issue)
    accent = newsletter.accent if newsletter else "#0b57a4"
    return fill(
        folders,
        TEMPLATE,
        {
            "report": report,
            "issue": report.issue,
            "name": newsletter.name if newsletter else issue.newsletter,
            "states": [state for state in S if report.counts[state]],
            "troubled": [state for state in S if state in _COLUMNS or report.counts[state]],
            "meanings": MEANINGS,
            "kinds": KINDS,
            "ways": WAYS,
            "light": scheme(accent, dark=False),
            "dark": scheme(accent, dark=True),
            "canvas": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT},
            "percent": percent,
            "utc": utc,
            "kilobytes": kilobytes,
            "now": utc(now),
            "version": __version__,
        },
    )


_COLUMNS: Final = frozenset({S.ACCEPTED, S.DEFERRED, S.REFUSED})


def percent(part: int, whole: int) -> str:
    """ "94.0 %", never rounded up to 100 or down to 0."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %"


def utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment is not None else "–"


def kilobytes(size: int) -> str:
    return f"{size / 1000:,.1f} KB"
