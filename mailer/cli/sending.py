"""One issue's sending from the command line: how it stands, what would happen, yes, and off it goes."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import click
from sqlalchemy import Engine

from mailer import wiring
from mailer.cli import send_words
from mailer.cli.frame import Installation, say
from mailer.cli.progress import ProgressDisplay
from mailer.errors import UsageError
from mailer.flows import dispatch, publish, waiting
from mailer.flows.delivering import deliver_here
from mailer.flows.journaling import note_if_finished, refuse_forgotten
from mailer.flows.prepare import PreparedIssue
from mailer.flows.scheduling import Wish, waits_until
from mailer.settings import Rate
from mailer.store.database import reading, writing
from mailer.store.editions import StoredIssue, editions_of, find_issue
from mailer.store.states import SendingState


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. ``rates`` and ``connections`` stand in for the settled ones."""

    rates: tuple[Rate, ...] | None
    connections: int | None
    dry_run: bool
    yes: bool
    wish: Wish
    detach: bool = False  # leave it to workers

    @property
    def told(self) -> publish.Told:
        return publish.Told(self.rates, self.connections)


def send_one(installation: Installation, prepared: PreparedIssue, asked: Asked) -> str:
    """Send one issue, or go on with it; returns a sentence when work is left."""
    database, newsletter = installation.database, prepared.newsletter
    with reading(database) as connection:
        standing = find_issue(connection, newsletter.key, prepared.slug)
        frozen = editions_of(connection, standing.id) if standing else []
    new = waiting.late_translations(prepared, frozen)  # all of them when nothing was sent yet
    if standing is None:
        people = _look_ahead(installation, prepared, asked)
    else:
        publish.refuse_other_text(prepared, frozen)
        publish.refuse_ended(standing)
        send_words.say_standing(standing)
        send_words.say_waiting(waiting.waiting_for(database, standing, wiring.now()), new)
    for edition in new:  # a key that cannot sign, a subject that no header holds: before anything is frozen
        wiring.message_template(installation.settings, newsletter, prepared.slug, edition.rendered)
    if asked.dry_run:
        say("Nothing was sent: this was a dry run.", err=True)
        return ""
    if standing is None:
        _ask(asked.yes, people)
        standing = publish.freeze_and_plan(
            database, prepared, wiring.now(), start_at=asked.wish.start_at, told=asked.told
        )
    else:
        with writing(database) as connection:
            asked.told.keep(connection, standing.id)
        waiting.add_late(database, prepared, standing, wiring.now())
    if until := waits_until(database, standing, asked.wish, newsletter, wiring.now()):
        send_words.say_scheduled(standing, until)
        return ""
    if asked.detach:
        _detach(database, standing)
        return ""
    return _deliver(installation, prepared, standing, asked)


def _look_ahead(installation: Installation, prepared: PreparedIssue, asked: Asked) -> int:
    """Show what a new issue's sending would do; returns how many people would get it."""
    smtp, now = installation.settings.smtp, wiring.now()
    rates = smtp.rate if asked.rates is None else asked.rates
    with reading(installation.database) as connection:
        outlook = publish.outlook(connection, prepared, rates, now, smtp=smtp)
    journal = wiring.journal(installation.settings, installation.database)
    refuse_forgotten(journal, prepared.newsletter.key, prepared.slug)
    send_words.show_outlook(installation, prepared, outlook, asked.connections)
    if outlook.total == 0 and not asked.dry_run:
        raise UsageError(
            f"nobody is subscribed to {prepared.newsletter.name}.",
            hint="Add people with: mailer subscribers import FILE.csv",
        )
    return outlook.total


def _deliver(installation: Installation, prepared: PreparedIssue, standing: StoredIssue, asked: Asked) -> str:
    settings, database, newsletter = installation.settings, installation.database, prepared.newsletter
    with reading(database) as connection:
        frozen = editions_of(connection, standing.id)
    work = wiring.sending(
        settings, database, newsletter, standing, frozen, rates=asked.rates, connections=asked.connections
    )
    with ProgressDisplay(installation.console) as progress:
        outcome = deliver_here(work, progress)
    note_if_finished(wiring.journal(settings, database), database, standing, frozen, wiring.now())
    dispatch.expect(database, standing.id, wiring.now())  # what is left, for workers when it is due
    return send_words.tell_end(standing, outcome, waiting.waiting_for(database, standing, wiring.now()))


def _detach(database: Engine, standing: StoredIssue) -> None:
    dispatch.expect(database, standing.id, wiring.now())
    with reading(database) as connection:
        moment = dispatch.next_moment(connection, standing.id, wiring.now())
    if moment is None and standing.state is SendingState.FINISHED:
        say("Nothing was left to send.", err=True)
    else:
        send_words.say_detached(standing, awake=dispatch.somebody_works(database))


def _ask(yes: bool, people: int) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes.", hint="Without a terminal, add --yes.")
    if not click.confirm(f"Send it to {people:,} people?", err=True):
        raise click.Abort
