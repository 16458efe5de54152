"""An installation as an editor has it, driven by the command line only: settings, an issue, people, a server."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailer.configuration.starting import start_installation
from tests.support.processes import started
from tests.support.smtp_server import Recorder
from tests.support.waiting import until

MAILER = str(Path(sys.executable).with_name("mailer"))

SETTINGS = """
database = "sqlite:///mailer.db"
base_url = "https://news.example.org"
secret_key_file = "secret.key"
[smtp]
url = "smtp://127.0.0.1:{port}"
tls = "none"
connections = {connections}
{rate}
[newsletters.news]
name = "The Quay"
sender = "The Quay <quay@example.org>"
list_id = "quay.example.org"
site_url = "https://example.org"
languages = [{languages}]
"""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A folder with everything in it."""

    folder: Path

    @classmethod
    def opened(
        cls,
        folder: Path,
        port: int,
        *,
        connections: int = 4,
        rate: str = "",
        languages: Sequence[str] = ("en", "de"),
    ) -> Newsroom:
        start_installation(folder)
        names = ", ".join(f'"{language}"' for language in languages)
        limit = f'rate = ["{rate}"]' if rate else ""
        settings = SETTINGS.format(port=port, connections=connections, rate=limit, languages=names)
        (folder / "mailer.toml").write_text(settings)
        return cls(folder)

    def invite(self, people: int, languages: Sequence[str] = ("en", "de")) -> list[str]:
        """Import so many people, their languages in turn; returns their addresses."""
        addresses = [f"person{number}@example.org" for number in range(people)]
        lines = (f"{address},{languages[n % len(languages)]}\n" for n, address in enumerate(addresses))
        (self.folder / "people.csv").write_text("email,language\n" + "".join(lines))
        self.run("subscribers", "import", "people.csv", check=True)
        return addresses

    def command(self, *arguments: str) -> list[str]:
        return [MAILER, "--config", str(self.folder / "mailer.toml"), *arguments]

    def run(self, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
        answer = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, cwd=self.folder
        )
        if check and answer.returncode:
            raise AssertionError(f"mailer {' '.join(arguments)}: {answer.stdout}{answer.stderr}")
        return answer

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """``mailer`` under way; it is ended with the block at the latest."""
        with started(
            self.command(*arguments), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            yield process

    def status(self, slug: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", slug, "--json", check=True).stdout)
        return found

    def report(self, slug: str) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = json.loads(self.run("report", slug, "--format", "json", check=True).stdout)
        return lines


def kill_while_it_sends(
    newsroom: Newsroom, issue: str, server: Recorder, kills: int, chance: random.Random, people: int
) -> None:
    """Start ``mailer send`` and end it with SIGKILL at a random moment, ``kills`` times; then let it finish.

    Each kill comes after some more messages, and the server answers only so many before it that no sending can be
    done: so that every kill falls into a sending that is under way.
    """
    at_once = people // (kills + 1)
    for _ in range(kills):
        so_far = len(server.received)
        target = so_far + chance.randint(1, max(1, at_once - 20))
        server.open_for = so_far + at_once - 10
        with newsroom.started("send", issue, "--yes") as sender:
            until(lambda target=target: len(server.received) >= target, process=sender)  # type: ignore[misc]
            time.sleep(chance.random() * 0.02)
            assert sender.poll() is None, "nothing was left to be killed"
            sender.kill()
    server.open_for = None
    newsroom.run("send", issue, "--yes", check=True)
