"""``mailer db``: looking after the database by hand. Every command does it by itself on first use."""

from __future__ import annotations

import click

from mailer.cli.frame import Installation, pass_installation, say


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@pass_installation
def upgrade(installation: Installation) -> None:
    """Create the database or bring it to this version's tables; one newer than this version is refused."""
    from mailer.store.migrations import REVISIONS

    engine = installation.database
    say(f"{engine.url.render_as_string(hide_password=True)} is at revision {REVISIONS[-1]}.", err=True)
