"""``mailer report``: what happened to each person, streamed row by row."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mailer.cli.frame import Installation, pass_installation, say
from mailer.errors import UsageError

if TYPE_CHECKING:
    from mailer.store.editions import StoredIssue
    from mailer.store.report import ReportLine

OUTCOMES = ("queued", "leased", "sending", "accepted", "deferred", "refused", "unknown", "skipped")
COLOURS = {"accepted": "green", "deferred": "yellow", "refused": "red", "unknown": "magenta"}
WIDEST_ADDRESS = 44


@click.command(
    epilog="""\b
Examples:
  mailer report 2026-05-01-spring
  mailer report 2026-05-01-spring --outcome refused
  mailer report 2026-05-01-spring --format csv > report.csv
  mailer report 2026-05-01-spring --format json | jq '.[] | select(.attempts > 1)'
  mailer report 2026-05-01-spring --format html --out report.html
"""
)
@click.argument("slug")
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "html"]), default="table", show_default=True
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="Only people with this outcome.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page to this file.")
@pass_installation
def report(
    installation: Installation, slug: str, newsletter: str | None, form: str, outcome: str | None, out: Path | None
) -> None:
    """Tell for each person in the audience of SLUG what happened; as html, for all together on one page."""
    if form == "html":
        _write_page(installation, slug, newsletter, outcome, out)
        return
    if out is not None:
        raise UsageError("--out is for --format html.", hint="The other forms go to stdout: > report.csv")
    from mailer.cli.words import REPORT_COLUMNS, counts_sentence, report_json
    from mailer.flows.status import issue_named
    from mailer.store import ledger
    from mailer.store.bounces import came_back
    from mailer.store.database import reading
    from mailer.store.report import report_lines
    from mailer.store.states import DeliveryState

    engine = installation.database
    with reading(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
        counts = ledger.counts(connection, issue.id)
    lines = report_lines(
        engine,
        issue.id,
        _message_ids(installation, issue),
        outcome=DeliveryState(outcome) if outcome else None,
    )
    match form:
        case "json":
            _write_json(report_json(line) for line in lines)
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(REPORT_COLUMNS)
            writer.writerows(report_json(line).values() for line in lines)
        case _:
            _write_table(lines)
            said = {state.value: count for state, count in counts.items()}
            say(f"{issue.slug}, {issue.state}: {counts_sentence(said)}", err=True)
            with reading(engine) as connection:
                back = came_back(connection, issue.id)
            if back:
                told = ", ".join(f"{count:,} {kind}" for kind, count in back.items())
                say(f"Came back later: {told}. See: mailer bounces list --issue {issue.slug}", err=True)


def _write_page(
    installation: Installation, slug: str, newsletter: str | None, outcome: str | None, out: Path | None
) -> None:
    from mailer import wiring
    from mailer.flows.report_page import report_page
    from mailer.flows.status import issue_named
    from mailer.store.database import reading

    if outcome is not None:
        raise UsageError("--outcome is for the forms with a row for each person.", hint="Leave it out for html.")
    engine, settings = installation.database, installation.settings
    with reading(engine) as connection:
        issue = issue_named(connection, slug, newsletter)
    page = report_page(
        engine, issue, settings.newsletters.get(issue.newsletter), wiring.folders(settings), wiring.now()
    )
    if out is None:
        say(page)
        return
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the page cannot be written ({error.strerror}).", where=str(out)) from None
    say(f"Wrote {out}.", err=True)


def _message_ids(installation: Installation, issue: StoredIssue) -> Callable[[int], str]:
    """The function from a subscription's id to the Message-ID that its delivery carries."""
    from mailer.render.headers import bounce_domain
    from mailer.render.message import message_id

    newsletter = installation.settings.newsletters.get(issue.newsletter)
    if newsletter is None:  # taken out of the settings since: its domain is not known any more
        return lambda _subscription_id: ""
    domain = bounce_domain(newsletter)
    return lambda subscription_id: message_id(issue.newsletter, issue.slug, subscription_id, domain)


def _write_json(items: Iterable[dict[str, Any]]) -> None:
    """One JSON array, written as it is read."""
    separator = "[\n  "
    for item in items:
        sys.stdout.write(separator + json.dumps(item, ensure_ascii=False))
        separator = ",\n  "
    sys.stdout.write("[]\n" if separator == "[\n  " else "\n]\n")


def _write_table(lines: Iterator[ReportLine]) -> None:
    """Columns as wide as the first page needs, so that the rest can be streamed."""
    first = list(islice(lines, 500))
    if not first:
        return
    width = min(max(len(line.address) for line in first), WIDEST_ADDRESS)
    coloured = sys.stdout.isatty()
    for line in chain(first, lines):
        outcome = f"{line.outcome:<8}"
        if coloured and line.outcome in COLOURS:
            outcome = click.style(outcome, fg=COLOURS[line.outcome])
        code = " ".join(str(part) for part in (line.code, line.enhanced_code) if part)
        reply = " ".join(line.reply.split()).removeprefix(str(line.code)).strip()
        reply = reply.removeprefix(line.enhanced_code).strip()  # it has a column of its own
        row = f"{line.address:<{width}}  {line.language:<5}  {outcome}  {line.attempts:>2}  {code:<10}  {reply}"
        sys.stdout.write(row.rstrip() + "\n")
