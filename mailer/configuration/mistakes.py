"""What is wrong with the settings, all of it at once, and how near a wrong name comes to a right one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from mailer.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong setting: ``where`` is "mailer.toml:12" or the name of an environment variable."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.hint}".rstrip()


class SettingsMistakes(SettingsError):
    """Everything that is wrong with the settings; ``str()`` says one mistake a line and no secret."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0]
        super().__init__(first.what, where=first.where, hint=first.hint)
        self.mistakes = tuple(mistakes)

    def __str__(self) -> str:
        lines = [str(mistake) for mistake in self.mistakes]
        return lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} settings are wrong:", *lines])


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that ``name`` was probably meant to be."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    folded = name.casefold().replace("-", "_")
    close = get_close_matches(folded, by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None
