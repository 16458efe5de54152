"""mailer.toml and the environment become one ``Settings``. The environment beats the file.

Law: no message holds a secret; every mistake is reported, not only the first.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

from mailer.configuration import sending_limits, values
from mailer.configuration.feedback import read_bounces, read_hooks
from mailer.configuration.mistakes import Mistake, SettingsMistakes
from mailer.configuration.newsletters import read_newsletter
from mailer.configuration.places import key_places
from mailer.configuration.reading import Ledger, Table
from mailer.configuration.secret_files import read_keys, split_keys
from mailer.configuration.sending_limits import MOST_CONNECTIONS, read_domains
from mailer.configuration.subscribing import read_subscribing
from mailer.errors import SettingsError
from mailer.newsletter import Newsletter
from mailer.settings import BounceSettings, DkimSettings, Hours, Ramp, Settings, SmtpSettings, Tls, WebSettings

Value = TypeVar("Value")

VARIABLES: Final = (
    "MAILER_CONFIG",
    "MAILER_DATABASE",
    "MAILER_BASE_URL",
    "MAILER_SECRET_KEY",
    "MAILER_SMTP_URL",
    "MAILER_SMTP_PASSWORD",
    "MAILER_IMAP_PASSWORD",
)
_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = "postgresql+psycopg"


def load_settings(
    path: Path, environment: Mapping[str, str] | None = None, *, with_secrets: bool = True
) -> Settings:
    """The settings in the file ``path`` and in ``environment`` (the process's when None).

    ``with_secrets=False`` leaves key files alone, for work that needs none (lint in a checkout without them).
    Raises ``SettingsError``; with several mistakes in it, ``SettingsMistakes``.
    """
    written = _read_file(path)
    try:
        content = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(path, error) from None
    ledger = Ledger(str(path), key_places(written))
    reading = _Reading(
        Table(ledger, (), content), path.absolute().parent, os.environ if environment is None else environment
    )
    settings = reading.settings(with_secrets=with_secrets)
    if mistakes := ledger.close():
        raise SettingsMistakes(mistakes)
    return settings


def default_settings(folder: Path) -> Settings:
    """What is enough to lint, render and preview without any mailer.toml: one nameless newsletter."""
    settings = Settings(folder=folder.absolute())
    newsletter = Newsletter(
        key="newsletter",
        name="Newsletter",
        sender="Newsletter <newsletter@example.org>",
        list_id="newsletter.example.org",
        base_url=settings.base_url,
    )
    return replace(settings, newsletters={newsletter.key: newsletter})


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(
            "there is no such file.",
            where=str(path),
            hint="`mailer init` writes one; --config or MAILER_CONFIG names another.",
        ) from None
    except UnicodeDecodeError:
        raise SettingsError("is not UTF-8 text.", where=str(path), hint="Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}.", where=str(path)) from None


def _not_toml(path: Path, error: tomllib.TOMLDecodeError) -> SettingsError:
    said = str(error)
    place = re.search(r" \(at line (\d+), column (\d+)\)", said)
    what = said[: place.start()] if place else said.replace(" (at end of document)", ", at the end of the file")
    where = f"{path}:{place[1]}:{place[2]}" if place else str(path)
    return SettingsError(f"is not TOML: {what[:1].lower()}{what[1:]}.", where=where, hint="Text goes in quotes.")


class _Reading:
    """One reading of one file: its table, the folder that paths are relative to, and the environment."""

    def __init__(self, table: Table, folder: Path, environment: Mapping[str, str]) -> None:
        self._table = table
        self._folder = folder
        self._environment = environment

    def settings(self, *, with_secrets: bool) -> Settings:
        base_url = self._take("base_url", values.site_url, "http://localhost:8080", "MAILER_BASE_URL")
        database = self._take("database", self._database, self._database("sqlite:///mailer.db"), "MAILER_DATABASE")
        newsletters, dkim = self._newsletters(base_url, with_secrets=with_secrets)
        settings = Settings(
            folder=self._folder,
            database=database,
            base_url=base_url,
            secret_keys=self._secret_keys(with_secrets=with_secrets),
            smtp=self._smtp(),
            newsletters=newsletters,
            dkim=dkim,
            web=self._web(),
            subscribe=read_subscribing(self._table.table("subscribe"), self._table.ledger),
            bounces=self._bounces(),
            hooks=read_hooks(self._table.table("hooks"), self._path, with_secrets=with_secrets),
        )
        self._table.close()
        return settings

    def _take(self, key: str, read: Callable[[object], Value], default: Value, variable: str) -> Value:
        """The setting ``key``; the environment beats the file, which is read all the same for its mistakes."""
        from_file = self._table.take(key, read, default)
        given = self._environment.get(variable, "")
        return self._variable(variable, read, given, from_file) if given else from_file

    def _variable(self, name: str, read: Callable[[object], Value], given: str, default: Value) -> Value:
        try:
            return read(given)
        except ValueError as error:
            self._table.ledger.mistakes.append(Mistake(name, f"the variable {error}."))
            return default

    def _database(self, value: object) -> str:
        said = values.some_text(value)
        if said.startswith(_SQLITE):
            file = said.removeprefix(_SQLITE).partition("?")[0]
            if file in {"", ":memory:"}:
                raise ValueError("must name a file: in memory, the ledger would be forgotten")
            return _SQLITE + str(self._folder / file) + said[len(_SQLITE) + len(file) :]
        try:
            scheme = urlsplit(said).scheme if urlsplit(said).port != 0 else ""
        except ValueError:  # a port that is no number, a bracket without its other one
            scheme = ""
        if scheme in {"postgresql", "postgres", _POSTGRES}:
            return _POSTGRES + said[len(scheme) :]
        raise ValueError('must be "sqlite:///mailer.db" or "postgresql+psycopg://mailer@db/mailer"')

    def _file(self, value: object) -> Path:
        """A path, relative to the file's folder."""
        path = self._folder / Path(values.some_text(value)).expanduser()
        if not path.is_file():
            raise ValueError(f"names {path}, which is no file")
        return path

    def _path(self, value: object) -> Path:
        return self._folder / Path(values.some_text(value)).expanduser()

    def _secret_keys(self, *, with_secrets: bool) -> tuple[bytes, ...]:
        nothing: tuple[bytes, ...] = ()
        if not with_secrets:
            self._table.take("secret_key_file", self._path, self._folder)
            return nothing
        given = self._environment.get("MAILER_SECRET_KEY", "")
        if given:  # the file need not even exist, as in a container
            self._table.take("secret_key_file", self._path, self._folder)
            return self._variable("MAILER_SECRET_KEY", lambda value: split_keys(str(value)), given, nothing)
        return self._table.take("secret_key_file", lambda value: read_keys(self._path(value)), nothing)

    def _smtp(self) -> SmtpSettings:
        table = self._table.table("smtp") or Table(self._table.ledger, ("smtp",), {})
        url = table.take("url", values.smtp_url, SmtpSettings())
        if given := self._environment.get("MAILER_SMTP_URL", ""):
            url = self._variable("MAILER_SMTP_URL", values.smtp_url, given, url)
        no_file: Path | None = None
        no_ramp: Ramp | None = None
        no_hours: Hours | None = None
        smtp = replace(
            url,
            password=self._environment.get("MAILER_SMTP_PASSWORD", "") or url.password,
            tls=table.take("tls", values.one_of(Tls), Tls.REQUIRED),
            ca_file=table.take("ca_file", self._file, no_file),
            connections=table.take("connections", values.whole_number(1, MOST_CONNECTIONS), url.connections),
            rate=table.take("rate", values.rates, ()),
            helo=table.take("helo", values.host_name, ""),
            timeout_seconds=table.take("timeout_seconds", values.seconds, url.timeout_seconds),
            domains=read_domains(table.table("domains")),
            ramp=table.take("ramp", sending_limits.ramp, no_ramp),
            hours=table.take("window", sending_limits.hours, no_hours),
        )
        if smtp.tls is Tls.NONE and not values.is_loopback(smtp.host):
            table.wrong(
                "tls", f'"none" would send mail and password in the clear to {smtp.host}', 'Say "required".'
            )
        if smtp.password and not smtp.username:
            table.ledger.add(("smtp", "url"), "smtp.url names no user for the password.", "smtp://NAME@HOST:587")
        table.close()
        return smtp

    def _bounces(self) -> BounceSettings:
        table = self._table.table("bounces") or Table(self._table.ledger, ("bounces",), {})
        return read_bounces(table, self._path, self._environment.get("MAILER_IMAP_PASSWORD", ""))

    def _web(self) -> WebSettings:
        table = self._table.table("web") or Table(self._table.ledger, ("web",), {})
        web = WebSettings(proxies=table.take("proxies", values.whole_number(0, 10), 0))
        table.close()
        return web

    def _newsletters(
        self, base_url: str, *, with_secrets: bool
    ) -> tuple[dict[str, Newsletter], dict[str, DkimSettings]]:
        newsletters: dict[str, Newsletter] = {}
        dkim: dict[str, DkimSettings] = {}
        holder = self._table.table("newsletters")
        for key, table in holder.tables() if holder else []:
            newsletters[key] = read_newsletter(key, table, base_url)
            if (signing := table.table("dkim")) is not None:
                dkim[key] = self._dkim(signing, with_secrets=with_secrets)
            table.close()
        if holder:
            holder.close()
        return newsletters, dkim

    def _dkim(self, table: Table, *, with_secrets: bool) -> DkimSettings:
        file = self._file if with_secrets else self._path
        no_file: Path | None = None
        settings = DkimSettings(
            domain=table.require("domain", values.host_name),
            selector=table.require("selector", values.host_name),
            key_file=table.take("key_file", file, self._folder),
            ed25519_selector=table.take("ed25519_selector", values.host_name, ""),
            ed25519_key_file=table.take("ed25519_key_file", file, no_file),
        )
        if "key_file" not in table.values:
            table.require("key_file", values.some_text)
        second = {"ed25519_selector", "ed25519_key_file"}
        if len(missing := second - table.values.keys()) == 1:  # both or neither
            table.require(missing.pop(), values.some_text)
        table.close()
        return settings
