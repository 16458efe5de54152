"""Colours of the settings that cannot be read as they are: the mail shows others, and the editor is told.

Law: nothing is computed here; what renders the mail knows its colours, and says what it had to change.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from mailer.issue import Issue, Problem, Severity

RULE_ID: Final = "theme-contrast"


class Mended(Protocol):
    """A colour of the settings, what stands in its place, and the lowest contrast that it would have had."""

    @property
    def setting(self) -> str: ...

    @property
    def wanted(self) -> str: ...

    @property
    def shown(self) -> str: ...

    @property
    def contrast(self) -> float: ...


def theme_problems(issue: Issue, mended: Iterable[Mended]) -> list[Problem]:
    """A warning for each colour, at the issue's first line: no line of an issue is to blame."""
    return [
        Problem(
            issue.place(1),
            RULE_ID,
            Severity.WARNING,
            f"{each.setting} {each.wanted} has a contrast of {each.contrast:.1f} to 1 where 4.5 is needed:"
            f" {each.shown} is shown in its place",
            f"Set {each.setting} in mailer.toml to a colour that can be read.",
        )
        for each in mended
    ]
