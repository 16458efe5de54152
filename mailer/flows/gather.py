"""Finding the files of an issue: the original and the translations beside it. Reads folders and files, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import UsageError
from mailer.flows.beside import versions
from mailer.newsletter import Newsletter

MAX_SOURCE_BYTES = 5 * 1024 * 1024
"""A Markdown file larger than this is some other file: even a year of newsletters is smaller."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an issue as it lies on the disk."""

    path: Path
    language: str | None  # where its name, folder or place among others says it; None: its header decides
    raw: bytes

    @property
    def folder(self) -> str:
        """The name of the folder that the file lies in, which names the issue of an ``index.md``."""
        return self.path.absolute().parent.name


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
        _refuse_other_than_files(path)
        found = versions(path, newsletter.languages)
        files = tuple(SourceFile(version.path, version.language, _read(version.path)) for version in found)
        sets.setdefault(files[0].path.resolve(), SourceSet(files))
    return list(sets.values())


def _refuse_other_than_files(path: Path) -> None:
    if path.is_dir():
        raise UsageError("is a folder, not an issue.", where=str(path), hint="Name the Markdown file in it.")
    if not path.is_file():
        raise UsageError("there is no such file.", where=str(path), hint="Check the path of the issue.")


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
