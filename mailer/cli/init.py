"""``mailer init``: the first files of an installation."""

from __future__ import annotations

from pathlib import Path

import click

from mailer.cli.frame import say


@click.command(
    epilog="""\b
Examples:
  mailer init                 mailer.toml and secret.key in this folder
  mailer init newsletter/     in another one, which is made when missing
"""
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def init(folder: Path) -> None:
    """Write a commented mailer.toml and a secret key file (mode 600) into FOLDER. Nothing is overwritten."""
    from mailer.configuration.starting import start_installation

    settings, key = start_installation(folder)
    say(
        f"Wrote {settings} and {key}.\n"
        f"Next: set your mail server and newsletter in {settings}, keep {key.name} out of git,\n"
        "then `mailer subscribers import people.csv` and `mailer send issue.md --to you@example.org`.",
        err=True,
    )
