"""What the commands about people understand alike: an address, a language, a newsletter, a yes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import click

from mailer.cli.frame import Installation
from mailer.errors import UsageError
from subscribers.address import Address, AddressError, parse_address
from subscribers.tokens import TokenKeys

newsletter_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--newsletter", metavar="KEY", help="Which newsletter; needed with several."
)


def keys_of(installation: Installation) -> TokenKeys:
    return TokenKeys(installation.settings.signing_keys)


def address_of(typed: str) -> Address:
    try:
        return parse_address(typed, special_use=True)
    except AddressError as error:
        raise UsageError(f"{typed!r} is no address: {error.reason}") from None


def language_of(typed: str | None) -> str:
    tag = (typed or "").strip().lower().replace("_", "-")
    if tag and (len(tag) > 16 or not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", tag)):
        raise UsageError(f"{typed!r} is no language tag.", hint="Write it like de or pt-br.")
    return tag


def ask(question: str, *, yes: bool) -> None:
    """Go on only with a yes: from ``--yes``, or typed at a terminal; without either it is refused."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to say yes.", hint="Without a terminal, add --yes.")
    if not click.confirm(question, err=True):
        raise click.Abort
