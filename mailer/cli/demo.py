"""``mailer demo``: the whole trip on this machine, made of the commands that an editor would type."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailer.cli.frame import Installation, main, pass_installation, say
from mailer.errors import MailerError, UsageError, WorkLeft

if TYPE_CHECKING:
    from mailer.demo.site import Site

MOST_SUBSCRIBERS = 1_000_000
LONGEST_REPORT = 1_000  # one in 25 is refused: more lines than that nobody reads


@click.command(
    epilog="""\b
Examples:
  mailer demo                          500 invented people, a few seconds
  mailer demo --subscribers 20000      how it goes with more
  mailer demo --folder /tmp/demo       in a folder of your choice
  mailer demo --serve                  then open http://localhost:8080/ and subscribe; the mail is caught too
"""
)
@click.option(
    "--subscribers", type=click.IntRange(1, MOST_SUBSCRIBERS), default=500, show_default=True, metavar="N"
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where; else a temporary folder.")
@click.option("--serve", is_flag=True, help="Afterwards run the web app and the worker on it, until Ctrl-C.")
@pass_installation
def demo(_installation: Installation, subscribers: int, folder: Path | None, serve: bool) -> None:
    """Send a sample issue in three languages to N invented people, through a real mail server on this machine.

    Nothing has to be configured and nothing leaves the machine: the server keeps the mail in a Maildir. It turns
    some people away, so that the report has something to tell.
    """
    from mailer.demo.catcher import Catcher
    from mailer.demo.people import replies
    from mailer.demo.site import lay_out

    folder = _folder(folder)
    with Catcher(folder / "Maildir", replies(subscribers)) as catcher:
        site = lay_out(folder, catcher.url, subscribers)
        say(f"A newsletter of {subscribers:,} invented people lies in {folder}.", err=True)
        _type(site, "subscribers", "import", str(site.people))
        _type(site, "lint", str(site.issue))
        _type(site, "send", str(site.issue), "--yes")
        if subscribers <= LONGEST_REPORT:
            _type(site, "report", site.slug, "--outcome", "refused")
        _tell(site, subscribers)
        if serve:
            _serve(site)


def _serve(site: Site) -> None:
    """The web app at the address that the demo's settings name, while its mail server still catches."""
    import signal
    import subprocess

    say(f"\nOpen {site.url}; mail to whoever subscribes there lands in {site.maildir}.", err=True)
    words = ["--config", str(site.settings), "serve", "--port", str(site.port)]
    server = subprocess.Popen([sys.executable, "-c", "from mailer.cli import main; main()", *words])  # noqa: S603 -- our own command
    signal.signal(signal.SIGTERM, lambda _number, _frame: server.terminate())
    try:
        server.wait()
    except KeyboardInterrupt:  # Ctrl-C reached the server as well: it finishes what it has begun
        server.wait()
    if server.returncode > 0:
        raise MailerError("the web app could not be opened; what it said stands above.")


def _folder(wanted: Path | None) -> Path:
    if wanted is None:
        return Path(tempfile.mkdtemp(prefix="newsletter-demo-"))
    if wanted.exists() and any(wanted.iterdir()):
        raise UsageError("is not empty.", where=str(wanted), hint="Name a folder that is not there yet.")
    return wanted.absolute()


def _type(site: Site, *words: str) -> None:
    """Run a command as if it had been typed; work that is left is what the demo wants to show."""
    shown = " ".join(word.removeprefix(f"{site.folder}/") for word in words)
    say(click.style(f"\n$ mailer {shown}", bold=True), err=True)
    try:
        result = main.main(
            ["--config", str(site.settings), *words], standalone_mode=False, obj=Installation(site.settings)
        )
    except WorkLeft as left:
        say(str(left).replace(f"{site.folder}/", ""), err=True)
        return
    if isinstance(result, int) and result != 0:
        raise MailerError(f"`mailer {words[0]}` ended with {result}.", where=str(site.folder))


def _tell(site: Site, subscribers: int) -> None:
    """Count what the mail server caught, compare it with the ledger, and say where everything is."""
    from mailer.cli.words import counts_sentence
    from mailer.flows.status import issue_named
    from mailer.store import ledger
    from mailer.store.database import reading
    from mailer.store.states import DeliveryState

    installation = Installation(site.settings)
    try:
        with reading(installation.database) as connection:
            counts = ledger.counts(connection, issue_named(connection, site.slug).id)
    finally:
        installation.close()
    caught = sum(1 for _ in (site.maildir / "new").iterdir())
    accepted = counts[DeliveryState.ACCEPTED]
    if caught != accepted:
        raise MailerError(
            f"{accepted:,} were accepted, but {caught:,} messages were caught.", where=str(site.maildir)
        )
    audience = sum(counts.values())
    config = f"mailer --config {site.settings}"
    say(
        f"\nOf {subscribers:,} people, {subscribers - audience:,} are suppressed; the others are the audience:\n"
        f"{counts_sentence({state.value: count for state, count in counts.items()})}.\n"
        f"The Maildir holds {caught:,} messages, one for each accepted delivery. Look around:\n"
        f"  mutt -f {site.maildir}\n"
        f"  {config} report {site.slug}\n"
        f"  {config} render {site.issue} --out {site.folder / 'rendered'}\n"
        f"  {config} subscribers list\n"
        f"When you have seen enough: rm -r {site.folder}",
        err=True,
    )
