"""The page of a rule is the docstring of its file: a summary in the first line, and samples that pass and fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SAMPLE: Final = re.compile(r"^(PASS|FAIL):\n((?:(?: {4}[^\n]*)?\n)+)", re.MULTILINE)


def summary_of(page: str | None) -> str:
    """The first line, without its full stop."""
    return (page or "").partition("\n")[0].rstrip(".")


def samples_of(page: str | None) -> Iterator[tuple[bool, str]]:
    """Whether it passes, and the text without its indent, for each sample in order."""
    for found in _SAMPLE.finditer((page or "").rstrip() + "\n\n"):
        yield found[1] == "PASS", re.sub(r"^ {4}", "", found[2], flags=re.MULTILINE).rstrip("\n") + "\n"
