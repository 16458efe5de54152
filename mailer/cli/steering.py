"""``mailer retry``, ``pause``, ``resume`` and ``cancel``: a person takes the wheel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from mailer.cli.frame import Installation, pass_installation, say

newsletter_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--newsletter", metavar="NAME", help="Which newsletter, when there are several."
)


@click.command(
    epilog="""\b
Examples:
  mailer retry 2026-05-01-spring --only deferred    try those now that would wait
  mailer retry 2026-05-01-spring --only refused     after the mail server's mistake was mended
"""
)
@click.argument("slug")
@click.option("--only", type=click.Choice(["deferred", "refused", "unknown"]), required=True)
@newsletter_option
@pass_installation
def retry(installation: Installation, slug: str, only: str, newsletter: str | None) -> None:
    """Queue the deliveries of SLUG with one outcome again, as if they had never been tried.

    Who was suppressed meanwhile, because the address is dead, is skipped all the same.
    """
    from mailer.flows import steer
    from mailer.store.states import DeliveryState

    say(steer.retry(installation.database, slug, newsletter, DeliveryState(only), datetime.now(UTC)), err=True)


@click.command()
@click.argument("slug")
@newsletter_option
@pass_installation
def pause(installation: Installation, slug: str, newsletter: str | None) -> None:
    """Pause the sending of SLUG: what is on its way is finished, nothing else begins."""
    from mailer.flows import steer

    say(steer.pause(installation.database, slug, newsletter), err=True)


@click.command()
@click.argument("slug")
@newsletter_option
@pass_installation
def resume(installation: Installation, slug: str, newsletter: str | None) -> None:
    """Let the paused sending of SLUG go on."""
    from mailer.flows import steer

    say(steer.resume(installation.database, slug, newsletter), err=True)


@click.command()
@click.argument("slug")
@newsletter_option
@pass_installation
def cancel(installation: Installation, slug: str, newsletter: str | None) -> None:
    """Stop the sending of SLUG for good: who does not have it yet will not get it."""
    from mailer.flows import steer

    say(steer.cancel(installation.database, slug, newsletter, datetime.now(UTC)), err=True)
