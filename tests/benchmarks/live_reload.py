"""How long after a save the preview shows it: python -m tests.benchmarks.live_reload [ISSUE.md]

Saves a copy of the issue (the demo's, where none is named) ten times while a browser looks at it, and prints
milliseconds from the save until the first view, and until all views and the problems, show the new words. The
preview's own CPU time beside them does not depend on what else the machine has to do.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page
from werkzeug.serving import make_server

from mailer.flows.preview import PreviewDesk
from mailer.resources import template_folders
from mailer.web.preview import create_preview
from tests.builders.render import a_publication
from tests.support.pictures import a_browser

SAMPLE = Path(__file__).resolve().parents[2] / "mailer" / "demo" / "issue" / "2026-05-01-spring.md"
ROUNDS = 10
_FRAMES = "[...document.querySelectorAll('.frame iframe:not(.coming)')]"
_SHOWN = (
    f"(words, most) => {_FRAMES}.filter(e => e.contentDocument?.body?.textContent.includes(words)).length >= most"
)


def measure(page: Page, path: Path, text: str, number: int, views: int) -> tuple[float, float]:
    """Milliseconds until the first view shows a new word, and until everything does."""
    words = f"word{number}word"
    start = time.perf_counter()
    path.write_text(f"{text}\n\n{words}\n", encoding="utf-8")
    page.wait_for_function(f"words => ({_SHOWN})(words, 1)", arg=words, polling=5)
    first = time.perf_counter()
    page.wait_for_function(
        f"words => ({_SHOWN})(words, {views}) && document.getElementById('source').textContent.includes(words)",
        arg=words,
        polling=5,
    )
    return (first - start) * 1000, (time.perf_counter() - start) * 1000


def main(*files: str) -> None:
    text = Path(files[0] if files else SAMPLE).read_text(encoding="utf-8")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "2026-05-01-issue.md")
        path.write_text(text, encoding="utf-8")
        desk = PreviewDesk(path, a_publication(), template_folders(None))
        server = make_server("127.0.0.1", 0, create_preview(desk), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with a_browser() as browser:
                # the page's policy forbids what wait_for_function does
                page = browser.new_page(viewport={"width": 1600, "height": 900}, bypass_csp=True)
                page.goto(f"http://127.0.0.1:{server.server_port}/")
                page.wait_for_selector("body[data-shown]")
                views = int(page.evaluate(f"{_FRAMES}.length"))
                spent = time.process_time()
                times = [measure(page, path, text, number, views) for number in range(ROUNDS)]
                spent = (time.process_time() - spent) * 1000 / ROUNDS
        finally:
            server.shutdown()
            server.server_close()
    for what, column in (("the first view", 0), ("all views and the problems", 1)):
        found = [pair[column] for pair in times]
        print(f"{len(text):,} characters, {what}: {median(found):.0f} ms (median), {max(found):.0f} ms (worst)")
    print(f"CPU time to read, render, check and serve: {spent:.0f} ms a save; the browser's is not counted")


if __name__ == "__main__":
    main(*sys.argv[1:])
