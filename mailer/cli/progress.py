"""How far a sending is: a bar with rate and finish time on a terminal, elsewhere a line every ten seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final

from mailer.cli.words import local
from mailer.delivery.model import Progress
from mailer.store.states import DeliveryState as S

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_SECONDS: Final = 10.0
TITLE_CHARACTERS: Final = 30
_AHEAD: Final = (S.QUEUED, S.LEASED, S.SENDING)
_TOLD: Final = (S.DEFERRED, S.REFUSED, S.UNKNOWN, S.SKIPPED)


class ProgressDisplay:
    """Call it with each ``Progress`` that the engine gives, inside a ``with`` block. ``title`` is the issue's."""

    def __init__(self, console: Console, title: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._title = title
        self._clock = clock
        self._line_due = clock() + LINE_SECONDS
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressDisplay:
        if self._console.is_terminal:
            self._bar = _bar(self._console)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        if self._bar is not None:
            self._move(self._bar, progress)
        elif self._clock() >= self._line_due:
            self._line_due = self._clock() + LINE_SECONDS
            self._console.print(line(progress), markup=False, soft_wrap=True)

    def _move(self, bar: Bar, progress: Progress) -> None:
        if self._task is None:
            self._task = bar.add_task(_short(self._title), total=progress.audience, said="")
        bar.update(self._task, total=progress.audience, completed=settled(progress), said=details(progress))


def shown(console: Console, title: str) -> ProgressDisplay:
    """The display for one issue, to be used as ``with shown(…) as progress``."""
    return ProgressDisplay(console, title)


def settled(progress: Progress) -> int:
    """How many deliveries this sending does not have before it any more."""
    return progress.audience - sum(progress.counts[state] for state in _AHEAD)


def details(progress: Progress) -> str:
    """Rate, finish time, and what did not go well."""
    parts = [f"{progress.rate_per_second:,.1f}/s"]
    if progress.finish_at is not None:
        parts.append(f"done at {local(progress.finish_at)}")
    parts += [f"{progress.counts[state]:,} {state}" for state in _TOLD if progress.counts[state]]
    return ", ".join(parts)


def line(progress: Progress) -> str:
    """What a log shows every ten seconds."""
    return f"{settled(progress):,} of {progress.audience:,}: {details(progress)}"


def _bar(console: Console) -> Bar:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}", markup=False),
    )
    return Bar(*columns, console=console)


def _short(title: str) -> str:
    return title if len(title) <= TITLE_CHARACTERS else f"{title[: TITLE_CHARACTERS - 1].rstrip()}…"
