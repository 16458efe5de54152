"""The progress of a sending, as people and logs see it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from mailer.cli.progress import LINE_SECONDS, ProgressDisplay, line
from mailer.delivery.model import Progress
from mailer.store.states import DeliveryState as S


def a_progress(accepted: int, queued: int, **others: int) -> Progress:
    counts = dict.fromkeys(S, 0) | {S.ACCEPTED: accepted, S.QUEUED: queued}
    counts |= {S(name): count for name, count in others.items()}
    return Progress(counts, 12.34, datetime(2026, 5, 1, 10, 0, tzinfo=UTC))


def test_a_line_tells_how_far_how_fast_until_when_and_what_went_wrong() -> None:
    said = line(a_progress(1200, 700, refused=60, deferred=40))
    assert said.startswith("1,300 of 2,000: 12.3/s, done at 2026-05-01 ")
    assert said.endswith("40 deferred, 60 refused")


def test_without_a_terminal_there_is_a_plain_line_every_ten_seconds() -> None:
    now = 0.0
    written = io.StringIO()
    with ProgressDisplay(Console(file=written, width=40), clock=lambda: now) as display:
        for number in range(60):
            now = number / 2
            display(a_progress(number, 100 - number))
    lines = written.getvalue().splitlines()
    assert len(lines) == int(29.5 / LINE_SECONDS)
    assert "\x1b" not in written.getvalue()
    assert lines[0].startswith("20 of 100: ")


def test_on_a_terminal_there_is_a_bar() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, color_system=None)
    with ProgressDisplay(console) as display:
        display(a_progress(30, 70))
    assert "30/100" in written.getvalue()
    assert "12.3/s" in written.getvalue()
