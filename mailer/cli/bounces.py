"""``mailer bounces``: read what came back from a file, a pipe or a mailbox, and list what is known of it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from mailer.cli.frame import Installation, newsletter_of, pass_installation, say
from mailer.errors import MailerError, UsageError

if TYPE_CHECKING:
    from mailer.flows.feedback import Outcome, Taken
    from mailer.settings import ImapSettings
    from mailer.store.bounces import StoredBounce

TRY_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h: a mail server keeps a mail whose pipe ends so, and tries again later."""
CLASSES: Final = ("hard", "soft", "policy", "complaint", "success")


@click.group()
def bounces() -> None:
    """Read bounces and complaints, and list what came back."""


@bounces.command(
    epilog="""\b
Examples:
  mailer bounces read bounce.eml --dry-run   what it says and what would follow; nothing is changed
  mailer bounces read --maildir ~/Maildir    every unread mail; what was understood is moved
  mailer bounces read --mbox /var/mail/news  the file is left as it is
  mailer bounces read --imap imaps://bounces@mail.example.org/INBOX
  mailer bounces read                        the mailbox of [bounces] in mailer.toml
  |/usr/bin/mailer --config /etc/mailer.toml bounces read -      in the mail server's aliases
"""
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="[FILE|-]...")
@click.option("--maildir", type=click.Path(path_type=Path, file_okay=False), help="A Maildir.")
@click.option("--mbox", type=click.Path(path_type=Path, dir_okay=False), help="An mbox file.")
@click.option("--imap", metavar="URL", help="A mailbox; its password comes from MAILER_IMAP_PASSWORD.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, one item a recipient.")
@click.option("--dry-run", is_flag=True, help="Say what it means and what would follow; change nothing.")
@pass_installation
def read(
    installation: Installation,
    files: tuple[Path, ...],
    maildir: Path | None,
    mbox: Path | None,
    imap: str | None,
    as_json: bool,
    dry_run: bool,
) -> int:
    """Read mail that came back, and let follow what follows: dead addresses and complaints are suppressed.

    Only mail that was understood is moved; auto-replies and other mail stay where they are. As the pipe of a mail
    server's alias it ends with 0, or with 75 when the mail should be tried again later.
    """
    if sum((bool(files), maildir is not None, mbox is not None, imap is not None)) > 1:
        raise UsageError("only one of FILE, --maildir, --mbox and --imap can be read at a time.")
    piped = [str(file) for file in files] == ["-"]
    try:
        session = _Session(installation, as_json=as_json, dry_run=dry_run, quiet=piped and not sys.stderr.isatty())
        if maildir is not None or mbox is not None or imap is not None:
            session.mailbox(maildir, mbox, _imap(installation, imap) if imap else None)
        elif files:
            session.files(files)
        else:
            piped = session.whatever_is_settled()
        session.close()
    except MailerError as error:
        if not piped:
            raise
        say(f"Error: {error}", err=True)
        return TRY_AGAIN
    except Exception as error:
        if not piped:
            raise
        say(f"Error: {type(error).__name__}; the mail should be tried again.", err=True)
        return TRY_AGAIN
    return 0


