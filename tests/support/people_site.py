"""An installation with its web app, a real mail server and a worker, for trips of people who are not editors."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from mailer import wiring
from mailer.flows.working import Work, run_worker
from mailer.newsletter import Newsletter
from mailer.settings import Settings, SmtpSettings, Tls
from mailer.web import create_app
from subscribers.rules import SubscribeRules
from subscribers.store import Standing
from subscribers.tokens import TokenKeys
from tests.support.smtp_server import Received, Recorder

BASE = "https://news.example.org"
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **lengths: float) -> None:
        self.now += timedelta(**lengths)


@dataclass
class Site:
    """The app and what stands behind it."""

    settings: Settings
    engine: Engine
    clock: Clock
    app: Flask
    server: Recorder

    @property
    def keys(self) -> TokenKeys:
        return wiring.token_keys(self.settings)

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def work(self) -> Work:
        """Do what is due, as ``mailer worker --once`` does."""
        shop = wiring.workshop(self.settings, self.engine, tell=lambda _sentence: None)
        shop = replace(shop, notices=replace(shop.notices, now=self.clock))
        return run_worker(shop, threading.Event(), once=True)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]

    def state_of(self, address: str) -> str | None:
        with self.engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT state FROM subscription JOIN subscriber ON subscriber.id = subscriber_id"
                    " WHERE address_key = :key"
                ),
                {"key": address},
            ).scalar()
        return None if found is None else str(found)

    def events(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT event FROM consent ORDER BY id")).scalars())

    def mail_to(self, address: str) -> list[EmailMessage]:
        return [read(one) for one in self.server.received if one.rcpt_to == address]


def read(received: Received) -> EmailMessage:
    message = message_from_bytes(received.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def path_in(message: EmailMessage, part: str) -> str:
    """The path (and query) of the first link in the plain text that holds ``part``."""
    found: str = next(link for link in LINK.findall(text_of(message)) if part in link)
    return "/" + found.split("/", 3)[3]


@contextmanager
def a_site(
    engine: Engine,
    folder: Path,
    server: Recorder,
    *,
    rules: SubscribeRules | None = None,
    languages: tuple[str, ...] = ("en", "de", "fr"),
    base_url: str = BASE,
) -> Iterator[Site]:
    """A site on a prepared database. Its clock is real time's: tokens are checked against it."""
    newsletter = Newsletter(
        "news",
        "The Quay",
        "The Quay <quay@example.org>",
        "quay.example.org",
        base_url=base_url,
        languages=languages,
        postal_address="1 North Quay",
    )
    settings = Settings(
        folder=folder,
        base_url=base_url,
        secret_keys=(b"a secret of thirty-two octets ....",),
        smtp=SmtpSettings(host="127.0.0.1", port=server.port, tls=Tls.NONE, helo="quay.test"),
        newsletters={"news": newsletter},
        subscribe=rules or SubscribeRules(answer_seconds=0.0),
    )
    clock = Clock(datetime.now(UTC))
    before, wiring.now = wiring.now, clock
    try:
        yield Site(settings, engine, clock, create_app(settings, engine=engine), server)
    finally:
        wiring.now = before


__all__ = ["Clock", "Site", "Standing", "a_site", "path_in", "read", "text_of"]
