"""Answers of the last day, on disk, so that a lint run every minute asks nobody twice.

Law: a file that cannot be read is no memory; one that cannot be written is no fault.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mailer.lint.reached import Answer, Outcome

KEPT: Final = timedelta(days=1)
KEPT_WHEN_BAD: Final = timedelta(minutes=10)  # an editor mends a link, or a server comes back, and asks again
MOST: Final = 20_000
FORM: Final = 1  # of the file; another one is not read
Key = tuple[str, bool]  # the address, and whether it is an image


def cache_folder() -> Path:
    """Where this user's caches lie (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".cache") / "newsletter-mailer"


class Memory:
    """Answers by address, each with the time it was given."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: dict[Key, tuple[datetime, Answer]] = {}
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._read(json.loads(file.read_text(encoding="utf-8")))

    def _read(self, document: Mapping[str, object]) -> None:
        lines = document["answers"]
        if document["form"] != FORM or not isinstance(lines, list):
            return
        for line in lines:
            values = dict(line["answer"])
            answer = Answer(**{**values, "outcome": Outcome(values["outcome"])})
            self._kept[line["url"], bool(line["image"])] = (datetime.fromisoformat(line["at"]), answer)

    def recall(self, key: Key, now: datetime) -> Answer | None:
        """The answer, when there is one that still counts."""
        at, answer = self._kept.get(key, (now, None))
        if answer is None or not timedelta() <= now - at <= _keep(answer):
            return None
        return answer

    def remember(self, answers: Mapping[Key, Answer], now: datetime) -> None:
        """Write new answers down, and forget old ones."""
        self._kept |= {key: (now, answer) for key, answer in answers.items()}
        fresh = [(key, at, answer) for key, (at, answer) in self._kept.items() if now - at <= _keep(answer)]
        fresh.sort(key=lambda line: line[1], reverse=True)
        lines = [
            {"url": url, "image": is_image, "at": at.isoformat(), "answer": asdict(answer)}
            for (url, is_image), at, answer in fresh[:MOST]
        ]
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".links.", dir=self._file.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"form": FORM, "answers": lines}, file, ensure_ascii=False)
            Path(name).replace(self._file)


def _keep(answer: Answer) -> timedelta:
    return KEPT if answer.outcome is Outcome.FOUND else KEPT_WHEN_BAD
