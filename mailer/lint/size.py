"""The size of the HTML part: where it crosses what mail clients show whole, and what weighs most.

Law: Gmail cuts the HTML part off behind 102 KB, encoded as it is sent; what stands below the cut, the way to
unsubscribe among it, is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from mailer.issue import Issue, Problem, Severity

LIMIT_BYTES: Final = 102 * 1024
NEAR_BYTES: Final = 96 * 1024  # so near that one more item may cross the limit
RULE_ID: Final = "size"


class Weight(Protocol):
    """A section of the rendered mail: its heading, where that stands in the file (from 1), and its bytes."""

    @property
    def title(self) -> str: ...

    @property
    def line(self) -> int: ...

    @property
    def size_bytes(self) -> int: ...


def size_problems(issue: Issue, weights: Sequence[Weight], size_bytes: int) -> list[Problem]:
    """An error above 102 KB, a warning just under it, nothing below; placed at the section that crosses it."""
    if size_bytes <= NEAR_BYTES:
        return []
    heavy = sorted(weights, key=lambda weight: -weight.size_bytes)[:3]
    heaviest = ", ".join(f"“{weight.title or 'the opening'}” {_kilobytes(weight.size_bytes)}" for weight in heavy)
    hint = f"What weighs most: {heaviest}." if heaviest else ""
    if size_bytes <= LIMIT_BYTES:
        message = f"the mail is {_kilobytes(size_bytes)} long; Gmail shows 102 KB and cuts off the rest"
        return [Problem(issue.place(1), RULE_ID, Severity.WARNING, message, hint)]
    crossing = _crossing(weights, size_bytes)
    message = f"the mail is {_kilobytes(size_bytes)} long and Gmail shows 102 KB"
    if crossing is not None:
        message += f": it is cut off in “{crossing.title or 'the opening'}”"
    hint = f"{hint} Shorten it, or link to the web version for a part.".strip()
    return [Problem(issue.place(crossing.line if crossing else 1), RULE_ID, Severity.ERROR, message, hint)]


def _crossing(weights: Sequence[Weight], size_bytes: int) -> Weight | None:
    """The section in which the limit is crossed; what is not in a section (head, masthead) counts first."""
    position = max(size_bytes - sum(weight.size_bytes for weight in weights), 0)
    for weight in weights:
        position += weight.size_bytes
        if position > LIMIT_BYTES:
            return weight
    return weights[-1] if weights else None


def _kilobytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024:.0f} KB"
