"""The live view of all sendings on a terminal: bars, rate, finish time, outcomes by domain, the last troubles.

Law: looking costs the sending little: a view is read in short transactions that block nobody, and the slower the
database answers, the more seldom it is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mailer.cli.words import local
from mailer.flows.status import Status
from mailer.store.database import reading
from mailer.store.outcomes import Group as Domain
from mailer.store.outcomes import Trouble, by_domain, last_troubles, summed
from mailer.store.states import DeliveryState, SendingState

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

S = DeliveryState
EVERY_SECONDS: Final = 1.0
DOMAINS_EVERY: Final = 5  # views: summing by domain reads a whole ledger
SHARE_OF_TIME: Final = 0.1  # what reading may take of the time
MOST_DOMAINS: Final = 8
MOST_TROUBLES: Final = 5
MOST_SENDINGS: Final = 8
WIDE: Final = 90  # columns of a terminal that has room for bars beside domains

RUNNING: Final = frozenset({SendingState.SENDING, SendingState.SCHEDULED})
COLOURS: Final = {
    S.ACCEPTED: "green",
    S.REFUSED: "red",
    S.DEFERRED: "yellow",
    S.UNKNOWN: "magenta",
    S.SKIPPED: "bright_black",
    S.SENDING: "cyan",
    S.LEASED: "blue",
}
"""In the order in which they stand in a bar; what is queued is what the bar still lacks."""


@dataclass(frozen=True, slots=True)
class View:
    """What is shown at one moment."""

    statuses: Sequence[Status]
    domains: Sequence[Domain]
    troubles: Sequence[Trouble]
    at: datetime


def watch(console: Console, engine: Engine, look: Callable[[], list[Status]]) -> None:
    """Show what ``look`` finds until nothing of it runs any more, or Ctrl-C. The last view stays on the screen."""
    watched: set[int] = set()
    domains: list[Domain] = []
    views = 0
    with Live(console=console, auto_refresh=False, transient=False) as live:
        while True:
            began = time.monotonic()
            statuses = _chosen(look(), watched)
            running = any(status.issue.state in RUNNING for status in statuses)
            if views % DOMAINS_EVERY == 0 or not running:
                domains = _domains(engine, statuses)
            views += 1
            view = View(statuses, domains, _troubles(engine, statuses), datetime.now(UTC))
            live.update(picture(view, console.width), refresh=True)
            if not running:
                return
            time.sleep(max(EVERY_SECONDS, (time.monotonic() - began) / SHARE_OF_TIME))


def _chosen(statuses: list[Status], watched: set[int]) -> list[Status]:
    """Those that run, or ran since the view began; with none of them the latest."""
    watched.update(status.issue.id for status in statuses if status.issue.state in RUNNING)
    kept = [status for status in statuses if status.issue.id in watched] or statuses[:1]
    return kept[:MOST_SENDINGS]


def _domains(engine: Engine, statuses: Sequence[Status]) -> list[Domain]:
    """The largest domains of all sendings together."""
    found: dict[str, list[Domain]] = {}
    for status in statuses:
        with reading(engine) as connection:
            for domain in by_domain(connection, status.issue.id, MOST_DOMAINS):
                found.setdefault(domain.name, []).append(domain)
    together = [Domain(name, summed(groups)) for name, groups in found.items()]
    return sorted(together, key=lambda domain: (-domain.total, domain.name))[:MOST_DOMAINS]


def _troubles(engine: Engine, statuses: Sequence[Status]) -> list[Trouble]:
    with reading(engine) as connection:
        return last_troubles(connection, [status.issue.id for status in statuses], MOST_TROUBLES)


def picture(view: View, width: int) -> RenderableType:
    """The whole view for a terminal of ``width`` columns."""
    if not view.statuses:
        return Text("Nothing was sent yet. Begin with: mailer send ISSUE.md")
    parts: list[RenderableType] = []
    for status in view.statuses:
        parts += [*_sending(status, min(width, 110)), Text("")]
    if view.domains:
        parts += [_domain_table(view.domains, min(width, 110)), Text("")]
    if view.troubles:
        parts += [_trouble_table(view.troubles), Text("")]
    running = any(status.issue.state in RUNNING for status in view.statuses)
    ending = "Ctrl-C stops watching, not the sending." if running else "Nothing goes on any more."
    parts.append(Text(f"{view.at.astimezone():%H:%M:%S}  {ending}", style="dim"))
    return Group(*parts)


def _sending(status: Status, width: int) -> list[Text]:
    issue = status.issue
    head = Text.assemble(
        (issue.slug, "bold"), f"  {issue.newsletter}, {issue.state}", no_wrap=True, overflow="ellipsis"
    )
    if issue.reason:
        head.append(f": {issue.reason}", style="yellow")
    settled = sum(status.counts[state] for state in S if state not in {S.QUEUED, S.LEASED, S.SENDING})
    total = status.audience
    share = f" {settled:,} of {total:,}  {100 * settled // total if total else 100} %"
    line = bar(status.counts, max(width - len(share), 10))
    line.append(share)
    return [head, line, _facts(status)]


def _facts(status: Status) -> Text:
    """Rate, end, and every count, so that the sum can be seen."""
    parts: list[tuple[str, str]] = []
    if status.rate_per_second:
        parts.append((f"{status.rate_per_second:,.1f}/s", "bold"))
    if status.finish_at is not None:
        parts.append((f"done at {local(status.finish_at)}", "bold"))
    parts += [(f"{status.counts[state]:,} {state}", COLOURS.get(state, "")) for state in S if status.counts[state]]
    line = Text()
    for number, (words, style) in enumerate(parts):
        line.append("   " if number else "")
        line.append(words, style=style)
    return line


def bar(counts: Mapping[DeliveryState, int], width: int) -> Text:
    """One row of blocks in the colours of the states; a state that occurs at all has at least one block."""
    total = sum(counts.values())
    line = Text(no_wrap=True)
    left = width
    for state, colour in COLOURS.items():
        blocks = min(left, max(1, round(width * counts[state] / total))) if counts[state] else 0
        line.append("█" * blocks, style=colour)
        left -= blocks
    line.append("░" * left, style="bright_black")
    return line


def _domain_table(domains: Sequence[Domain], width: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("domain", no_wrap=True, overflow="ellipsis", max_width=30 if width >= WIDE else 20)
    table.add_column("people", justify="right", no_wrap=True, min_width=6)
    shown = [
        state for state in (S.ACCEPTED, S.DEFERRED, S.REFUSED, S.UNKNOWN) if any(d.counts[state] for d in domains)
    ]
    for state in shown:
        table.add_column(state.value, justify="right", style=COLOURS[state], no_wrap=True, min_width=8)
    blocks = min(30, width - 42 - 10 * len(shown)) if width >= WIDE else 0
    table.add_column("", no_wrap=True)
    for domain in domains:
        counts = [f"{domain.counts[state]:,}" if domain.counts[state] else "–" for state in shown]
        table.add_row(domain.name, f"{domain.total:,}", *counts, bar(domain.counts, blocks))
    return table


def _trouble_table(troubles: Sequence[Trouble]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("last troubles", no_wrap=True, min_width=13)
    table.add_column("", no_wrap=True, min_width=8)
    table.add_column("", no_wrap=True, overflow="ellipsis", min_width=12, max_width=24)
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
    for trouble in troubles:
        at = f"{trouble.at.astimezone():%H:%M:%S}" if trouble.at is not None else ""
        state = Text(trouble.state.value, style=COLOURS[trouble.state])
        table.add_row(at, state, Text(trouble.domain), Text(trouble.words))
    return table
