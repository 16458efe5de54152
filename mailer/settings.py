"""What the operator settled: mailer.toml and the environment, as one frozen value.

Names are those of docs/settings.md. Secrets are kept out of ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from mailer.bounce.policy import Rules
from mailer.errors import SettingsError
from mailer.newsletter import Newsletter
from subscribers.rules import SubscribeRules


class Tls(StrEnum):
    """What the way to the mail server must be."""

    REQUIRED = "required"
    OPPORTUNISTIC = "opportunistic"
    NONE = "none"  # loopback only


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` messages in any ``window_seconds``: "30/minute" is (30, 60)."""

    count: int
    window_seconds: int

    def __str__(self) -> str:
        names = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
        return f"{self.count}/{names.get(self.window_seconds, f'{self.window_seconds}s')}"


@dataclass(frozen=True, slots=True)
class DomainLimit:
    """What one receiving domain gets from us, on top of the server's own limits."""

    rate: tuple[Rate, ...] = ()
    connections: int = 0  # messages on their way to it at once; 0: as many as there are connections
    also: tuple[str, ...] = ()  # domains that are counted with it


@dataclass(frozen=True, slots=True)
class Ramp:
    """A new sender's volume: ``first`` messages a day, ``growth`` times as many after each day that was used."""

    first: int
    growth: float

    def on_day(self, number: int) -> int:
        """Messages in 24 hours; ``number`` is 0 on the first day."""
        limit = 1_000_000_000  # as many as any rate may be
        return limit if number >= 500 else int(min(self.first * self.growth**number, limit))


@dataclass(frozen=True, slots=True)
class Hours:
    """The part of the day in which issues are sent; one that ends before it begins goes over midnight."""

    begins: time
    ends: time
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server, how to reach it and how much it may be asked."""

    host: str = "localhost"
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    implicit_tls: bool = False  # smtps://
    tls: Tls = Tls.REQUIRED
    ca_file: Path | None = None  # trusted beside the system's, for a server with a certificate of one's own
    connections: int = 4
    rate: tuple[Rate, ...] = ()
    helo: str = ""  # "" : this host's name
    timeout_seconds: float = 60.0  # for connecting and for each reply but the one to the final dot
    domains: Mapping[str, DomainLimit] = field(default_factory=dict, hash=False)  # by recipients' domain
    ramp: Ramp | None = None
    hours: Hours | None = None  # None: at any time


@dataclass(frozen=True, slots=True)
class DkimSettings:
    """A key to sign with; absent when the relay signs. A second one, Ed25519, is for those who verify it."""

    domain: str
    selector: str
    key_file: Path
    ed25519_selector: str = ""
    ed25519_key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the web app is reached."""

    proxies: int = 0  # how many of our own stand in front of it; their X-Forwarded-For and -Proto are believed


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """The mailbox that bounces come to, when it lies on a server."""

    host: str
    port: int = 993
    username: str = ""
    password: str = field(default="", repr=False)
    implicit_tls: bool = True  # imaps://; else STARTTLS
    tls: Tls = Tls.REQUIRED  # or NONE, on loopback
    folder: str = "INBOX"
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class BounceSettings:
    """Where mail that comes back is found, and what follows from it."""

    imap: ImapSettings | None = None
    maildir: Path | None = None
    mbox: Path | None = None
    moved_to: str = (
        "Processed"  # the folder for mail that was understood; "" leaves it where it is, marked as read
    )
    lmtp: str = ""  # "127.0.0.1:2424" or "unix:/run/mailer/lmtp"; "": nobody listens
    poll_seconds: int = 300  # between two looks into a mailbox whose server does not tell by itself
    rules: Rules = field(default_factory=Rules)


@dataclass(frozen=True, slots=True)
class HookSettings:
    """What a provider of webhooks proves itself by."""

    secrets: tuple[str, ...] = field(default=(), repr=False)  # newest first
    public_key: str = ""  # SendGrid's verification key
    topics: tuple[str, ...] = ()  # ARNs of Amazon SNS topics that may speak


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything settled for one installation."""

    folder: Path  # paths in mailer.toml are relative to it
    database: str = field(default="sqlite:///mailer.db", repr=False)  # may hold a password
    base_url: str = "http://localhost:8080"
    secret_keys: tuple[bytes, ...] = field(default=(), repr=False)  # newest first
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    newsletters: Mapping[str, Newsletter] = field(default_factory=dict)
    dkim: Mapping[str, DkimSettings] = field(default_factory=dict)  # by newsletter key
    web: WebSettings = field(default_factory=WebSettings)
    subscribe: SubscribeRules = field(default_factory=SubscribeRules)
    bounces: BounceSettings = field(default_factory=BounceSettings)
    hooks: Mapping[str, HookSettings] = field(default_factory=dict)  # by provider

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """The secret keys, newest first, for work that needs one; raises ``SettingsError`` when there is none."""
        if not self.secret_keys:
            raise SettingsError(
                "secret_key_file is missing: without a key no link can be signed.",
                where=str(self.folder / "mailer.toml"),
                hint="Name the file that `mailer init` makes in an empty folder, or set MAILER_SECRET_KEY.",
            )
        return self.secret_keys

    @property
    def templates(self) -> Path | None:
        own = self.folder / "templates"
        return own if own.is_dir() else None
