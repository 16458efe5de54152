"""Peak memory of the sender by number of recipients: it must be flat.

Run with: python -m tests.benchmarks.memory [PEOPLE ...]
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
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
        peak = 0.0
        with newsroom.started("send", issue, "--yes") as sender:
            while sender.poll() is None:
                peak = max(peak, _peak_so_far(sender.pid))
                time.sleep(0.1)
        if sender.returncode:
            raise RuntimeError(f"mailer send ended with status {sender.returncode}")
        return peak


def _peak_so_far(pid: int) -> float:
    """As the kernel counts it for this program alone; what wait4 tells holds the size of who started it, too."""
    with contextlib.suppress(OSError):
        found = Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()
        return int(found[0]) / 1024 if found else 0.0
    return 0.0


def main(sizes: list[int]) -> int:
    first = 0.0
    for people in sizes:
        peak = peak_mib(people)
        first = first or peak
        print(f"{people:>9,} people: {peak:6.1f} MiB peak, {peak / first:.3f} of the first", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([int(text) for text in sys.argv[1:]] or [10_000, 200_000]))
