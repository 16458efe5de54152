"""The plot of a report: outcomes over time as stacked bars, in the coordinates of an SVG. Pure: numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailer.store.outcomes import Moment
from mailer.store.states import DeliveryState

WIDTH: Final = 720.0
HEIGHT: Final = 220.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 8.0, 12.0, 28.0
MOST_BARS: Final = 60
SHOWN: Final = (DeliveryState.ACCEPTED, DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.UNKNOWN)
"""From the bottom of a bar to its top."""
STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds that one bar may stand for: what clocks and people count in; beyond, whole days."""
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Bar:
    """One coloured piece of a bar."""

    state: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that the template draws."""

    bars: tuple[Bar, ...]
    times: tuple[Tick, ...]
    counts: tuple[Tick, ...]
    step: str  # "5 minutes"
    later: int  # answers after the end of the plot
    states: tuple[str, ...]  # those that occur, for the legend


def step_for(span: timedelta) -> timedelta:
    """The shortest step by which ``span`` needs no more than ``MOST_BARS`` bars."""
    seconds = max(span.total_seconds(), 1.0)
    for step in STEPS:
        if seconds / step < MOST_BARS:
            return timedelta(seconds=step)
    return timedelta(days=int(seconds / MOST_BARS / DAY) + 1)


def begin_for(first: datetime, step: timedelta) -> datetime:
    """The beginning of the step that ``first`` falls into, by the clock."""
    seconds = int(step.total_seconds())
    stamp = int(first.timestamp())
    return datetime.fromtimestamp(stamp - stamp % min(seconds, DAY), first.tzinfo)


def plot(moments: Sequence[Moment], begins: datetime, ends: datetime, step: timedelta) -> Plot:
    """Bars for the moments up to ``ends``; those after it are counted only."""
    shown = [moment for moment in moments if moment.begins <= ends]
    later = sum(_height(moment) for moment in moments[len(shown) :])
    steps = max(1, int((ends - begins) / step) + 1)
    top = _round_up(max((_height(moment) for moment in shown), default=1))
    slot = (WIDTH - LEFT - RIGHT) / max(steps, 12)  # a few bars stay slim
    scale = (HEIGHT - TOP - BOTTOM) / top
    bars: list[Bar] = []
    for moment in shown:
        x = LEFT + slot * ((moment.begins - begins) / step)
        y = HEIGHT - BOTTOM
        for state in SHOWN:
            if count := moment.counts[state]:
                height = max(count * scale, 1.0)  # one in a million is still to be seen
                y -= height
                title = f"{moment.begins:%Y-%m-%d %H:%M:%S}: {count:,} {state}"
                bars.append(
                    Bar(state.value, round(x, 2), round(y, 2), round(slot * 0.86, 2), round(height, 2), title)
                )
    found = tuple(state.value for state in SHOWN if any(moment.counts[state] for moment in moments))
    return Plot(tuple(bars), _times(begins, step, steps, slot), _counts(top, scale), words_for(step), later, found)


def _height(moment: Moment) -> int:
    return sum(moment.counts[state] for state in SHOWN)


def _round_up(count: int) -> int:
    """The next number of one digit and zeros; 7 and 9 are not ones that people count in."""
    power = 1
    while True:
        for digit in (1, 2, 3, 4, 5, 6, 8):
            if digit * power >= count:
                return digit * power
        power *= 10


def _times(begins: datetime, step: timedelta, steps: int, slot: float) -> tuple[Tick, ...]:
    every = max(1, -(-max(steps, 12) // 6))
    span = step * steps
    form = "%m-%d" if step >= timedelta(days=1) else "%d. %H:%M" if span > timedelta(days=1) else "%H:%M"
    form = "%H:%M:%S" if step < timedelta(minutes=1) else form
    return tuple(
        Tick(round(LEFT + slot * number, 2), f"{begins + step * number:{form}}")
        for number in range(0, steps, every)
    )


def _counts(top: int, scale: float) -> tuple[Tick, ...]:
    values = dict.fromkeys((0, top // 2, top)) if top > 1 else (0, top)
    return tuple(Tick(round(HEIGHT - BOTTOM - value * scale, 2), f"{value:,}") for value in values)


def words_for(step: timedelta) -> str:
    """ "5 minutes" for people."""
    seconds = int(step.total_seconds())
    for size, name in ((DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {name}s" if count > 1 else name
    return f"{seconds} seconds"
