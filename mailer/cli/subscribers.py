"""``mailer subscribers``: put people in, look them up, let them go. Data on stdout, words on stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click

from mailer.cli import subscriber_words as words
from mailer.cli.frame import Installation, newsletter_of, pass_installation, say
from mailer.cli.subscriber_arguments import address_of, keys_of, language_of, newsletter_option
from mailer.cli.subscriber_erase import erase
from mailer.cli.subscriber_import import import_
from mailer.cli.subscriber_stats import stats
from mailer.errors import MailerError, UsageError
from subscribers.consent import Event

STATUSES = ("pending", "subscribed", "unsubscribed", "suppressed")


@click.group()
def subscribers() -> None:
    """Add, import, list and show subscribers."""


subscribers.add_command(import_)
subscribers.add_command(erase)
subscribers.add_command(stats)


@subscribers.command()
@click.argument("address")
@newsletter_option
@click.option("--language", metavar="TAG", help="Such as de or pt-br; else the newsletter's first language.")
@pass_installation
def add(installation: Installation, address: str, newsletter: str | None, language: str | None) -> None:
    """Subscribe ADDRESS at once. You answer for the person's consent, and the history says so.

    \b
    mailer subscribers add ada@example.org --language de
    """
    from mailer.store.database import writing
    from subscribers import store
    from subscribers.subscription import Refusal

    chosen = newsletter_of(installation, newsletter)
    parsed, now = address_of(address), datetime.now(UTC)
    with writing(installation.database) as connection:
        outcome = store.add(
            connection,
            parsed,
            keys_of(installation).address_hash(parsed.key),
            newsletter=chosen.key,
            language=language_of(language) or chosen.fallback_language,
            event=Event.ADDED,
            evidence={"by": "mailer subscribers add"},
            now=now,
            source="operator",
        )
    if isinstance(outcome, Refusal):
        raise MailerError(f"{parsed} was not added to {chosen.key}, because the person {outcome.reason}.")
    say(f"{outcome.address} is subscribed to {chosen.key} ({outcome.language}).", err=True)


@subscribers.command("list")
@newsletter_option
@click.option("--status", type=click.Choice(STATUSES), help="Only people who stand like this.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@pass_installation
def list_(installation: Installation, newsletter: str | None, status: str | None, as_json: bool) -> None:
    """List subscriptions: address, newsletter, status, language, since."""
    from mailer.store.database import reading
    from subscribers.roster import everybody

    key = newsletter_of(installation, newsletter).key if newsletter else None
    with reading(installation.database) as connection:
        lines = everybody(connection, newsletter=key, status=status)
        if as_json:
            _write_json_array(map(words.listed_json, lines))
            return
        for line in lines:
            since = f"{line.since:%Y-%m-%d %H:%M}"
            click.echo("\t".join((line.address, line.newsletter, line.status, line.language, since)))


@subscribers.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@pass_installation
def show(installation: Installation, address: str, as_json: bool) -> None:
    """Show everything that is kept about ADDRESS: subscriptions, consent, suppressions, issues."""
    from mailer.store.database import reading
    from mailer.store.person import deliveries_of
    from subscribers.roster import person

    parsed = address_of(address)
    with reading(installation.database) as connection:
        found = person(connection, parsed.key, keys_of(installation).address_hash(parsed.key))
        theirs = [listed.subscription_id for listed, _ in found.subscriptions] if found else []
        sent = deliveries_of(connection, theirs)
    if found is None:
        raise MailerError(f"nothing is known of {parsed}.")
    if as_json:
        click.echo(json.dumps(words.person_json(found, sent), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(words.person_text(found, sent)))


@subscribers.command()
@click.argument("address")
@newsletter_option
@pass_installation
def unsubscribe(installation: Installation, address: str, newsletter: str | None) -> None:
    """Unsubscribe ADDRESS, at the person's wish."""
    from mailer.store.database import writing
    from subscribers import store

    chosen, parsed = newsletter_of(installation, newsletter), address_of(address)
    with writing(installation.database) as connection:
        known = store.unsubscribe(
            connection, parsed.key, chosen.key, {"by": "mailer subscribers unsubscribe"}, datetime.now(UTC)
        )
    if not known:
        raise MailerError(f"{parsed} has no subscription to {chosen.key}.")
    say(f"{parsed} is unsubscribed from {chosen.key}.", err=True)


