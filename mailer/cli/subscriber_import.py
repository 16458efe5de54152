"""``mailer subscribers import``: say first what a file would do, then do it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from mailer.cli import subscriber_words as words
from mailer.cli.frame import Installation, newsletter_of, pass_installation, say
from mailer.cli.subscriber_arguments import keys_of
from mailer.errors import MailerError, UsageError

if TYPE_CHECKING:
    from subscribers.bulk import ImportResult
    from subscribers.importing import ImportFile
    from subscribers.reconfirming import Reconfirm

PER_HOUR = 200.0


@click.command(
    "import",
    epilog="""\b
Examples:
  mailer subscribers import people.csv --dry-run
  mailer subscribers import subscribed_members_export_1.csv
  mailer subscribers import old-list.txt --reconfirm --per-hour 100
\b
Known are the exports of Mailchimp, listmonk, Substack, Buttondown and TinyLetter (CSV), of Mailman 3 (CSV, or one
address a line) and of Mailman 2 (list_members, or dumpdb config.pck), and what mailer subscribers export writes.
""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--newsletter", metavar="KEY", help="For rows that name no newsletter; needed with several.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not show first what would happen, and do not ask.")
@click.option("--reconfirm", is_flag=True, help="Subscribe nobody: ask each person once by mail, and never again.")
@click.option(
    "--per-hour",
    type=click.FloatRange(min=0, min_open=True),
    metavar="COUNT",
    help=f"With --reconfirm, how many people are asked in an hour; {PER_HOUR:g} unless given.",
)
@pass_installation
def import_(
    installation: Installation,
    file: str,
    newsletter: str | None,
    dry_run: bool,
    yes: bool,
    reconfirm: bool,
    per_hour: float | None,
) -> None:
    """Take people over from FILE, or from - for standard input.

    A CSV file's first line names the columns: email, and perhaps language, newsletter, status, subscribed_at,
    confirmed_at, source and ip. People are subscribed unless their status says pending, unsubscribed or
    suppressed. Nobody is imported twice, and who unsubscribed or is suppressed stays so.

    On a terminal it shows what would happen and asks.
    """
    from subscribers.importing import ImportRefused, examine
    from subscribers.reconfirming import Reconfirm

    if per_hour is not None and not reconfirm:
        raise UsageError("--per-hour goes with --reconfirm.", hint="Other people are not written to.")
    asking = Reconfirm(per_hour or PER_HOUR) if reconfirm else None
    name = "standard input" if file == "-" else Path(file).name
    with _opened(file) as stream:
        asks_first = not (dry_run or yes) and file != "-" and sys.stdin.isatty()
        try:
            found = examine(stream, name)
            say(words.file_found(found), err=True)
            if dry_run or asks_first:
                result = _run(installation, stream, found, newsletter, asking, rehearse=True, quiet=False)
                say(words.import_result(result, dry_run=True), err=True)
                if dry_run or not _wanted(result):
                    return
            result = _run(installation, stream, found, newsletter, asking, rehearse=False, quiet=asks_first)
        except ImportRefused as refusal:
            where = f"{file}:{refusal.line}" if refusal.line else file
            raise MailerError(refusal.reason, where=where) from None
    say(words.import_result(result, dry_run=False), err=True)


def _wanted(result: ImportResult) -> bool:
    if not result.total_imported:
        say("There is nobody to import.", err=True)
        return False
    if not click.confirm(f"Import {result.total_imported:,} people?", err=True):
        raise click.Abort
    return True


def _run(
    installation: Installation,
    stream: BinaryIO,
    found: ImportFile,
    newsletter: str | None,
    asking: Reconfirm | None,
    *,
    rehearse: bool,
    quiet: bool,
) -> ImportResult:
    """Read the rows and hand them over; ``quiet``: the rejected ones were named before."""
    from subscribers.bulk import import_people
    from subscribers.importing import read_rows

    known = installation.settings.newsletters
    chosen = newsletter_of(installation, newsletter).key if newsletter or len(known) < 2 else None
    if chosen is None and "newsletter" not in found.columns:
        newsletter_of(installation, None)  # says which there are
    languages = {key: one.fallback_language for key, one in known.items()}
    return import_people(
        installation.database,
        keys_of(installation),
        found,
        read_rows(stream, found, newsletter=chosen, newsletters=languages),
        command="mailer subscribers import" + (" --reconfirm" if asking else ""),
        now=datetime.now(UTC),
        rehearse=rehearse,
        reconfirm=asking,
        on_rejected=lambda row: None if quiet else say(words.rejected(found.name, row), err=True),
        on_progress=words.Progress(lambda line: say(line, err=True)),
    )


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, or standard input copied into one, because it is read twice."""
    if file != "-":
        with Path(file).open("rb") as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        yield copy
