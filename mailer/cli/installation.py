"""What a command works on: settings and database of one installation, each opened only when it is asked for.

Law: nothing heavy is imported before it is needed; ``mailer --help`` and ``mailer lint`` open no database.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from mailer.errors import SettingsError, UsageError
from mailer.newsletter import Newsletter

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from mailer.settings import Settings

DEFAULT_CONFIG: Final = Path("mailer.toml")


class Installation:
    """One mailer.toml and its database. ``config`` is what ``--config`` says, None when it was not given."""

    def __init__(self, config: Path | None = None, *, debug: bool = False) -> None:
        self.config = config
        self.debug = debug

    @property
    def config_path(self) -> Path:
        """``--config``, else ``MAILER_CONFIG``, else mailer.toml in the current folder."""
        if self.config is not None:
            return self.config
        named = os.environ.get("MAILER_CONFIG", "")
        return Path(named) if named else DEFAULT_CONFIG

    @property
    def is_configured(self) -> bool:
        """Whether a mailer.toml was named or lies in the current folder."""
        return self.config is not None or bool(os.environ.get("MAILER_CONFIG")) or DEFAULT_CONFIG.exists()

    @cached_property
    def settings(self) -> Settings:
        """What mailer.toml and the environment say; raises ``SettingsError``."""
        from mailer.configuration import load_settings

        return load_settings(self.config_path)

    @cached_property
    def settings_or_default(self) -> Settings:
        """The settings without their key files, or without any mailer.toml those that are enough to lint.

        For work that sends nothing: lint, render and preview also run in a checkout that holds no secret.
        """
        from mailer.configuration import default_settings, load_settings

        if not self.is_configured:
            return default_settings(Path.cwd())
        return load_settings(self.config_path, with_secrets=False)

    @cached_property
    def database(self) -> Engine:
        """The database, created or upgraded when needed; raises ``DatabaseError`` and ``SettingsError``."""
        from mailer.store.database import open_database
        from mailer.store.migrate import prepare_database

        engine = open_database(self.settings.database)
        prepare_database(engine)
        return engine

    @cached_property
    def console(self) -> Console:
        """Where people read: stderr, in colour on a terminal only."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    def close(self) -> None:
        """Give the database back."""
        if "database" in self.__dict__:
            self.database.dispose()

    def redact(self, text: str) -> str:
        """``text`` without the secrets of these settings, for a message that a library wrote."""
        settings = self.__dict__.get("settings")
        if settings is None:
            return text
        secrets = [settings.smtp.password, urlsplit(settings.database).password or ""]
        secrets += [key.decode("utf-8", "replace") for key in settings.secret_keys]
        secrets += [secret for hook in settings.hooks.values() for secret in hook.secrets]
        if settings.bounces.imap is not None:
            secrets.append(settings.bounces.imap.password)
        for secret in secrets:
            text = text.replace(secret, "[secret]") if secret else text
        return text


def newsletter_for(installation: Installation, key: str | None, issues: Sequence[Path]) -> Newsletter:
    """As ``newsletter_of``, for work that sends nothing: without any mailer.toml there is a nameless newsletter.

    Its languages are those of the translations that lie beside ``issues``.
    """
    newsletter = _choose(installation, key, installation.settings_or_default)
    if installation.is_configured:
        return newsletter
    from mailer.flows.beside import languages_near

    found = {language for issue in issues for language in languages_near(issue)}
    return replace(newsletter, languages=(*newsletter.languages, *sorted(found - set(newsletter.languages))))


def newsletter_of(installation: Installation, key: str | None) -> Newsletter:
    """The newsletter named ``key``; the only one needs no name. Raises ``UsageError`` naming those known."""
    return _choose(installation, key, installation.settings)


def _choose(installation: Installation, key: str | None, settings: Settings) -> Newsletter:
    known = settings.newsletters
    if key is not None and key in known:
        return known[key]
    names = ", ".join(sorted(known))
    if key is not None:
        raise UsageError(
            f"there is no newsletter {key!r}.", hint=f"Known: {names}." if names else "None is set up."
        )
    if not known:
        raise SettingsError(
            "no newsletter is set up.",
            where=str(installation.config_path),
            hint="Add a table [newsletters.NAME]; `mailer init` in an empty folder shows one.",
        )
    if len(known) > 1:
        raise UsageError("which newsletter?", hint=f"Name one with --newsletter: {names}.")
    return next(iter(known.values()))