class _Session:
    """One run of ``read``: what it reads from, what it has counted, how it answers."""

    def __init__(self, installation: Installation, *, as_json: bool, dry_run: bool, quiet: bool) -> None:
        self._installation = installation
        self._as_json = as_json
        self._dry_run = dry_run
        self._quiet = quiet
        self._kinds: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        self._mails = self._understood = self._known = 0
        self._paused: list[str] = []
        self._separator = "["
        self._take_mail = self._taker()

    def files(self, files: Sequence[Path]) -> None:
        """Each file a mail or an mbox; "-" is standard input."""
        from mailer.intake.folders import mails_of_file

        for file in files:
            with _opened(file) as stream:
                for raw in mails_of_file(stream):
                    self._take(raw, _came_to() if str(file) == "-" else ())

    def mailbox(self, maildir: Path | None, mbox: Path | None, imap: ImapSettings | None) -> None:
        """One mailbox, of which only what was understood is moved."""
        from mailer.intake.folders import read_maildir, read_mbox

        changes = self._installation.is_configured and not self._dry_run
        moved_to = self._installation.settings.bounces.moved_to if changes else ""
        take = self._take if changes else self._untouched
        if maildir is not None:
            read_maildir(maildir, take, moved_to)
        if mbox is not None:
            read_mbox(mbox, take)
        if imap is not None:
            from mailer.intake.imap import open_mailbox

            with open_mailbox(imap, moved_to) as box:
                box.read(take)

    def whatever_is_settled(self) -> bool:
        """The mailboxes of mailer.toml; when there is none, standard input. Returns whether it was that."""
        settled = self._installation.settings.bounces if self._installation.is_configured else None
        if settled is not None and (settled.maildir or settled.mbox or settled.imap):
            self.mailbox(settled.maildir, settled.mbox, settled.imap)
            return False
        if sys.stdin.isatty():
            raise UsageError(
                "nothing to read.", hint="Name a file, --maildir, --mbox or --imap, or set imap in [bounces]."
            )
        self._quiet = not sys.stderr.isatty()
        self.files([Path("-")])
        return True

    def close(self) -> None:
        """Let refusals count as well, end the document, and say what was done."""
        if self._installation.is_configured and not self._dry_run:
            from mailer import wiring

            refusals = wiring.feedback(self._installation.settings, self._installation.database).settle_refusals()
            self._paused.extend(refusals.paused)
        if self._as_json:
            sys.stdout.write("[]\n" if self._separator == "[" else "\n]\n")
        for sentence in self._paused:
            say(sentence, err=True)
        if not self._quiet:
            say(self._summary(), err=True)

    def _taker(self) -> Any:
        """The function that makes an outcome of a mail and the envelope's recipients."""
        if self._installation.is_configured:
            from mailer import wiring

            feedback = wiring.feedback(
                self._installation.settings, self._installation.database, rehearse=self._dry_run
            )
            return feedback.take_mail
        if not (self._as_json or self._dry_run):
            self._installation.settings  # noqa: B018 -- says that there is no mailer.toml, and what to do
        from mailer.flows.feedback import only_read

        say("There is no mailer.toml here: mails are read, and nothing is looked up or changed.", err=True)
        return only_read

    def _take(self, raw: bytes, came_to: Sequence[str]) -> bool:
        outcome: Outcome = self._take_mail(raw, came_to)
        self._mails += 1
        self._understood += outcome.is_understood
        self._paused.extend(outcome.paused)
        for one in outcome.taken:
            self._kinds[one.bounce.kind.value] += 1
            self._actions[one.action.value] += one.fresh
            self._known += not one.fresh
            self._show(one)
        return outcome.is_understood

    def _untouched(self, raw: bytes, came_to: Sequence[str]) -> bool:
        self._take(raw, came_to)
        return False

    def _show(self, one: Taken) -> None:
        if self._as_json:
            sys.stdout.write(f"{self._separator}\n  " + json.dumps(_item(one), ensure_ascii=False))
            self._separator = ","
        elif not self._quiet:
            bounce = one.bounce
            code = bounce.enhanced_code or str(bounce.reply_code or "")
            whose = "" if one.match.delivered else "no delivery of ours; "
            what = f"{whose}{one.action.value}" + (f" ({one.why})" if one.why and one.match.delivered else "")
            say(f"{bounce.kind.value:<12}  {_recipient(one) or '(hidden)':<32}  {code:<7}  {what}", err=True)

    def _summary(self) -> str:
        left = self._mails - self._understood
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self._kinds.items())
        words = [
            f"{self._mails:,} {'mail' if self._mails == 1 else 'mails'} read" + (f": {kinds}." if kinds else ".")
        ]
        if self._known:
            words.append(f"{self._known:,} known before.")
        if suppressed := self._actions["suppress"]:
            words.append(f"{suppressed:,} {'would be' if self._dry_run else 'now'} suppressed.")
        if left:
            words.append(f"{left:,} left where {'it was' if left == 1 else 'they were'}.")
        if self._dry_run:
            words.append("Nothing was changed.")
        return " ".join(words)


