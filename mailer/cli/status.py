"""``mailer status``: how sendings stand, once or until they end."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, pass_installation, say

if TYPE_CHECKING:
    from mailer.flows.status import Status

WATCH_SECONDS = 2.0


@click.command(
    epilog="""\b
Examples:
  mailer status                        every issue, the latest first
  mailer status 2026-05-01-spring      one issue
  mailer status 2026-05-01-spring --watch
  mailer status 2026-05-01-spring --json | jq .accepted
"""
)
@click.argument("slug", required=False)
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: an object for SLUG, else a list.")
@click.option("--watch", is_flag=True, help="Show it again every two seconds until the sending ends.")
@pass_installation
def status(
    installation: Installation, slug: str | None, newsletter: str | None, as_json: bool, watch: bool
) -> None:
    """Show how the sending of SLUG stands, or of every issue."""
    from mailer.cli.words import status_json
    from mailer.errors import UsageError

    if watch and (as_json or slug is None):
        raise UsageError("--watch shows one issue to a person.", hint="Name its slug, without --json.")
    if watch and slug is not None:
        _watch(installation, slug, newsletter)
        return
    found = _look(installation, slug, newsletter)
    if as_json:
        documents = [status_json(one) for one in found]
        say(json.dumps(documents[0] if slug is not None else documents, indent=2))
        return
    if not found:
        say("Nothing was sent yet. Begin with: mailer send ISSUE.md", err=True)
    for one in found:
        say(_paragraph(one))


def _look(installation: Installation, slug: str | None, newsletter: str | None) -> list[Status]:
    from mailer.flows.status import issue_named, status_of
    from mailer.store.database import reading
    from mailer.store.report import find_issues

    engine = installation.database
    with reading(engine) as connection:
        issues = (
            find_issues(connection, newsletter=newsletter)
            if slug is None
            else [issue_named(connection, slug, newsletter)]
        )
    now = datetime.now(UTC)
    return [status_of(engine, issue, now) for issue in issues]


def _paragraph(one: Status) -> str:
    from mailer.cli.words import counts_sentence, local

    issue = one.issue
    head = f"{click.style(issue.slug, bold=True)} ({issue.newsletter}): {issue.state}"
    head += f", {issue.reason}" if issue.reason else ""
    lines = [head, f"  {counts_sentence({state.value: count for state, count in one.counts.items()})}"]
    if one.rate_per_second:
        lines.append(f"  {one.rate_per_second:,.1f} a second")
    if one.finish_at is not None:
        lines.append(f"  done at about {local(one.finish_at)}")
    return "\n".join(lines)


def _watch(installation: Installation, slug: str, newsletter: str | None) -> None:
    from mailer.store.states import SendingState

    running = {SendingState.SENDING, SendingState.SCHEDULED}
    terminal = installation.console.is_terminal
    shown = ""
    while True:
        (one,) = _look(installation, slug, newsletter)
        paragraph = _paragraph(one)
        if paragraph != shown:
            if terminal and shown:
                click.echo(f"\x1b[{shown.count(chr(10)) + 1}F\x1b[J", nl=False, err=True)
            say(paragraph, err=True)
            shown = paragraph
        if one.issue.state not in running:
            return
        time.sleep(WATCH_SECONDS)
