"""A limit of 600 a minute, measured by the server over a kill -9 and a restart: every window of a minute.

Run with: python -m tests.benchmarks.limit_over_restart   (three minutes)
"""

from __future__ import annotations

import sys
import tempfile
import time
from bisect import bisect_left
from pathlib import Path

from tests.benchmarks.kill_and_restart import LANGUAGES, issue_into
from tests.support.newsroom import Newsroom
from tests.support.smtp_server import smtp_server

LIMIT, WINDOW_SECONDS = 600, 60.0
PEOPLE = 1_700
KILL_AT = 900


def windows(times: list[float]) -> list[int]:
    """Messages in each window of a minute that begins with a message and lies wholly inside the run."""
    last = times[-1]
    return [
        bisect_left(times, start + WINDOW_SECONDS) - index
        for index, start in enumerate(times)
        if start + WINDOW_SECONDS <= last
    ]


def main() -> int:
    with tempfile.TemporaryDirectory() as temporary, smtp_server() as server:
        newsroom = Newsroom.opened(
            Path(temporary) / "site",
            server.port,
            connections=4,
            rate=f"{LIMIT}/minute",
            languages=LANGUAGES,
        )
        issue = issue_into(newsroom.folder)
        newsroom.invite(PEOPLE, LANGUAGES)
        with newsroom.started("send", issue, "--yes") as sender:
            while len(server.received) < KILL_AT and sender.poll() is None:
                time.sleep(0.01)
            sender.kill()
        newsroom.run("send", issue, "--yes", check=True)
        times = [received.at for received in server.received]
    found = windows(times)
    print(
        f"{len(times):,} messages in {times[-1] - times[0]:.0f} s, limit {LIMIT}/minute, kill -9 after {KILL_AT}"
    )
    print(f"in any minute: at most {max(found)}, at least {min(found)} (restart included)")
    return 0 if max(found) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
