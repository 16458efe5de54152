"""A sending against a server that wants less: python -m tests.benchmarks.adaptive_pace [PICTURE].

The server takes so many messages a second and says 450 4.7.1 to the rest; after a while only half. The plot
shows what was accepted each second, the server's limit and its calls for patience. It takes two minutes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from mailer.delivery.engine import deliver
from mailer.delivery.model import StopSignal
from tests.builders.delivery import a_database, a_planned_issue, a_sending, some_smtp
from tests.support.fault_server import Fault, fault_server

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "adaptive-pace.svg"
FIRST, THEN = 120, 60
"""What the server takes a second, before and after it changes its mind."""
CHANGES_AT, SECONDS = 50.0, 110.0
LEFT, TOP, WIDTH, HEIGHT = 56, 52, 640, 220


@dataclass
class Temper:
    """A server's limit in a sliding second, and what it refused."""

    started: float = 0.0
    taken: deque[float] = field(default_factory=deque)
    refused: list[float] = field(default_factory=list)

    def limit(self, at: float) -> int:
        return FIRST if at < CHANGES_AT else THEN

    def judge(self, stage: str, _count: int, _argument: str) -> Fault | None:
        if stage != "RCPT":
            return None
        now = time.monotonic()
        self.started = self.started or now
        while self.taken and self.taken[0] < now - 1:
            self.taken.popleft()
        if len(self.taken) >= self.limit(now - self.started):
            self.refused.append(now - self.started)
            return Fault("450 4.7.1 too many messages, slow down")
        self.taken.append(now)
        return Fault(delay_seconds=0.01)


def run() -> tuple[Counter[int], Temper]:
    """Accepted messages by second, and the server."""
    temper = Temper()

    async def send(folder: Path) -> None:
        engine = a_database(folder)
        issue_id = a_planned_issue(engine, int(FIRST * SECONDS * 1.2))
        stop = StopSignal()
        sending = a_sending(engine, issue_id, server.port, smtp=some_smtp(server.port, connections=4))
        task = asyncio.create_task(deliver(sending, stop=stop))
        await asyncio.wait([task], timeout=SECONDS)
        stop.request()
        await task

    with tempfile.TemporaryDirectory() as folder, fault_server(temper.judge) as server:
        asyncio.run(send(Path(folder)))
        accepted = Counter(int(at - temper.started) for _, _, at in server.accepted)
    return accepted, temper


def plot(accepted: Counter[int], temper: Temper) -> str:
    """The run as SVG: readable on light and dark pages, without any script."""
    last = int(SECONDS)
    top = max([*accepted.values(), FIRST]) * 1.1

    def x(second: float) -> float:
        return round(LEFT + WIDTH * second / last, 1)

    def y(rate: float) -> float:
        return round(TOP + HEIGHT * (1 - rate / top), 1)

    line = " ".join(f"{x(second + 0.5)},{y(accepted[second])}" for second in range(last))
    edges = [(0.0, FIRST), (CHANGES_AT, FIRST), (CHANGES_AT, THEN), (SECONDS, THEN)]
    limit = " ".join(f"{x(at)},{y(rate)}" for at, rate in edges)
    calls = Counter(int(at) for at in temper.refused)
    marks = "".join(
        f'<rect x="{x(second)}" y="{TOP + HEIGHT + 4}" width="4" height="8" class="call"/>' for second in calls
    )
    ticks = "".join(
        f'<text x="{LEFT - 8}" y="{y(rate) + 4}" text-anchor="end">{rate}</text>' for rate in (0, THEN, FIRST)
    ) + "".join(
        f'<text x="{x(second)}" y="{TOP + HEIGHT + 30}" text-anchor="middle">{second} s</text>'
        for second in range(0, last + 1, 20)
    )
    said = f"Messages accepted each second. The server takes {FIRST}, then {THEN} (dashed)."
    asked = f"It asked for patience {len(temper.refused)} times in {last} s (marks below)."
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 24} {TOP + HEIGHT + 44}"
  role="img" aria-label="{escape(f"{said} {asked}")}" font-family="system-ui, sans-serif" font-size="12">
<style>
  text {{ fill: #444 }} .axis {{ stroke: #888 }} .limit {{ stroke: #b3261e; stroke-dasharray: 6 4 }}
  .rate {{ stroke: #0b57a4; stroke-width: 2 }} .call {{ fill: #b3261e }} polyline, path {{ fill: none }}
  @media (prefers-color-scheme: dark) {{ text {{ fill: #ccc }} .rate {{ stroke: #7db7f0 }}
    .limit {{ stroke: #f2837b }} .call {{ fill: #f2837b }} }}
</style>
<text x="{LEFT}" y="18">{escape(said)}</text>
<text x="{LEFT}" y="34">{escape(asked)}</text>
<path class="axis" d="M{LEFT} {TOP}V{TOP + HEIGHT}H{LEFT + WIDTH}"/>
<polyline class="limit" points="{limit}"/>
<polyline class="rate" points="{line}"/>
{marks}{ticks}
</svg>
"""


def main(picture: Path) -> None:
    accepted, temper = run()
    picture.write_text(plot(accepted, temper), encoding="utf-8")
    for name, since, until, limit in (("before", 0.0, CHANGES_AT, FIRST), ("after", CHANGES_AT, SECONDS, THEN)):
        taken = sum(count for second, count in accepted.items() if since <= second < until)
        calls = sum(1 for at in temper.refused if since <= at < until)
        share = taken / (until - since) / limit
        print(f"{name}: {share:.0%} of {limit}/s used, {calls} calls for patience in {until - since:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
