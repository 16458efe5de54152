"""``mailer subscribers erase``: at a person's wish, keep nothing of them but a keyed hash."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from mailer.cli.frame import Installation, pass_installation, say
from mailer.cli.subscriber_arguments import address_of, ask, keys_of
from mailer.errors import MailerError


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_installation
def erase(installation: Installation, address: str, yes: bool) -> None:
    """Erase everything that is kept about ADDRESS, in every newsletter.

    A keyed hash of the address stays, so that nothing is ever sent there again, whatever is imported or restored.
    Reports still count the person's deliveries, without saying whose they were.

    \b
    mailer subscribers erase ada@example.org
    """
    from mailer.store.database import writing
    from mailer.store.erasing import forget_person
    from subscribers import erasing

    parsed = address_of(address)
    digest = keys_of(installation).address_hash(parsed.key)
    database = installation.database
    ask(f"Erase everything about {parsed}? This cannot be undone.", yes=yes)
    with writing(database) as connection:
        erased = erasing.erase(connection, parsed.key, digest, forget_person, datetime.now(UTC))
    if not erased.was_known:
        raise MailerError(
            f"nothing is kept about {parsed}.", hint="It is suppressed now all the same, as after an erasure."
        )
    what = "subscription" if erased.subscriptions == 1 else "subscriptions"
    say(
        f"{parsed} is erased, with {erased.subscriptions} {what}. Backups made before still hold the person; "
        "restoring one erases them again.",
        err=True,
    )
