"""Finding the files of an issue: the original and the translations beside it. Reads folders and files, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import UsageError
from mailer.issue.translations import siblings, split_language
from mailer.newsletter import Newsletter

MAX_SOURCE_BYTES = 5 * 1024 * 1024
"""A Markdown file larger than this is some other file: even a year of newsletters is smaller."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an issue as it lies on the disk."""

    path: Path
    language: str | None  # from the file's name; None: its front matter decides
    raw: bytes


@dataclass(frozen=True, slots=True)
class SourceSet:
    """All files of one issue, the original first."""

    files: tuple[SourceFile, ...]

    @property
    def original(self) -> SourceFile:
        return self.files[0]


def gather(paths: Sequence[Path], newsletter: Newsletter) -> list[SourceSet]:
    """The issues that ``paths`` name, each with its translations, in the order named; one set for an issue.

    Raises UsageError for a path that is no readable file.
    """
    sets: dict[Path, SourceSet] = {}
    for path in paths:
        names = _names_beside(path)
        found = siblings(path.name, names, newsletter.languages)
        files = tuple(
            SourceFile(
                path.with_name(name),
                split_language(name, newsletter.languages)[1],
                _read(path.with_name(name)),
            )
            for name in found.values()
        )
        sets.setdefault(files[0].path.resolve(), SourceSet(files))
    return list(sets.values())


def _names_beside(path: Path) -> list[str]:
    if path.is_dir():
        raise UsageError("is a folder, not an issue.", where=str(path), hint="Name the Markdown file in it.")
    if not path.is_file():
        raise UsageError("there is no such file.", where=str(path), hint="Check the path of the issue.")
    return sorted(entry.name for entry in path.parent.iterdir() if entry.is_file())


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_SOURCE_BYTES:
            raise UsageError(
                f"has {size:,} bytes, which is no Markdown issue.",
                where=str(path),
                hint="Name the issue's Markdown file.",
            )
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot be read ({error.strerror}).", where=str(path), hint="Check its permissions."
        ) from error
