"""The journal beside the database: which issues were begun, in a file that no restored database can forget.

Laws: a line is durable before the first message of its issue goes out; lines are only ever added. It holds no
address, only names, hashes and counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from mailer.errors import MailerError


class Mark(StrEnum):
    """What a line tells."""

    BEGUN = "begun"  # from now on messages may go out
    FINISHED = "finished"  # nothing was left
    RESTORED = "restored"  # the database was put back


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``editions`` maps a language to the SHA-256 of what was mailed; ``accepted`` counts messages."""

    at: datetime
    mark: Mark
    newsletter: str = ""
    slug: str = ""
    editions: Mapping[str, str] = field(default_factory=dict)
    accepted: int = 0
    audience: int = 0


class Journal:
    """The file at ``path``, which is made with the first line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def note(self, entry: Entry) -> None:
        """Add a line and wait until it is on the disk. MailerError when that cannot be: send nothing then."""
        told = {
            "at": entry.at.isoformat(),
            "mark": entry.mark.value,
            "newsletter": entry.newsletter,
            "slug": entry.slug,
            "editions": dict(entry.editions),
            "accepted": entry.accepted,
            "audience": entry.audience,
        }
        try:
            fresh = not self.exists
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                # one write, so that lines of two processes do not mix; a line that was cut off is ended first
                cut = "" if fresh or self._ends_well() else "\n"
                os.write(handle, (cut + json.dumps(told, ensure_ascii=False) + "\n").encode())
                os.fsync(handle)
            finally:
                os.close(handle)
            if fresh:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise MailerError(
                f"the journal cannot be written ({error.strerror}).",
                where=str(self.path),
                hint="It keeps an issue from being sent twice after a restore: mend its rights or the disk.",
            ) from error

    def entries(self) -> Iterator[Entry]:
        """Every line in order; what is no whole line of ours (a crash, an editor) is passed over."""
        if not self.exists:
            return
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                entry = _read(line)
                if entry is not None:
                    yield entry

    def of_issue(self, newsletter: str, slug: str) -> list[Entry]:
        """What is told of one issue."""
        return [one for one in self.entries() if (one.newsletter, one.slug) == (newsletter, slug)]

    def _ends_well(self) -> bool:
        with self.path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"


def _read(line: str) -> Entry | None:
    try:
        told = json.loads(line)
        return Entry(
            datetime.fromisoformat(told["at"]),
            Mark(told["mark"]),
            str(told["newsletter"]),
            str(told["slug"]),
            dict(told["editions"]),
            int(told["accepted"]),
            int(told["audience"]),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
