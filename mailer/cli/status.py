"""``mailer status``: how sendings stand, once or until they end."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, pass_installation, say

if TYPE_CHECKING:
    from mailer.flows.status import Status

WATCH_SECONDS = 2.0
LATEST = 20  # issues that a live view looks at: what is being sent is among the latest


@click.command(
    epilog="""\b
Examples:
  mailer status                        every issue, the latest first
  mailer status 2026-05-01-spring      one issue
  mailer status --watch                every sending, live: bars, domains, the last troubles
  mailer status 2026-05-01-spring --watch
  mailer status 2026-05-01-spring --json | jq .accepted
"""
)
@click.argument("slug", required=False)
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document: an object for SLUG, else a list.")
@click.option("--watch", is_flag=True, help="A live view until nothing is being sent any more.")
@pass_installation
def status(
    installation: Installation, slug: str | None, newsletter: str | None, as_json: bool, watch: bool
) -> None:
    """Show how the sending of SLUG stands, or of every issue."""
    from mailer.cli.words import status_json
    from mailer.errors import UsageError

    if watch and as_json:
        raise UsageError("--watch is for a person.", hint="Take --json without it, as often as needed.")
    if watch:
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


def _look(
    installation: Installation, slug: str | None, newsletter: str | None, latest: int | None = None
) -> list[Status]:
    from mailer.flows.status import issue_named, status_of
    from mailer.store.database import reading
    from mailer.store.report import find_issues

    engine = installation.database
    with reading(engine) as connection:
        issues = (
            find_issues(connection, newsletter=newsletter, latest=latest)
            if slug is None
            else [issue_named(connection, slug, newsletter)]
        )
    now = datetime.now(UTC)
    return [status_of(engine, issue, now) for issue in issues]


def _paragraph(one: Status) -> str:
    from mailer.cli.words import counts_sentence, languages_lines, local

    issue = one.issue
    head = f"{click.style(issue.slug, bold=True)} ({issue.newsletter}): {issue.state}"
    head += f", {issue.reason}" if issue.reason else ""
    lines = [head, f"  {counts_sentence({state.value: count for state, count in one.counts.items()})}"]
    lines += [f"    {line}" for line in languages_lines(one)]
    if one.rate_per_second:
        lines.append(f"  {one.rate_per_second:,.1f} a second")
    if one.finish_at is not None:
        lines.append(f"  done at about {local(one.finish_at)}")
    return "\n".join(lines)


def _watch(installation: Installation, slug: str | None, newsletter: str | None) -> None:
    if not installation.console.is_terminal:
        _follow(installation, slug, newsletter)
        return
    from mailer.cli.watching import watch

    with suppress(KeyboardInterrupt):  # how one stops to watch
        watch(installation.console, installation.database, lambda: _look(installation, slug, newsletter, LATEST))


def _follow(installation: Installation, slug: str | None, newsletter: str | None) -> None:
    """Where nobody looks at a terminal: each issue again whenever it changed."""
    from mailer.store.states import SendingState

    running = {SendingState.SENDING, SendingState.SCHEDULED}
    shown: dict[int, str] = {}
    while True:
        found = _look(installation, slug, newsletter, LATEST)
        for one in found:
            paragraph = _paragraph(one)
            if paragraph != shown.get(one.issue.id):
                say(paragraph, err=True)
                shown[one.issue.id] = paragraph
        if not any(one.issue.state in running for one in found):
            return
        time.sleep(WATCH_SECONDS)
