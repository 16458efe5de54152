"""The tables [bounces] and [hooks.PROVIDER] of mailer.toml as values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from mailer.bounce.bounce import Kind
from mailer.bounce.policy import ACTIONS, Action, Rules
from mailer.configuration import values
from mailer.configuration.reading import Table
from mailer.configuration.secret_files import read_keys
from mailer.settings import BounceSettings, HookSettings, ImapSettings, Tls

IMAP_PORTS: Final = {"imap": 143, "imaps": 993}
SHORTEST_SECRET: Final = 16
ACTION_KEYS: Final = {
    kind: kind.value.replace("-", "_") for kind in (Kind.HARD, Kind.SOFT, Kind.POLICY, Kind.COMPLAINT)
}
"""Classes whose consequence is the operator's to choose; the others never change anything to a person's loss."""
_TOPIC: Final = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}")
PROVIDERS: Final = {
    "sns": "topics",
    "mailgun": "secret",
    "sendgrid": "public_key",
    "postmark": "secret",
    "generic": "secret",
}
"""Each provider and what it cannot do without."""

PathOf = Callable[[object], Path]


def read_bounces(table: Table, path: PathOf, imap_password: str) -> BounceSettings:
    """Where bounces come to and what follows; mistakes are noted in the table."""
    no_path: Path | None = None
    defaults = BounceSettings()
    bounces = BounceSettings(
        imap=_read_imap(table, path, imap_password),
        maildir=table.take("maildir", path, no_path),
        mbox=table.take("mbox", path, no_path),
        moved_to=table.take("moved_to", values.text, defaults.moved_to),
        lmtp=table.take("lmtp", _listener, ""),
        poll_seconds=table.take("poll_seconds", values.whole_number(5, 86_400), defaults.poll_seconds),
        rules=_read_rules(table),
    )
    table.close()
    return bounces


def _read_imap(table: Table, path: PathOf, password: str) -> ImapSettings | None:
    no_imap: ImapSettings | None = None
    no_path: Path | None = None
    imap = table.take("imap", imap_url, no_imap)
    tls = table.take("imap_tls", values.one_of(Tls), Tls.REQUIRED)
    ca_file = table.take("ca_file", path, no_path)
    if imap is None:
        return None
    if tls is Tls.OPPORTUNISTIC:
        table.wrong("imap_tls", 'is "required", or "none" on this machine')
    if tls is Tls.NONE and not values.is_loopback(imap.host):
        table.wrong("imap_tls", f'"none" would send the password in the clear to {imap.host}', 'Say "required".')
    return replace(imap, password=password or imap.password, tls=tls, ca_file=ca_file)


def imap_url(value: object) -> ImapSettings:
    """Where a mailbox is: "imaps://name@mail.example.org/INBOX"; imap:// begins with STARTTLS."""
    shape = ValueError('has to be like "imaps://name@mail.example.org/INBOX"')
    try:
        parts = urlsplit(values.text(value))
        port = parts.port
    except ValueError:
        raise shape from None
    if parts.scheme not in IMAP_PORTS or not parts.hostname or port == 0 or parts.query or parts.fragment:
        raise shape
    return ImapSettings(
        host=parts.hostname,
        port=port or IMAP_PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=parts.scheme == "imaps",
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def _listener(value: object) -> str:
    said = values.text(value)
    if said.startswith("unix:/"):
        return said
    host, _, port = said.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise ValueError('must be as "127.0.0.1:2424" or "unix:/run/mailer/lmtp"')
    return said


def _read_rules(table: Table) -> Rules:
    defaults = Rules()
    return Rules(
        actions=_read_actions(table.table("actions")),
        soft_limit=table.take("soft_limit", values.whole_number(1, 1000), defaults.soft_limit),
        soft_span=timedelta(
            days=table.take("soft_days", values.whole_number(0, 3650), defaults.soft_span.days),
        ),
        bounce_rate=table.take("bounce_rate", _share, defaults.bounce_rate),
        bounces_at_least=table.take(
            "bounces_at_least", values.whole_number(1, 1_000_000), defaults.bounces_at_least
        ),
        complaint_rate=table.take("complaint_rate", _share, defaults.complaint_rate),
        complaints_at_least=table.take(
            "complaints_at_least", values.whole_number(1, 1_000_000), defaults.complaints_at_least
        ),
        blame_rate=table.take("blame_rate", _share, defaults.blame_rate),
        believe_reports=table.take("believe_reports", values.yes_or_no, defaults.believe_reports),
    )


def _read_actions(table: Table | None) -> dict[Kind, Action]:
    actions = dict(ACTIONS)
    if table is not None:
        for kind, key in ACTION_KEYS.items():
            actions[kind] = table.take(key, values.one_of(Action), actions[kind])
        table.close()
    return actions


def _share(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError("must be a share from 0 to 1, as 0.05 for 5 %")
    return float(value)


def read_hooks(table: Table | None, path: PathOf, *, with_secrets: bool) -> dict[str, HookSettings]:
    """The providers that may speak, each with what it proves itself by."""
    hooks: dict[str, HookSettings] = {}
    for name in PROVIDERS if table else ():
        if table is not None and (one := table.table(name)) is not None:
            hooks[name] = _read_hook(name, one, path, with_secrets=with_secrets)
            one.close()
    if table is not None:
        table.close()
    return hooks


def _read_hook(name: str, table: Table, path: PathOf, *, with_secrets: bool) -> HookSettings:
    nothing: tuple[str, ...] = ()
    needed = PROVIDERS[name]
    hook = HookSettings()
    if needed == "topics":
        hook = HookSettings(topics=table.take("topics", _topics, nothing))
    elif needed == "public_key":
        hook = HookSettings(public_key=table.take("public_key", values.some_text, ""))
    else:
        given = table.take("secret", _secrets, nothing)
        read: Callable[[object], tuple[str, ...]] = (
            (lambda value: tuple(key.decode() for key in read_keys(path(value))))
            if with_secrets
            else (lambda value: (str(path(value)),))
        )
        hook = HookSettings(secrets=(*given, *table.take("secret_file", read, nothing)))
    if not table.values.keys() & {needed, f"{needed}_file"}:
        table.ledger.add(table.path, f"{table.name(needed)} is missing.", _HINTS[name])
    return hook


_HINTS: Final = {
    "sns": "Name the ARN of the topic.",
    "mailgun": "It is the account's HTTP webhook signing key.",
    "sendgrid": "It is the verification key of the signed event webhook.",
    "postmark": "Choose one, and give it to Postmark as the password of the webhook's address.",
    "generic": "Choose one, and give it to whoever sends the events.",
}


def _secrets(value: object) -> tuple[str, ...]:
    """One secret, or several, newest first. The text of an error never holds one."""
    several = value if isinstance(value, list) else [value]
    if not several or not all(isinstance(one, str) and len(one) >= SHORTEST_SECRET for one in several):
        raise ValueError(f"has to be text of at least {SHORTEST_SECRET} characters, or a list of such")
    return tuple(several)


def _topics(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    if not several or not all(isinstance(one, str) and _TOPIC.fullmatch(one) for one in several):
        raise ValueError('must be a list of topics like ["arn:aws:sns:eu-west-1:123456789012:bounces"]')
    return tuple(several)
