"""Peak memory of the sender by number of recipients: it must be flat.

Run with: python -m tests.benchmarks.memory [PEOPLE ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.kill_and_restart import LANGUAGES, issue_into
from tests.benchmarks.sinks import counting_sink
from tests.support.newsroom import Newsroom


def peak_mib(people: int) -> float:
    """Send to so many people; the largest resident set of the sending process, MiB."""
    with tempfile.TemporaryDirectory() as temporary, counting_sink() as port:
        newsroom = Newsroom.opened(Path(temporary) / "site", port, connections=10, languages=LANGUAGES)
        issue = issue_into(newsroom.folder)
        newsroom.invite(people, LANGUAGES)
        with newsroom.started("send", issue, "--yes") as sender:
            _, status, usage = os.wait4(sender.pid, 0)
            sender.returncode = os.waitstatus_to_exitcode(status)
        if status:
            raise RuntimeError(f"mailer send ended with status {status}")
        return usage.ru_maxrss / 1024


def main(sizes: list[int]) -> int:
    first = 0.0
    for people in sizes:
        peak = peak_mib(people)
        first = first or peak
        print(f"{people:>9,} people: {peak:6.1f} MiB peak, {peak / first:.3f} of the first", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([int(text) for text in sys.argv[1:]] or [10_000, 200_000]))
