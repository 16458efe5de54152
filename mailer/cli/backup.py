"""``mailer backup`` and ``mailer restore``: everything in one file, and back without sending anything twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, pass_installation, say
from mailer.cli.subscriber_arguments import ask
from mailer.errors import MailerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mailer.flows.restoring import Restored


@click.command(
    epilog="""\b
Examples:
  mailer backup backup-$(date +%F).db        from cron, while everything goes on
  mailer backup /mnt/disk/mailer.db --yes    replaces the one of yesterday
\b
The file holds people's addresses, and only its owner can read it. mailer.toml, the secret key and the DKIM key are
not in it: keep them too, elsewhere. Without the oldest secret key suppressed addresses cannot be recognised.
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Replace FILE when it exists.")
@pass_installation
def backup(installation: Installation, file: Path, yes: bool) -> None:
    """Write everything into FILE: people, consent, issues, the ledger. Nothing has to stop for it."""
    from mailer.flows.backup import back_up, refuse_missing, refuse_overwriting

    refuse_missing(installation.settings.database)
    engine = installation.database
    refuse_overwriting(engine, file, yes=yes)
    written = back_up(engine, file, datetime.now(UTC))
    say(f"{file} is written and checked, {written.size_bytes / 1024:,.0f} KB.", err=True)


@click.command(
    epilog="""\b
Example:
  mailer restore backup-2026-05-01.db
\b
Stop the web app and the worker first. The database that is replaced is kept beside the new one.
"""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Replace the database without asking.")
@pass_installation
def restore(installation: Installation, file: Path, yes: bool) -> None:
    """Put the backup FILE back in the place of the database.

    Nothing is sent again because of it: what may have gone out after the backup is held for you to decide, and
    issues that the backup does not know are refused. Suppressions, goodbyes and erasures since then are kept.
    """
    from mailer.flows.journaling import journal_of
    from mailer.flows.restoring import look
    from mailer.flows.restoring import restore as put_back
    from mailer.flows.working import only_worker
    from mailer.store.database import database_file, open_database

    url = installation.settings.database
    engine = open_database(url)
    label = look(file)
    there = database_file(engine)
    if there is not None and there.exists() and there.stat().st_size:
        when = f" of {label.at:%Y-%m-%d %H:%M} UTC" if label.at else ""
        ask(f"Replace {there} by the backup{when}?", yes=yes)
    journal = journal_of(engine, installation.settings.folder)
    engine.dispose()
    with only_worker(engine) as alone:
        if not alone:
            raise MailerError(
                "a worker is running (mailer worker or mailer serve); nothing was changed.",
                hint="Stop it, restore, and start it again.",
            )
        done = put_back(url, file, journal, datetime.now(UTC))
    say("\n".join(_told(done)), err=True)


def _told(done: Restored) -> Iterator[str]:
    when = f" of {done.label.at:%Y-%m-%d %H:%M} UTC" if done.label.at else ""
    yield f"The backup{when} is the database now."
    if done.kept_aside is not None:
        yield f"The one that it replaced is kept as {done.kept_aside}; it holds addresses, remove it in time."
    if done.replaced_was_readable:
        yield (
            f"Kept of it: {done.suppressions:,} suppressions, {done.goodbyes:,} goodbyes, "
            "and what its ledger knows."
        )
    else:
        yield (
            "There was no database that could be read: who unsubscribed, was suppressed or erased since the "
            "backup is subscribed again. Look for such mails and bounces before you send."
        )
    if done.erased:
        yield f"{done.erased:,} people who were erased since are erased again."
    if done.notices:
        yield f"{done.notices:,} notices that may have gone out are not sent; the people can ask for new ones."
    for slug, rows in done.held.items():
        yield (
            f"{slug}: {rows:,} deliveries are held, because they may have been sent since the backup. "
            f"See: mailer report {slug} --outcome unknown. To send them all the same: "
            f"mailer retry {slug} --only unknown"
        )
    if done.guarded:
        yield f"Sent or begun since, and not sent again: {', '.join(done.guarded)}."
