"""What a check found: how it stands, what that means for the mail, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a finding stands."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


class Theme(StrEnum):
    """What findings are grouped by, in the order in which they are shown."""

    INSTALLATION = "installation"
    SERVER = "mail server"
    DNS = "DNS"
    WEB = "web app"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``mend`` is "" where nothing has to be done; no text holds a secret."""

    check: str  # "dns-spf"; several findings may come from one check
    result: Result
    means: str  # a sentence for the operator: what it is and what it does to the mail
    mend: str = ""  # what to do; a record to publish stands on a line of its own


def ok(check: str, means: str) -> Finding:
    return Finding(check, Result.OK, _sentence(means))


def warning(check: str, means: str, mend: str) -> Finding:
    return Finding(check, Result.WARNING, _sentence(means), mend)


def failure(check: str, means: str, mend: str) -> Finding:
    return Finding(check, Result.FAILURE, _sentence(means), mend)


def _sentence(words: str) -> str:
    """A capital at the beginning; a name, an address or a path stays as it is written."""
    first = words.split(" ", 1)[0].rstrip(",:;")
    return words[:1].upper() + words[1:] if first.isalpha() or first.endswith("'s") else words


def worst(findings: Iterable[Finding]) -> Result:
    """Failure beats warning beats ok."""
    results = {finding.result for finding in findings}
    return next((result for result in (Result.FAILURE, Result.WARNING) if result in results), Result.OK)
