"""An issue that is ready to go out, and the people whom it goes to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from mailer.render.model import RenderedEdition
from mailer.store import ledger
from mailer.store.editions import NewEdition, freeze
from tests.builders.people import NEWSLETTER, a_subscriber


def a_spring_issue(connection: Connection, people: int, now: datetime, *, slug: str = "spring") -> int:
    """A frozen issue and its ledger, planned for so many new people: ``<slug>0@example.org`` and so on."""
    edition = RenderedEdition(
        language="en",
        subject="Spring",
        preheader="",
        mjml="",
        html="<html><body><p>Spring</p><a href='@@UNSUBSCRIBE_URL@@'>x</a></body></html>",
        text="Spring\n@@UNSUBSCRIBE_URL@@\n",
        source_sha256="0" * 64,
        template_version="0",
    )
    for number in range(people):
        a_subscriber(connection, f"{slug}{number}@example.org", now=now)
    issue_id, editions = freeze(
        connection,
        newsletter=NEWSLETTER,
        slug=slug,
        title="Spring",
        issue_date=None,
        page_url="",
        editions=[NewEdition(edition, b"# Spring")],
        now=now,
    )
    ledger.plan(connection, issue_id, NEWSLETTER, editions, "en", now)
    return issue_id
