"""What ``mailer send`` says to a person: what will happen, how the issue stands, who waits, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.table import Table

from mailer.cli.frame import Installation, say
from mailer.cli.words import counts_sentence, local
from mailer.delivery.model import Ending, Outcome
from mailer.flows.prepare import PreparedEdition, PreparedIssue
from mailer.flows.publish import Outlook
from mailer.settings import SmtpSettings
from mailer.store.editions import StoredIssue
from mailer.store.holding import Held
from mailer.store.states import SendingState


def show_outlook(
    installation: Installation, prepared: PreparedIssue, outlook: Outlook, connections: int | None
) -> None:

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


def say_standing(standing: StoredIssue) -> None:

    if standing.state is SendingState.FINISHED:
        say(
            f"{standing.slug} was sent before, to {standing.audience:,} people; looking for what is left.",
            err=True,
        )
    else:
        say(f"Going on with {standing.slug}.", err=True)


def say_waiting(held: Sequence[Held], late: Sequence[PreparedEdition]) -> None:
    """Which translations came late, and who is waiting for which language."""

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


def say_scheduled(issue: StoredIssue, until: datetime) -> None:

    say(f"{issue.slug} is scheduled for {local(until)}, to {issue.audience:,} people as of now.", err=True)
    say("It goes when a worker runs then: mailer serve (on SQLite), or mailer worker.", err=True)


def say_detached(issue: StoredIssue, *, awake: bool) -> None:

    say(
        f"{issue.slug} is left to the worker, to {issue.audience:,} people. See: mailer status {issue.slug}",
        err=True,
    )
    if not awake:
        say("No worker runs now: start one with mailer worker, or on SQLite with mailer serve as well.", err=True)


def tell_end(issue: StoredIssue, outcome: Outcome, held: Sequence[Held]) -> str:
    """Say how it ended; returns a sentence when work is left."""

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
