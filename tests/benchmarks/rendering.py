"""How long an issue takes to become mail, and how large it gets: python -m tests.benchmarks.rendering [FILE…].

Without files: the demo's issue, and the same body repeated to 23 KB. Prints milliseconds (the best of ten, imports
not counted), the HTML as sent beside the Markdown.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from mailer.issue.reader import read_issue
from mailer.render.edition import render_edition
from mailer.render.weights import encoded_bytes
from mailer.resources import template_folders
from tests.builders.render import a_publication

SAMPLE = Path(__file__).resolve().parents[2] / "mailer" / "demo" / "issue" / "2026-05-01-spring.md"
TARGET_BYTES = 23_000
ROUNDS = 10


def best(work: Callable[[], object]) -> float:
    """Milliseconds of the fastest round: the others were disturbed."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def repeated(raw: bytes) -> bytes:
    """The issue with its body as often as it takes to weigh 23 KB; notes and headings differ by a number."""
    head, body = raw.decode().split("\n---\n", 1)
    copies: list[str] = []
    while sum(map(len, copies)) + len(head) < TARGET_BYTES:
        copies.append(body.replace("[^log]", f"[^log{len(copies)}]"))
    return f"{head}\n---\n{''.join(copies)}".encode()


def report(name: str, raw: bytes) -> None:
    newsletter, folders = a_publication(), template_folders(None)
    issue = read_issue(raw, name, newsletter)
    edition = render_edition(issue, newsletter, template_folders=folders)
    reading = best(lambda: read_issue(raw, name, newsletter))
    rendering = best(lambda: render_edition(issue, newsletter, template_folders=folders))
    size = encoded_bytes(edition.html)
    print(
        f"{name}: {len(raw):,} bytes of Markdown, read in {reading:.1f} ms, rendered in {rendering:.1f} ms, "
        f"HTML as sent {size:,} bytes (×{size / len(raw):.2f}), text {len(edition.text.encode()):,} bytes"
    )


def main(*files: str) -> None:
    if files:
        for file in map(Path, files):
            report(file.name, file.read_bytes())
        return
    raw = SAMPLE.read_bytes()
    report(SAMPLE.name, raw)
    report("the same, 23 KB", repeated(raw))


if __name__ == "__main__":
    main(*sys.argv[1:])
