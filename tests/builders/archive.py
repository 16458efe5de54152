"""An installation whose issues were sent: settings, database and app, through the flows that the product uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from flask import Flask
from sqlalchemy import Engine

from mailer.configuration import load_settings
from mailer.configuration.starting import start_installation
from mailer.flows.gather import gather
from mailer.flows.prepare import PreparedIssue, prepare
from mailer.flows.publish import freeze_and_plan
from mailer.newsletter import Newsletter
from mailer.resources import template_folders
from mailer.settings import Settings
from mailer.store.database import open_database, writing
from mailer.store.editions import StoredIssue, set_state
from mailer.store.migrate import prepare_database
from mailer.store.states import SendingState
from mailer.web import create_app

SENT_AT: Final = datetime(2026, 5, 2, 8, 0, tzinfo=UTC)
DEMO: Final = Path(__file__).resolve().parents[2] / "mailer" / "demo" / "issue"
LANGUAGES: Final = ("en", "de", "es", "fr", "it", "pt-br", "ar")


def a_harbour(base_url: str = "https://news.example.org") -> Newsletter:
    """A newsletter with everything that a page shows."""
    return Newsletter(
        key="harbour",
        name="The Harbour Gazette",
        sender="The Harbour Gazette <gazette@harbour.example.org>",
        list_id="gazette.harbour.example.org",
        site_url="https://harbour.example.org",
        base_url=base_url,
        languages=LANGUAGES,
        postal_address="Harbour Office\n1 North Quay",
        licence="CC BY-SA 4.0",
        accent="#0f4b6e",
        description="What happens around the quay, every month.",
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """A folder with settings and a database."""

    settings: Settings
    engine: Engine
    issues: Path

    @property
    def newsletter(self) -> Newsletter:
        return next(iter(self.settings.newsletters.values()))

    def app(self) -> Flask:
        return create_app(self.settings, engine=self.engine)

    def write(self, name: str, body: str, *, title: str = "News from the quay", header: str = "") -> Path:
        path = self.issues / name
        path.write_text(f"---\ntitle: {title!r}\n{header}---\n\n{body}\n", encoding="utf-8")
        return path

    def prepared(self, path: Path) -> PreparedIssue:
        return prepare(gather([path], self.newsletter)[0], self.newsletter, template_folders(None))

    def send(
        self, path: Path, *, now: datetime = SENT_AT, state: SendingState = SendingState.FINISHED
    ) -> StoredIssue:
        """Freeze and plan an issue as sending does; nobody is subscribed, so that nothing is left to do."""
        issue = freeze_and_plan(self.engine, self.prepared(path), now)
        with writing(self.engine) as connection:
            set_state(connection, issue.id, state)
        return issue

    def send_demo(self) -> StoredIssue:
        for source in DEMO.glob("*.md"):
            (self.issues / source.name).write_bytes(source.read_bytes())
        return self.send(self.issues / "2026-05-01-spring.md")

    def send_several(self, count: int) -> list[str]:
        """Short issues, a week apart, the oldest first; returns their slugs."""
        slugs = []
        for number in range(count):
            day = datetime(2025, 1, 6, tzinfo=UTC) + timedelta(weeks=number)
            slug = f"week-{number:03}"
            path = self.write(
                f"{slug}.md", f"Words of week {number}.", title=f"Week {number}", header=f"date: {day:%Y-%m-%d}\n"
            )
            self.send(path, now=day + timedelta(hours=9))
            slugs.append(slug)
        return slugs


def an_installation(
    folder: Path, *newsletters: Newsletter, database: str = "", base_url: str = "https://news.example.org"
) -> Installation:
    """One with these newsletters, else with the harbour's."""
    path, _ = start_installation(folder)
    known = newsletters or (a_harbour(base_url),)
    settings = replace(
        load_settings(path, {}),
        base_url=base_url,
        newsletters={newsletter.key: newsletter for newsletter in known},
    )
    if database:
        settings = replace(settings, database=database)
    engine = open_database(settings.database)
    prepare_database(engine)
    issues = folder / "issues"
    issues.mkdir()
    return Installation(settings, engine, issues)


def header_names(headers: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """Headers by lower-case name."""
    return {name.lower(): value for name, value in headers}
