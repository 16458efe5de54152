"""Every command and the module it lives in. Nothing here imports a command: ``mailer --help`` reads this table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is found and the line that ``mailer --help`` says about it."""

    module: str
    attribute: str
    summary: str


COMMANDS: Final = {
    "init": Entry("mailer.cli.init", "init", "Write a commented mailer.toml and a secret key file."),
    "lint": Entry("mailer.cli.lint", "lint", "Check issues like source code."),
    "render": Entry("mailer.cli.render", "render", "Render an issue to HTML, text, MJML and a message."),
    "preview": Entry("mailer.cli.preview", "preview", "Show an issue in the browser, live while you write."),
    "theme": Entry("mailer.cli.theme", "theme", "Name the templates of a mail's look; copy one to change it."),
    "send": Entry("mailer.cli.send", "send", "Send an issue to its audience, or go on with it."),
    "status": Entry("mailer.cli.status", "status", "Show how sendings stand."),
    "report": Entry("mailer.cli.report", "report", "Tell for each person what happened."),
    "retry": Entry("mailer.cli.steering", "retry", "Queue deferred, refused or unknown deliveries again."),
    "pause": Entry("mailer.cli.steering", "pause", "Pause the sending of an issue."),
    "resume": Entry("mailer.cli.steering", "resume", "Let a paused sending go on."),
    "cancel": Entry("mailer.cli.steering", "cancel", "Stop a sending for good; nobody else gets the issue."),
    "worker": Entry("mailer.cli.worker", "worker", "Send what is due: outbox, scheduled and deferred mail."),
    "serve": Entry("mailer.cli.serve", "serve", "Run the web app and, on SQLite, the worker."),
    "subscribers": Entry("mailer.cli.subscribers", "subscribers", "Add, import, list and show subscribers."),
    "bounces": Entry("mailer.cli.bounces", "bounces", "Read bounces and complaints."),
    "doctor": Entry("mailer.cli.doctor", "doctor", "Check settings, DNS and server for what spoils delivery."),
    "backup": Entry("mailer.cli.backup", "backup", "Write everything into one file."),
    "restore": Entry("mailer.cli.backup", "restore", "Put a backup back; suppressions only ever grow."),
    "db": Entry("mailer.cli.db", "db", "Look after the database."),
    "demo": Entry("mailer.cli.demo", "demo", "Send a sample issue on this machine, with nothing configured."),
}
"""In the order of a newsletter's life. An entry whose module is not part of this version is not a command."""


def present() -> Iterator[tuple[str, Entry]]:
    """The commands of this version."""
    for name, entry in COMMANDS.items():
        if find_spec(entry.module) is not None:
            yield name, entry


def load(name: str) -> click.Command | None:
    """Import the command ``name``; None when there is none of that name."""
    entry = COMMANDS.get(name)
    if entry is None or find_spec(entry.module) is None:
        return None
    command = getattr(import_module(entry.module), entry.attribute)
    if not isinstance(command, click.Command):
        raise TypeError(f"{entry.module}.{entry.attribute} is no command")
    return command
