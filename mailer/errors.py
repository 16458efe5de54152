"""The one family of errors that a person may see: what is wrong, where, and what to do.

Expected outcomes (a refused recipient, a lint problem) are values; these are for trips that cannot go on.
"""

from __future__ import annotations

from typing import ClassVar


class MailerError(Exception):
    """A trip ended. ``str()`` is one sentence for a person and never holds a secret."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        sentence = f"{self.where}: {self.what}" if self.where else self.what
        return f"{sentence} {self.hint}".rstrip() if self.hint else sentence


class UsageError(MailerError):
    """The command line asks for something that cannot be done as asked."""

    exit_code = 2


class SettingsError(MailerError):
    """mailer.toml or the environment says something impossible; ``where`` names file and line, or variable."""

    exit_code = 2


class DatabaseError(MailerError):
    """The database cannot be used: not reachable, newer than the code, or not ours."""


class TemplateError(MailerError):
    """A template (ours or the user's own) cannot be rendered; ``where`` names the file."""


class IssueRefused(MailerError):
    """The issue has lint errors or was sent with another text: nothing was sent."""


class ServerError(MailerError):
    """The mail server cannot be used at all: no connection, no TLS, no AUTH, or it turned the sender away."""


class WorkLeft(MailerError):
    """Stopped with deliveries left (deferred, paused, interrupted, held); the hint names the command to go on."""

    exit_code = 3
