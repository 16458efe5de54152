"""``mailer send``: look at what will happen, say yes, watch it go, and learn what is left."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, newsletter_of, pass_installation, say
from mailer.errors import IssueRefused, UsageError, WorkLeft

if TYPE_CHECKING:
    from mailer.flows.prepare import PreparedIssue
    from mailer.flows.scheduling import Wish
    from mailer.settings import Rate


@click.command(
    epilog="""\b
Examples:
  mailer send issue.md --to me@example.org     a test copy for me; the ledger knows nothing of it
  mailer send issue.md --dry-run               what would happen
  mailer send issue.md                         show it, ask, send
  mailer send issue.md --yes --rate 600/minute from a script
  mailer send issue.md --at 2026-05-01T09:00   a worker sends it then
  mailer send issue.md --yes --detach   workers send it; this command returns at once
  mailer send issue.md --errata --note "The regatta is on 14 June."   correct the archive
\b
Translations beside the file (issue.de.md) go out with it, to those who read that language. One that comes
later goes to those who wait for it: the same command again.
The same command again goes on with whatever is left. Ctrl-C stops cleanly; a second one at once.
"""
)
@click.argument("issue", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--newsletter", metavar="NAME", help="Which newsletter, when there are several.")
@click.option("--to", "to", multiple=True, metavar="ADDRESS", help="Send test copies to these addresses only.")
@click.option("--dry-run", is_flag=True, help="Show what would happen; send and store nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--at",
    metavar="TIME",
    help='Let a worker send it then: "2026-05-01T09:00", "09:00"; "now" for what was put off.',
)
@click.option(
    "--rate", "rates", multiple=True, metavar="RATE", help='Instead of the settled limits: "600/minute".'
)
@click.option("--connections", type=click.IntRange(1, 100), help="Instead of the settled number of connections.")
@click.option("--detach", is_flag=True, help="Freeze it, leave the sending to workers, and return at once.")
@click.option("--errata", is_flag=True, help="Correct the archive of an issue that was sent; mail nobody.")
@click.option("--note", default="", metavar="TEXT", help="What --errata corrects, shown with its date.")
@pass_installation
def send(
    installation: Installation,
    issue: tuple[Path, ...],
    newsletter: str | None,
    to: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    at: str | None,
    rates: tuple[str, ...],
    connections: int | None,
    detach: bool,
    errata: bool,
    note: str,
) -> None:
    """Check ISSUE like source code, render it, and send it to everybody who asked for it."""
    from mailer import wiring
    from mailer.cli.sending import Asked, send_one
    from mailer.flows.gather import gather
    from mailer.flows.prepare import prepare

    publication = newsletter_of(installation, newsletter)
    settings = installation.settings
    limits = _limits(rates)
    sets = gather(issue, publication)
    prepared = [prepare(sources, publication, wiring.folders(settings)) for sources in sets]
    for one in prepared:
        _show_problems(one)
    refused = [one for one in prepared if one.errors]
    if refused:
        errors = sum(len(one.errors) for one in refused)
        raise IssueRefused(
            f"{errors} {'error stops' if errors == 1 else 'errors stop'} the sending; nothing was sent.",
            where=", ".join(one.original.path for one in refused),
            hint="Mend what is named above, then run the same command again.",
        )
    if note and not errata:
        raise UsageError("--note says what was corrected.", hint="Add --errata.")
    if errata:
        from mailer.cli.errata import correct_archive

        if to:
            raise UsageError("--errata mails nobody, so --to has no meaning.")
        correct_archive(installation, prepared, note, dry_run=dry_run)
        return
    if detach and to:
        raise UsageError("--to sends test copies at once, so --detach has no meaning.")
    asked = Asked(limits or None, connections, dry_run=dry_run, yes=yes, wish=_wish(at), detach=detach)
    left: list[str] = []
    for one in prepared:
        if to:
            _send_copies(installation, one, to)
        elif sentence := send_one(installation, one, asked):
            left.append(sentence)
    if left:
        raise WorkLeft(" ".join(left), hint=f"Go on with: {_again(issue, newsletter, rates, connections)}")


def _limits(rates: tuple[str, ...]) -> tuple[Rate, ...]:
    from mailer.configuration import parse_rate

    try:
        return tuple(parse_rate(rate) for rate in rates)
    except ValueError as error:
        raise UsageError(f"--rate {error}.") from error


def _wish(at: str | None) -> Wish:
    from mailer.cli.when import parse_when
    from mailer.flows.scheduling import Wish

    if at is None or at.strip() == "now":
        return Wish(at_once=at is not None)
    return Wish(start_at=parse_when(at, datetime.now().astimezone()))


def _again(
    paths: tuple[Path, ...], newsletter: str | None, rates: tuple[str, ...], connections: int | None
) -> str:
    words = ["mailer", "send", *map(str, paths)]
    words += ["--newsletter", newsletter] if newsletter else []
    words += [word for rate in rates for word in ("--rate", rate)]
    words += ["--connections", str(connections)] if connections else []
    return " ".join(words)


def _show_problems(prepared: PreparedIssue) -> None:
    from mailer.lint.formats import as_text

    if prepared.problems:
        sources = {edition.issue.path: edition.issue.source for edition in prepared.editions}
        say(as_text(prepared.problems, sources, colour=sys.stderr.isatty()), err=True)


def _send_copies(installation: Installation, prepared: PreparedIssue, to: tuple[str, ...]) -> None:
    from mailer import wiring
    from mailer.flows import copies

    settings, newsletter = installation.settings, prepared.newsletter
    templates = [
        wiring.message_template(settings, newsletter, prepared.slug, edition.rendered)
        for edition in prepared.editions
    ]
    addresses = copies.read_addresses(to)
    messages = list(
        copies.compose_copies(
            newsletter, prepared.slug, templates, addresses, wiring.links(settings), wiring.now()
        )
    )
    copies.send_copies(settings.smtp, wiring.return_paths(settings, newsletter), messages)
    languages = ", ".join(edition.issue.language for edition in prepared.editions)
    names = ", ".join(address.as_typed for address in addresses)
    say(f"Sent a test copy ({languages}) to {names}. The ledger knows nothing of it.", err=True)
