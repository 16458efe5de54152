"""``mailer render``: an issue as HTML, text, MJML and whole messages, for looking at."""

from __future__ import annotations

from pathlib import Path

import click

from mailer.cli.frame import Installation, newsletter_for, pass_installation, say


@click.command(
    epilog="""\b
Examples:
  mailer render issue.md                 files of every language in this folder
  mailer render issue.md --out build/    in another one, which is made when missing
"""
)
@click.argument("issue", type=click.Path(path_type=Path))
@click.option("--newsletter", metavar="NAME", help="Which newsletter's look, when there are several.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder to write to."
)
@pass_installation
def render(installation: Installation, issue: Path, newsletter: str | None, out: Path) -> None:
    """Render ISSUE and its translations to SLUG.LANG.html, .txt, .eml and .mjml.

    An issue with errors is rendered as far as it goes; `mailer lint` says what is wrong with it.
    """
    from mailer.flows.gather import gather
    from mailer.flows.prepare import prepare
    from mailer.flows.render_files import write_files
    from mailer.resources import template_folders

    publication = newsletter_for(installation, newsletter, [issue])
    folders = template_folders(installation.settings_or_default.templates)
    (source_set,) = gather([issue], publication)
    prepared = prepare(source_set, publication, folders)
    for path in write_files(prepared, out):
        say(str(path))
    if prepared.errors:
        count = len(prepared.errors)
        stop = "1 error would stop" if count == 1 else f"{count} errors would stop"
        say(f"{stop} a sending; see: mailer lint {issue}", err=True)
