"""How long commands take to start, beside a bare Python: python -m tests.benchmarks.start_up."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TURNS = 7
MAILER = str(Path(sys.executable).with_name("mailer"))
ISSUE = Path(__file__).resolve().parents[2] / "mailer" / "demo" / "issue" / "2026-05-01-spring.md"


def milliseconds(command: list[str], folder: str) -> float:
    """The median over some turns."""
    taken = []
    for _ in range(TURNS):
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([MAILER, "init"], cwd=folder, capture_output=True, check=True)
        bare = milliseconds([sys.executable, "-c", "pass"], folder)
        print(f"python -c pass: {bare:.0f} ms")
        for words in (["--help"], ["lint", str(ISSUE)], ["render", str(ISSUE), "--out", "out"], ["status"]):
            taken = milliseconds([MAILER, *words], folder)
            print(f"mailer {words[0]}: {taken:.0f} ms, {taken / bare:.1f} times a bare Python")


if __name__ == "__main__":
    main()