@subscribers.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), default="-")
@click.option("--newsletter", metavar="KEY", help="Only this newsletter.")
@pass_installation
def export(installation: Installation, file: str, newsletter: str | None) -> None:
    """Write everybody as CSV to FILE (which must not exist yet) or to stdout; import reads it back.

    With them go their histories, pauses and suppressions. What is kept of people who were erased is in a backup
    only.
    """
    from mailer.store.database import reading
    from subscribers.roster import export_people

    key = newsletter_of(installation, newsletter).key if newsletter else None
    with reading(installation.database) as connection, _written(file) as text:
        writer = csv.writer(text)
        writer.writerow(words.EXPORT_COLUMNS)
        count = 0
        for one in export_people(connection, newsletter=key):
            writer.writerow(words.export_row(one))
            count += 1
    say(f"{count:,} subscriptions written.", err=True)


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", metavar="KEY", help="Only in the name of this newsletter; else of all.")
@pass_installation
def suppress(installation: Installation, address: str, newsletter: str | None) -> None:
    """Never send anything to ADDRESS again, whatever is imported or restored."""
    from mailer.store.database import writing
    from subscribers import store

    key = newsletter_of(installation, newsletter).key if newsletter else store.EVERY_NEWSLETTER
    parsed = address_of(address)
    digest = keys_of(installation).address_hash(parsed.key)
    with writing(installation.database) as connection:
        fresh = store.suppress(connection, digest, reason="by-hand", now=datetime.now(UTC), newsletter=key)
    say(f"{parsed} is suppressed." if fresh else f"{parsed} was suppressed before.", err=True)


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", metavar="KEY", help="The suppression of this newsletter; else the one of all.")
@click.option("--reason", default="", help="Why; it is kept in the person's history.")
@pass_installation
def unsuppress(installation: Installation, address: str, newsletter: str | None, reason: str) -> None:
    """Lift the suppression of ADDRESS, for example after a mistake."""
    _free(installation, address, newsletter, reason)


@subscribers.command()
@click.argument("address")
@click.option("--newsletter", metavar="KEY", help="The suppression of this newsletter; else the one of all.")
@click.option("--reason", required=True, help="Why; it is kept in the person's history.")
@pass_installation
def free(installation: Installation, address: str, newsletter: str | None, reason: str) -> None:
    """Let ADDRESS get mail again after bounces or a complaint suppressed it. Soft bounces count anew.

    \b
    mailer subscribers free ada@example.org --reason "wrote that her mailbox works again"
    """
    if not reason.strip():
        raise UsageError("the reason is empty.", where="--reason", hint="Say why the address is good again.")
    _free(installation, address, newsletter, reason.strip())


def _free(installation: Installation, address: str, newsletter: str | None, reason: str) -> None:
    from mailer.store.database import writing
    from subscribers import store

    key = newsletter_of(installation, newsletter).key if newsletter else store.EVERY_NEWSLETTER
    parsed = address_of(address)
    digest = keys_of(installation).address_hash(parsed.key)
    with writing(installation.database) as connection:
        lifted = store.free(connection, parsed.key, digest, reason=reason, now=datetime.now(UTC), newsletter=key)
    if not lifted:
        raise MailerError(f"{parsed} is not suppressed{f' for {key}' if key else ' for all newsletters'}.")
    say(f"{parsed} is no longer suppressed.", err=True)


@contextmanager
def _written(file: str) -> Iterator[IO[str]]:
    if file == "-":
        yield sys.stdout
        return
    path = Path(file)
    try:
        path.touch(mode=0o600, exist_ok=False)  # people's addresses: for this user only
    except FileExistsError:
        raise UsageError("it exists already.", where=file, hint="Name another file.") from None
    with path.open("w", encoding="utf-8", newline="") as text:
        yield text


def _write_json_array(items: Iterator[dict[str, object]]) -> None:
    """One document, written as it comes: a list may be longer than memory."""
    click.echo("[", nl=False)
    for number, item in enumerate(items):
        click.echo(("," if number else "") + "\n" + json.dumps(item, ensure_ascii=False), nl=False)
    click.echo("\n]")
