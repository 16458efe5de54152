"""``mailer send --detach``: frozen, planned, left to workers, on both databases; and the worker's command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.newsroom import Newsroom
from tests.support.postgres import postgres_server, postgres_url
from tests.support.processes import started
from tests.support.smtp_server import Recorder, smtp_server
from tests.support.waiting import until

__all__ = ["postgres_server", "postgres_url"]

SLUG = "2026-05-01-spring"


@pytest.fixture
def server() -> Iterator[Recorder]:
    with smtp_server() as recorder:
        yield recorder


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path, server: Recorder) -> Newsroom:
    newsroom = Newsroom.opened(tmp_path / "site", server.port, languages=("en",))
    if request.param == "postgresql":
        settings = newsroom.folder / "mailer.toml"
        url = request.getfixturevalue("postgres_url")
        settings.write_text(settings.read_text().replace("sqlite:///mailer.db", url))
    (newsroom.folder / f"{SLUG}.md").write_text(
        "---\ntitle: Spring\ndate: 2026-05-01\n---\n\n# Spring\n\nThe harbour opens on Monday.\n"
    )
    return newsroom


def test_it_returns_at_once_and_a_worker_sends(room: Newsroom, server: Recorder) -> None:
    people = room.invite(5, ("en",))
    said = room.run("send", f"{SLUG}.md", "--yes", "--detach")
    assert said.returncode == 0, said.stderr
    assert f"{SLUG} is left to the worker, to 5 people. See: mailer status {SLUG}" in said.stderr
    assert "No worker runs now: start one with mailer worker" in said.stderr
    assert server.received == []
    assert room.status(SLUG)["queued"] == 5
    with started(room.command("worker"), cwd=room.folder, stderr=-1) as worker:
        until(lambda: len(server.received) == 5, process=worker)
        until(lambda: room.status(SLUG)["state"] == "finished", process=worker)
        (room.folder / "summer.md").write_text("---\ntitle: Summer\ndate: 2026-07-01\n---\n\nIt is warm.\n")
        more = room.run("send", "summer.md", "--yes", "--detach", check=True)
        assert "No worker runs now" not in more.stderr
        until(lambda: len(server.received) == 10, process=worker)
        again = room.run("send", f"{SLUG}.md", "--yes", "--detach")
        assert again.returncode == 0
        assert "Nothing was left to send." in again.stderr
        worker.send_signal(signal.SIGTERM)
        _, told = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert told.splitlines()[0] == f"{SLUG}: 5 sent, 0 left."
    assert sorted(server.recipients()) == sorted([*people, *people])


def test_once_does_what_is_due_also_without_a_worker(room: Newsroom, server: Recorder) -> None:
    room.invite(3, ("en",))
    room.run("send", f"{SLUG}.md", "--yes", "--detach", check=True)
    room.run("worker", "--once", check=True)
    assert len(server.received) == 3
    assert room.status(SLUG)["state"] == "finished"


def test_scheduled_and_detached_is_scheduled(room: Newsroom, server: Recorder) -> None:
    room.invite(2, ("en",))
    said = room.run("send", f"{SLUG}.md", "--yes", "--detach", "--at", "23:59")
    assert said.returncode == 0
    assert "is scheduled for" in said.stderr
    assert room.status(SLUG)["state"] == "scheduled"


def test_workers_keep_to_the_rate_and_connections_that_were_said(room: Newsroom, server: Recorder) -> None:
    room.invite(30, ("en",))
    issue = f"{SLUG}.md"
    room.run("send", issue, "--yes", "--detach", "--rate", "10/second", "--connections", "1", check=True)
    assert server.received == []
    room.run("worker", "--once", check=True)
    assert len(server.received) == 30
    assert server.received[-1].at - server.received[0].at > 1.5
    assert server.connections == 1


def test_what_was_said_before_is_forgotten_with_the_next_send(room: Newsroom, server: Recorder) -> None:
    room.invite(30, ("en",))
    issue = f"{SLUG}.md"
    room.run("send", issue, "--yes", "--detach", "--rate", "1/day", check=True)
    room.run("send", issue, "--yes", "--at", "now", "--detach", check=True)
    room.run("worker", "--once", check=True)
    assert len(server.received) == 30


def test_copies_are_never_detached(tmp_path: Path, server: Recorder) -> None:
    room = Newsroom.opened(tmp_path / "site", server.port, languages=("en",))
    (room.folder / f"{SLUG}.md").write_text("---\ntitle: Spring\ndate: 2026-05-01\n---\n\nThe harbour opens.\n")
    said = room.run("send", f"{SLUG}.md", "--yes", "--detach", "--to", "ada@example.org")
    assert said.returncode == 2
    assert "--detach has no meaning" in said.stderr
    assert server.received == []
