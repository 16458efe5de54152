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
    from mailer.delivery.model import Outcome
    from mailer.flows.prepare import PreparedEdition, PreparedIssue
    from mailer.flows.publish import Outlook
    from mailer.flows.scheduling import Wish
    from mailer.settings import Rate, SmtpSettings
    from mailer.store.editions import StoredIssue
    from mailer.store.holding import Held


@click.command(
    epilog="""\b
Examples:
  mailer send issue.md --to me@example.org     a test copy for me; the ledger knows nothing of it
  mailer send issue.md --dry-run               what would happen
  mailer send issue.md                         show it, ask, send
  mailer send issue.md --yes --rate 600/minute from a script
  mailer send issue.md --at 2026-05-01T09:00   a worker sends it then
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
    errata: bool,
    note: str,
) -> None:
    """Check ISSUE like source code, render it, and send it to everybody who asked for it."""
    from mailer import wiring
    from mailer.flows.gather import gather
    from mailer.flows.prepare import prepare

    publication = newsletter_of(installation, newsletter)
    settings = installation.settings
    limits = _limits(rates) or settings.smtp.rate
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
    left: list[str] = []
    if note and not errata:
        raise UsageError("--note says what was corrected.", hint="Add --errata.")
    if errata:
        from mailer.cli.errata import correct_archive

        if to:
            raise UsageError("--errata mails nobody, so --to has no meaning.")
        correct_archive(installation, prepared, note, dry_run=dry_run)
        return
    for one in prepared:
        if to:
            _send_copies(installation, one, to)
        elif sentence := _send_one(
            installation,
            one,
            limits,
            connections,
            dry_run=dry_run,
            yes=yes,
            own_rates=bool(rates),
            wish=_wish(at),
        ):
            left.append(sentence)
    if left:
        raise WorkLeft(" ".join(left), hint=f"Go on with: {_again(issue, newsletter, rates, connections)}")


def _limits(rates: tuple[str, ...]) -> tuple[Rate, ...]:
    from mailer.configuration import parse_rate

    try:
        return tuple(parse_rate(rate) for rate in rates)
    except ValueError as error:
        raise UsageError(f"--rate {error}.") from error


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


def _send_one(
    installation: Installation,
    prepared: PreparedIssue,
    rates: tuple[Rate, ...],
    connections: int | None,
    *,
    dry_run: bool,
    yes: bool,
    own_rates: bool,
    wish: Wish,
) -> str:
    """Send one issue; returns a sentence when work is left."""
    from mailer import wiring
    from mailer.cli.progress import ProgressDisplay
    from mailer.flows import publish, waiting
    from mailer.flows.delivering import deliver_here
    from mailer.flows.journaling import note_if_finished, refuse_forgotten
    from mailer.flows.scheduling import waits_until
    from mailer.store.database import reading
    from mailer.store.editions import editions_of, find_issue

    database, newsletter = installation.database, prepared.newsletter
    with reading(database) as connection:
        standing = find_issue(connection, newsletter.key, prepared.slug)
        frozen = editions_of(connection, standing.id) if standing else []
        outlook = None
        if standing is None:
            smtp = installation.settings.smtp
            outlook = publish.outlook(connection, prepared, rates, wiring.now(), smtp=smtp)
    new = waiting.late_translations(prepared, frozen)  # all of them when nothing was sent yet
    if standing is not None:
        publish.refuse_other_text(prepared, frozen)
        publish.refuse_ended(standing)
        _say_standing(standing)
        _say_waiting(waiting.waiting_for(database, standing, wiring.now()), new)
    journal = wiring.journal(installation.settings, database)
    if standing is None:
        refuse_forgotten(journal, newsletter.key, prepared.slug)
    if outlook is not None:
        _show_outlook(installation, prepared, outlook, connections)
        if outlook.total == 0 and not dry_run:
            raise UsageError(
                f"nobody is subscribed to {newsletter.name}.",
                hint="Add people with: mailer subscribers import FILE.csv",
            )
    for edition in new:  # a key that cannot sign, a subject that no header holds: before anything is frozen
        wiring.message_template(installation.settings, newsletter, prepared.slug, edition.rendered)
    if dry_run:
        say("Nothing was sent: this was a dry run.", err=True)
        return ""
    if standing is None:
        _ask(yes, outlook.total if outlook else 0)
        standing = publish.freeze_and_plan(database, prepared, wiring.now(), start_at=wish.start_at)
    else:
        waiting.add_late(database, prepared, standing, wiring.now())
    with reading(database) as connection:
        frozen = editions_of(connection, standing.id)
    if until := waits_until(database, standing, wish, newsletter, wiring.now()):
        _say_scheduled(standing, until)
        return ""
    work = wiring.sending(
        installation.settings,
        database,
        newsletter,
        standing,
        frozen,
        rates=rates if own_rates else None,
        connections=connections,
    )
    with ProgressDisplay(installation.console) as progress:
        outcome = deliver_here(work, progress)
    note_if_finished(journal, database, standing, frozen, wiring.now())
    return _tell(standing, outcome, waiting.waiting_for(database, standing, wiring.now()))


def _wish(at: str | None) -> Wish:
    from mailer.cli.when import parse_when
    from mailer.flows.scheduling import Wish

    if at is None or at.strip() == "now":
        return Wish(at_once=at is not None)
    return Wish(start_at=parse_when(at, datetime.now().astimezone()))


def _say_scheduled(issue: StoredIssue, until: datetime) -> None:
    from mailer.cli.words import local

    say(f"{issue.slug} is scheduled for {local(until)}, to {issue.audience:,} people as of now.", err=True)
    say("It goes when a worker runs then: mailer serve (on SQLite), or mailer worker.", err=True)


def _say_standing(standing: StoredIssue) -> None:
    from mailer.store.states import SendingState

    if standing.state is SendingState.FINISHED:
        say(
            f"{standing.slug} was sent before, to {standing.audience:,} people; looking for what is left.",
            err=True,
        )
    else:
        say(f"Going on with {standing.slug}.", err=True)


def _say_waiting(held: list[Held], late: list[PreparedEdition]) -> None:
    """Which translations came late, and who is waiting for which language."""
    from mailer.cli.words import local

    if late:
        languages = ", ".join(edition.issue.language for edition in late)
        say(
            f"New since the issue was planned: {languages}. It goes to nobody who has the issue already.", err=True
        )
    came = {edition.issue.language for edition in late}
    for one in held:
        if one.language in came:
            say(f"{one.people:,} waited for {one.language} and get it now.", err=True)
        else:
            say(f"{one.people:,} wait for {one.language} until {local(one.until)}.", err=True)


def _show_outlook(
    installation: Installation, prepared: PreparedIssue, outlook: Outlook, connections: int | None
) -> None:
    from rich.table import Table

    from mailer.cli.words import local

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="bold")
    for heading, right in (("Language", False), ("People", True), ("Size", True), ("Subject", False)):
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for edition in prepared.editions:
        language = edition.issue.language
        size = f"{outlook.size_bytes[language] / 1024:.0f} KB"
        table.add_row(language, f"{outlook.recipients[language]:,}", size, edition.rendered.subject)
    console = installation.console
    console.print(table)
    smtp = installation.settings.smtp
    limits = ", ".join([*map(str, outlook.rates), *_more_limits(smtp)]) or "no limit"
    lines = f"{connections or smtp.connections} connections to {smtp.host}:{smtp.port}, {limits}"
    finish = f"; done at {local(outlook.finish_at)} at the earliest" if outlook.finish_at and outlook.total else ""
    console.print(f"{outlook.total:,} people, {lines}{finish}.", markup=False)
    for language, people in outlook.waiting.items():
        until = f" until {local(outlook.wait_until)}" if outlook.wait_until else ""
        console.print(f"{people:,} of them wait for {language}{until}, then get the fallback.", markup=False)


def _more_limits(smtp: SmtpSettings) -> list[str]:
    """The ramp, the hours and the domains' limits in words."""
    said = [f"{smtp.ramp.first}/day at first, then {smtp.ramp.growth:g} times as many"] if smtp.ramp else []
    if smtp.hours:
        said.append(f"between {smtp.hours.begins:%H:%M} and {smtp.hours.ends:%H:%M} {smtp.hours.zone}")
    for name, limit in smtp.domains.items():
        at_once = f"{limit.connections} at once" if limit.connections else ""
        own = " and ".join([*map(str, limit.rate), *([at_once] if at_once else [])])
        said += [f"{name} {own}"] if own else []
    return said


def _ask(yes: bool, people: int) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes.", hint="Without a terminal, add --yes.")
    if not click.confirm(f"Send it to {people:,} people?", err=True):
        raise click.Abort


def _tell(issue: StoredIssue, outcome: Outcome, held: list[Held]) -> str:
    """Say how it ended; returns a sentence when work is left."""
    from mailer.cli.words import counts_sentence, local
    from mailer.delivery.model import Ending

    say(counts_sentence({state.value: count for state, count in outcome.counts.items()}), err=True)
    if outcome.sent:
        say(f"{outcome.sent:,} sent in {outcome.seconds:.1f} s.", err=True)
    match outcome.ending:
        case Ending.PAUSED:
            return f"The sending of {issue.slug} is paused: {outcome.reason} Then: mailer resume {issue.slug}."
        case Ending.CANCELLED:
            say(f"The sending of {issue.slug} was cancelled.", err=True)
            return ""
        case Ending.INTERRUPTED:
            return f"Stopped with {outcome.left:,} of {issue.audience:,} left."
    if held and outcome.left == sum(one.people for one in held):
        waiting = ", ".join(f"{one.people:,} wait for {one.language} until {local(one.until)}" for one in held)
        return f"{waiting}."
    if outcome.left:
        due = f", the next due at {local(outcome.due_at)}" if outcome.due_at else ""
        return f"{outcome.left:,} of {issue.audience:,} are left{due}."
    if not outcome.sent:
        say("Nothing was left to send.", err=True)
    return ""
