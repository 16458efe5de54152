"""A table as plain text: columns side by side where they fit, wrapped where they must, else one record per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from mailer.render.text_wrap import width, wrap

Side = Literal["left", "center", "right"]
_GAP: Final = "  "
_NARROWEST: Final = 9  # columns; below that a wrapped cell is a ladder of syllables


def table_text(head: Sequence[str], body: Sequence[Sequence[str]], sides: Sequence[Side], columns: int) -> str:
    """The table in at most ``columns`` columns, unless a single word is wider than that."""
    count = max([len(head), *map(len, body)])
    lines = [_filled(cells, count) for cells in ([head, *body] if any(head) else body)]
    if not count or not lines:
        return ""
    sizes = _sizes(lines, columns - len(_GAP) * (count - 1))
    if sizes is None:
        return _records(_filled(head, count), [_filled(cells, count) for cells in body], columns)
    written = [_row(cells, sizes, sides) for cells in lines]
    if any(head):
        written.insert(1, _GAP.join("-" * size for size in sizes))
    return "\n".join(written)


def _filled(cells: Sequence[str], count: int) -> list[str]:
    return [*cells, *[""] * (count - len(cells))]


def _sizes(lines: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """A width for each column, or nothing when they cannot stand side by side."""
    natural = [max(map(width, cells)) for cells in zip(*lines, strict=True)]
    if sum(natural) <= room:
        return natural
    least = [max(max(map(width, cell.split()), default=0) for cell in cells) for cells in zip(*lines, strict=True)]
    sizes = [min(size, max(word, _NARROWEST)) for size, word in zip(natural, least, strict=True)]
    if sum(sizes) > room:
        return None
    for _ in range(room - sum(sizes)):  # hand out what is left to the column that wants it most
        wants = [want - size for want, size in zip(natural, sizes, strict=True)]
        sizes[wants.index(max(wants))] += 1
    return sizes


def _row(cells: Sequence[str], sizes: Sequence[int], sides: Sequence[Side]) -> str:
    wrapped = [wrap(cell, size).split("\n") for cell, size in zip(cells, sizes, strict=True)]
    height = max(map(len, wrapped))
    lines = []
    for position in range(height):
        pieces = [
            _padded(
                cell[position] if position < len(cell) else "",
                size,
                sides[column] if column < len(sides) else "left",
            )
            for column, (cell, size) in enumerate(zip(wrapped, sizes, strict=True))
        ]
        lines.append(_GAP.join(pieces).rstrip())
    return "\n".join(lines)


def _padded(text: str, size: int, side: Side) -> str:
    room = max(0, size - width(text))
    if side == "right":
        return " " * room + text
    if side == "center":
        return " " * (room // 2) + text + " " * (room - room // 2)
    return text + " " * room


def _records(head: Sequence[str], body: Sequence[Sequence[str]], columns: int) -> str:
    records = []
    for cells in body:
        lines = [
            wrap(f"{label}: {cell}" if label else cell, columns, rest="  ")
            for label, cell in zip(head, cells, strict=True)
            if cell
        ]
        records.append("\n".join(lines))
    return "\n\n".join(record for record in records if record) or wrap(", ".join(head), columns)
