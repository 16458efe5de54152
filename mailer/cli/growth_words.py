"""How growth is shown: a table with bars for a terminal, JSON, and a picture (SVG). Nothing is looked up here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from subscribers.growth import Week

BAR: Final = 30  # characters of the longest bar
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 64, 16, 48, 44


def growth_json(newsletter: str, weeks: Sequence[Week]) -> dict[str, object]:
    """What ``subscribers stats --json`` prints."""
    return {
        "newsletter": newsletter,
        "subscribed": weeks[-1].subscribed if weeks else 0,
        "weeks": [
            {"week": week.monday.isoformat(), "came": week.came, "left": week.left, "subscribed": week.subscribed}
            for week in weeks
        ],
    }


def growth_table(weeks: Sequence[Week], *, ascii_only: bool = False) -> Iterator[str]:
    """A line for each week, and a bar for how many were subscribed at its end."""
    most = max((week.subscribed for week in weeks), default=0)
    yield f"{'Week of':<12}{'came':>9}{'left':>9}{'subscribed':>12}"
    for week in weeks:
        bar = _bar(week.subscribed, most, ascii_only=ascii_only)
        yield f"{week.monday.isoformat():<12}{week.came:>9,}{week.left:>9,}{week.subscribed:>12,}  {bar}".rstrip()


def _bar(count: int, most: int, *, ascii_only: bool) -> str:
    if most <= 0:
        return ""
    if ascii_only:
        return "#" * round(BAR * count / most)
    full, eighths = divmod(round(BAR * 8 * count / most), 8)
    return "█" * full + (_EIGHTHS[eighths] if eighths else "")


def growth_svg(title: str, weeks: Sequence[Week]) -> str:
    """The subscribed at the end of each week as a line, with a text for those who cannot see it."""
    most = _nice(max((week.subscribed for week in weeks), default=0))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(weeks) - 1)

    def y(count: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - count / most)

    points = [(LEFT + step * number, y(week.subscribed)) for number, week in enumerate(weeks)]
    line = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    said = f"From {weeks[0].subscribed:,} in the week of {weeks[0].monday} to {weeks[-1].subscribed:,} now."
    base = HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"',
        'aria-labelledby="title said" font-family="system-ui, sans-serif" font-size="13">',
        f'<title id="title">{escape(title)}</title><desc id="said">{said}</desc>',
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="26" font-size="16" font-weight="600" fill="#1c1c1c">{escape(title)}</text>',
    ]
    for part in range(5):
        count = most * part / 4
        if count == int(count):
            parts.append(
                f'<path d="M{LEFT} {y(count):.1f}H{WIDTH - RIGHT}" stroke="#e2e2e2"/>'
                f'<text x="{LEFT - 8}" y="{y(count) + 4:.1f}" text-anchor="end" fill="#555555">{count:,.0f}</text>'
            )
    for number in _ticks(len(weeks)):
        across = points[number][0]
        anchor = "start" if number == 0 else "end" if number == len(weeks) - 1 else "middle"
        parts.append(
            f'<text x="{across:.1f}" y="{base + 22}" text-anchor="{anchor}" fill="#555555">'
            f"{weeks[number].monday}</text>"
        )
    area = f"{LEFT},{base} {line} {points[-1][0]:.1f},{base}"
    last_across, last_down = points[-1]
    parts += [
        f'<polygon points="{area}" fill="#0f4b6e" fill-opacity="0.12"/>',
        f'<polyline points="{line}" fill="none" stroke="#0f4b6e" stroke-width="2" stroke-linejoin="round"/>',
        f'<circle cx="{last_across:.1f}" cy="{last_down:.1f}" r="4" fill="#0f4b6e"/>',
        "</svg>\n",
    ]
    return "\n".join(parts)


def _nice(most: int) -> int:
    """The end of the scale: the next of 4, 8, 20, 40, 80, 200 … so that a quarter of it is a round number."""
    scale = 1
    while True:
        for unit in (4, 8, 20):
            if most <= unit * scale:
                return unit * scale
        scale *= 10


def _ticks(count: int) -> list[int]:
    return sorted({round((count - 1) * part / 4) for part in range(5)}) if count else []
