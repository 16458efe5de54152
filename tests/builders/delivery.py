"""Builders for what the engine needs: a database with an audience and a planned issue, messages, settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from mailer.delivery.model import Outgoing, Sending
from mailer.settings import SmtpSettings, Tls
from mailer.store import ledger
from mailer.store.database import open_database
from mailer.store.ledger import Leased
from mailer.store.states import DeliveryState, SendingState
from mailer.store.tables import EditionRow, IssueRow
from subscribers.tables import Base, SubscriberRow, SubscriptionRow

NOON = datetime(2025, 6, 10, 12, 0, tzinfo=UTC)


def a_database(folder: Path) -> Engine:
    """An empty SQLite database with every table."""
    engine = open_database(f"sqlite:///{folder / 'mailer.db'}")
    Base.metadata.create_all(engine)
    return engine


def some_subscribers(
    connection: Connection, count: int, *, newsletter: str = "xmpp", language: str = "en"
) -> None:
    """``count`` subscribed people, person0@example.org and so on."""
    connection.execute(
        insert(SubscriberRow),
        [
            {
                "id": number + 1,
                "address": f"person{number}@example.org",
                "address_key": f"person{number}@example.org",
                "address_hash": f"hash{number}",
                "created_at": NOON,
            }
            for number in range(count)
        ],
    )
    connection.execute(
        insert(SubscriptionRow),
        [
            {
                "id": number + 1,
                "subscriber_id": number + 1,
                "newsletter": newsletter,
                "state": "subscribed",
                "language": language,
                "since": NOON,
                "source": "test",
                "created_at": NOON,
            }
            for number in range(count)
        ],
    )


def a_frozen_issue(
    connection: Connection, *, slug: str = "june", newsletter: str = "xmpp", languages: tuple[str, ...] = ("en",)
) -> tuple[int, dict[str, int]]:
    """An issue that may be sent, and its editions by language."""
    issue_id = connection.execute(
        insert(IssueRow)
        .values(
            newsletter=newsletter,
            slug=slug,
            title="June",
            state=SendingState.SENDING.value,
            reason="",
            audience=0,
            page_url="",
            created_at=NOON,
        )
        .returning(IssueRow.id)
    ).scalar_one()
    editions = {
        language: connection.execute(
            insert(EditionRow)
            .values(
                issue_id=issue_id,
                language=language,
                subject="June",
                preheader="",
                mjml="",
                html="",
                text="",
                source=b"",
                source_sha256="",
                result_sha256="",
                template_version="",
                frozen_at=NOON,
            )
            .returning(EditionRow.id)
        ).scalar_one()
        for language in languages
    }
    return issue_id, editions


def a_planned_issue(engine: Engine, people: int) -> int:
    """An issue with a queued row for each of so many people."""
    with engine.begin() as connection:
        some_subscribers(connection, people)
        issue_id, editions = a_frozen_issue(connection)
        ledger.plan(connection, issue_id, "xmpp", editions, "en", NOON)
    return issue_id


def a_message(row: Leased, *, size_bytes: int = 200) -> Outgoing:
    """A small message of its own for each row, in wire form."""
    head = (
        f"From: news@example.org\r\nTo: {row.address}\r\nMessage-ID: <{row.delivery_id}@example.org>\r\n"
        "Subject: June\r\n\r\n"
    ).encode()
    line = b"..a line that began with a dot\r\n"
    body = line * max(1, (size_bytes - len(head)) // len(line))
    return Outgoing(f"b-{row.delivery_id}@example.org", row.address, (head, body), len(head) + len(body))


def some_smtp(port: int, **changes: Any) -> SmtpSettings:
    """Settings for a server of the tests: loopback, no TLS, and the patience that a stalled machine needs."""
    settings = SmtpSettings(
        host="127.0.0.1", port=port, tls=Tls.NONE, helo="tests.example.org", timeout_seconds=60.0, connections=3
    )
    return replace(settings, **changes)


def a_sending(engine: Engine, issue_id: int, port: int, **changes: Any) -> Sending:
    """A sending to a server of the tests."""
    smtp: SmtpSettings = changes.pop("smtp", None) or some_smtp(port)
    compose: Callable[[Leased], Outgoing] = changes.pop("compose", a_message)
    return replace(Sending(database=engine, issue_id=issue_id, smtp=smtp, compose=compose), **changes)


def states_of(engine: Engine, issue_id: int) -> dict[str, int]:
    """The ledger's counts without the zeros, by the states' names."""
    with engine.connect() as connection:
        found = ledger.counts(connection, issue_id)
    return {state.value: count for state, count in found.items() if count}


__all__ = [
    "NOON",
    "DeliveryState",
    "a_database",
    "a_frozen_issue",
    "a_message",
    "a_planned_issue",
    "a_sending",
    "some_smtp",
    "some_subscribers",
    "states_of",
]