@bounces.command("list")
@click.option("--newsletter", metavar="NAME", help="Only of this newsletter.")
@click.option("--issue", metavar="SLUG", help="Only about this issue.")
@click.option("--class", "kind", type=click.Choice(CLASSES), help="Only of this class.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@pass_installation
def list_(
    installation: Installation, newsletter: str | None, issue: str | None, kind: str | None, as_json: bool
) -> None:
    """List what came back, the latest first: by mail, by webhook, and refusals at SMTP time."""
    from mailer import wiring
    from mailer.bounce.bounce import Kind
    from mailer.store.bounces import list_bounces

    key = newsletter_of(installation, newsletter).key if newsletter else None
    engine = installation.database
    for sentence in wiring.feedback(installation.settings, engine).settle_refusals().paused:
        say(sentence, err=True)
    rows = list_bounces(engine, newsletter=key, slug=issue, kind=Kind(kind) if kind else None)
    separator = "["
    for row in rows:
        if as_json:
            sys.stdout.write(f"{separator}\n  " + json.dumps(_listed(row), ensure_ascii=False))
            separator = ","
        else:
            code = row.enhanced_code or str(row.reply_code or "")
            about = row.slug or ("a notice" if row.proof else "no delivery of ours")
            when = f"{row.at.astimezone():%Y-%m-%d %H:%M}"
            line = (
                f"{when}  {row.kind:<9}  {row.recipient or '(hidden)':<32}  {code:<7}  {about}  {row.diagnostic}"
            )
            sys.stdout.write(line.rstrip() + "\n")
    if as_json:
        sys.stdout.write("[]\n" if separator == "[" else "\n]\n")


def _item(one: Taken) -> dict[str, Any]:
    """An item of ``bounces read --json``."""
    bounce = one.bounce
    return {
        "class": bounce.kind.value,
        "recipient": _recipient(one),
        "enhanced_code": bounce.enhanced_code,
        "reply_code": bounce.reply_code,
        "reason": bounce.reason.value,
        "diagnostic": bounce.diagnostic,
        "matched": one.match.delivered is not None,
    }


def _recipient(one: Taken) -> str:
    """Who the report names; where it hides that, who the mail went to."""
    return one.bounce.recipient or (one.match.delivered.address if one.match.delivered else "")


def _listed(row: StoredBounce) -> dict[str, Any]:
    """An item of ``bounces list --json``."""
    from mailer.cli.words import utc

    return {
        "at": utc(row.at),
        "class": row.kind,
        "recipient": row.recipient,
        "enhanced_code": row.enhanced_code,
        "reply_code": row.reply_code,
        "reason": row.reason,
        "diagnostic": row.diagnostic,
        "matched": bool(row.proof),
        "newsletter": row.newsletter,
        "issue": row.slug,
        "source": row.source,
        "proof": row.proof,
        "action": row.action,
    }


def _imap(installation: Installation, url: str) -> ImapSettings:
    """The mailbox of a URL on the command line; certificates and password as settled."""
    from mailer.configuration.feedback import imap_url

    try:
        given = imap_url(url)
    except ValueError as error:
        raise UsageError(f"the address {error}.", where="--imap") from None
    settled = installation.settings.bounces.imap if installation.is_configured else None
    password = os.environ.get("MAILER_IMAP_PASSWORD", "") or given.password
    if settled is not None and (settled.host, settled.username) == (given.host, given.username):
        return replace(given, password=password or settled.password, tls=settled.tls, ca_file=settled.ca_file)
    return replace(given, password=password)


def _came_to() -> tuple[str, ...]:
    """Whom the mail server says that the piped mail came to: Postfix and Exim set these for a pipe."""
    told = [os.environ.get(name, "") for name in ("ORIGINAL_RECIPIENT", "RECIPIENT")]
    return tuple(address for address in told if "@" in address)


class _Stdin:
    """Standard input as a context that leaves it open."""

    def __enter__(self) -> BinaryIO:
        return sys.stdin.buffer

    def __exit__(self, *_: object) -> None:
        return None


def _opened(file: Path) -> _Stdin | BinaryIO:
    if str(file) == "-":
        return _Stdin()
    try:
        return file.open("rb")
    except OSError as error:
        hint = "For a Maildir: --maildir." if file.is_dir() else ""
        raise UsageError(f"it cannot be read: {error.strerror}.", where=str(file), hint=hint) from None
