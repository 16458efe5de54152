"""What is examined: the settings, and how far the examination may go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from mailer.delivery.connect import is_loopback
from mailer.doctor.names import Address, Names, NoAnswer
from mailer.doctor.own_address import own_addresses
from mailer.errors import MailerError
from mailer.newsletter import Newsletter
from mailer.render.headers import bounce_domain, sender_of
from mailer.settings import Settings

CONNECT_SECONDS: Final = 8.0  # for each step on the network: a server that takes longer spoils a sending too


@dataclass(frozen=True)
class Senders:
    """The addresses that mail leaves from; ``known`` when the operator named them, else they are a guess."""

    addresses: tuple[Address, ...]
    known: bool
    why: str  # "named with --sending-ip", "the addresses of mail.example.org"


@dataclass(frozen=True)
class Case:
    """One examination. ``now`` is the clock; ``newsletters`` are those to look at."""

    settings: Settings
    config_path: Path
    names: Names
    now: Callable[[], datetime]
    newsletters: tuple[Newsletter, ...]
    send_to: str = ""  # an address in wire form for a real message
    sending_addresses: tuple[Address, ...] = ()
    probe_mailboxes: bool = False  # ask the domains' own mail servers for postmaster@ and abuse@
    folders: tuple[Path, ...] = ()  # where templates are looked for, the installation's own first
    mail_port: int = 25
    seconds: float = CONNECT_SECONDS
    without_secrets: bool = field(default=False)  # the key files cannot be used: what needs them is left out

    @cached_property
    def senders(self) -> Senders:
        """Where mail leaves from, as far as anybody can tell."""
        if self.sending_addresses:
            return Senders(self.sending_addresses, True, "named with --sending-ip")
        host = self.settings.smtp.host
        if is_loopback(host):
            found = own_addresses()
            return Senders(found, False, "this machine's own" if found else "behind a mail server on this machine")
        try:
            return Senders(tuple(self.names.addresses(host)), False, f"the addresses of {host}")
        except NoAnswer:
            return Senders((), False, f"those of {host} are not known")

    def domains(self) -> Iterator[tuple[Newsletter, str, str]]:
        """Each newsletter whose domains can be read: (newsletter, domain of From, domain of the return path)."""
        for newsletter in self.newsletters:
            try:
                yield newsletter, sender_of(newsletter).domain.lower(), bounce_domain(newsletter)
            except MailerError:
                continue  # the check of the settings says so
