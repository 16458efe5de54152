"""``mailer subscribers stats``: how a newsletter grew, as a table, JSON or a picture."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from mailer.cli.frame import Installation, newsletter_of, pass_installation, say
from mailer.cli.subscriber_arguments import newsletter_option
from mailer.errors import UsageError

WEEKS = 26


@click.command()
@newsletter_option
@click.option("--weeks", type=click.IntRange(1), help=f"The last so many weeks; {WEEKS} unless given.")
@click.option("--all", "everything", is_flag=True, help="All weeks since the first.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, with all weeks.")
@pass_installation
def stats(
    installation: Installation,
    newsletter: str | None,
    weeks: int | None,
    everything: bool,
    svg: Path | None,
    as_json: bool,
) -> None:
    """Show how a newsletter grew, week by week: who came, who left, how many there were.

    Nobody is tracked: it is counted from the record of consent.

    \b
    mailer subscribers stats --weeks 12 --svg growth.svg
    """
    from mailer.cli import growth_words as words
    from mailer.store.database import reading
    from subscribers.growth import growth

    chosen = newsletter_of(installation, newsletter)
    with reading(installation.database) as connection:
        found = growth(connection, chosen.key, datetime.now(UTC).date())
    shown = found if everything or (as_json and weeks is None) else found[-(weeks or WEEKS) :]
    if svg is not None:
        if not shown:
            raise UsageError(f"{chosen.name} has no subscribers yet, so there is nothing to draw.")
        svg.write_text(words.growth_svg(f"Subscribers of {chosen.name}", shown), encoding="utf-8")
        say(f"{svg} is written.", err=True)
    if as_json:
        click.echo(json.dumps(words.growth_json(chosen.key, shown), indent=2))
    elif not shown:
        say(f"{chosen.name} has no subscribers yet.", err=True)
    elif svg is None:
        plain = "utf" not in (getattr(sys.stdout, "encoding", None) or "").lower()
        click.echo("\n".join(words.growth_table(shown, ascii_only=plain)))
