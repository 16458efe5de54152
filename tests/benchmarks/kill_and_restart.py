"""The promise at full size: 10,000 people, ten kills at random moments; who has it, who has it twice.

Run with: python -m tests.benchmarks.kill_and_restart [PEOPLE [KILLS]]
Takes the XMPP newsletter's issue with its translations where it lies beside the checkout, else the demo's issue.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from email import message_from_bytes
from pathlib import Path

from tests.support.newsroom import Newsroom, kill_while_it_sends
from tests.support.smtp_server import smtp_server

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "corpus" / "xmpp"
OWN = ROOT / "mailer" / "demo" / "issue"
LANGUAGES = ("en", "de", "it", "pt-br", "fr")
CONNECTIONS = 10
SEED = 20261120


def issue_into(folder: Path) -> str:
    """Copy an issue and its translations; returns the name of the original."""
    source, stem = (REAL, "2025-06-10-newsletter") if REAL.is_dir() else (OWN, "2026-05-01-spring")
    for path in source.glob(f"{stem}*.md"):
        shutil.copy(path, folder)
    return f"{stem}.md"


def main(people: int = 10_000, kills: int = 10) -> int:
    with tempfile.TemporaryDirectory() as temporary, smtp_server() as server:
        newsroom = Newsroom.opened(
            Path(temporary) / "site", server.port, connections=CONNECTIONS, languages=LANGUAGES
        )
        issue = issue_into(newsroom.folder)
        addresses = newsroom.invite(people, LANGUAGES)
        began = time.monotonic()
        kill_while_it_sends(newsroom, issue, server, kills, random.Random(SEED), people)
        seconds = time.monotonic() - began
        counted = Counter(server.recipients())
        ids: dict[str, set[str]] = {}
        for received in server.received:
            ids.setdefault(received.rcpt_to, set()).add(message_from_bytes(received.content)["Message-ID"])
        status = newsroom.status(issue.removesuffix(".md"))
    doubles = sum(counted.values()) - people
    other_ids = sum(len(found) > 1 for found in ids.values())
    print(f"issue {issue}, {people:,} people, {CONNECTIONS} connections, {kills} kills -9, {seconds:.0f} s")
    print(
        f"have it: {len(counted):,}; lost: {len(set(addresses) - set(counted))}; strangers: "
        f"{len(set(counted) - set(addresses))}"
    )
    print(f"doubles: {doubles} (allowed {kills * CONNECTIONS}); doubles with another Message-ID: {other_ids}")
    print(f"ledger: {status['state']}, {status['accepted']:,} accepted of {status['audience']:,}")
    kept = (
        set(counted) == set(addresses)
        and doubles <= kills * CONNECTIONS
        and not other_ids
        and status["accepted"] == status["audience"] == people
    )
    print("kept" if kept else "BROKEN")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
