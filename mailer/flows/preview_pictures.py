"""Finds the pictures of an issue in the site's own repository: what is not published yet is shown all the same.

Law: a picture lies inside of the repository, and only those that the issue names are ever handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from mailer.flows.beside import MOST_FOLDERS, SITE_MARKS
from mailer.issue.model import Issue

TYPES: Final[Mapping[str, str]] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}
"""Media types by suffix; nothing else is a picture."""

_SITE_FOLDERS: Final = ("", "static", "content", "assets", "public", "src")  # where site generators keep pictures


def local_pictures(issue: Issue, path: Path) -> dict[str, Path]:
    """Files by the address that the mail has for them; ``path`` is the issue's own file."""
    top, *_ = folders = _folders(path)
    found: dict[str, Path] = {}
    for url, source in _images(issue):
        file = next((file for file in _candidates(source, url, folders) if _is_picture(file, top)), None)
        if file is not None:
            found[url] = file
    return found


def _folders(path: Path) -> list[Path]:
    """The folders around an issue from the site's top down; its own alone where nothing marks a top."""
    around = list(path.resolve().parents)[:MOST_FOLDERS]
    marked = (
        number for number, folder in enumerate(around) if any((folder / mark).exists() for mark in SITE_MARKS)
    )
    top = next(marked, 0)
    return around[: top + 1][::-1]


def _images(issue: Issue) -> Iterator[tuple[str, str]]:
    """The address of each image and what the author wrote."""
    for token in issue.tokens:
        for child in token.children or ():
            if child.type == "image":
                url = str(child.attrs.get("src", ""))
                yield url, str(child.meta.get("source", "") or url)


def _candidates(source: str, url: str, folders: list[Path]) -> Iterator[Path]:
    """Where the file may lie: beside the issue, else under one of the folders that become the site's root."""
    written = unquote(urlsplit(source.partition("}")[2] if source.startswith("{") else source).path)
    if "://" not in source and not written.startswith("/"):
        yield folders[-1] / written
    for name in dict.fromkeys((written, unquote(urlsplit(url).path))):
        for folder in reversed(folders):
            for place in _SITE_FOLDERS:
                yield folder / place / name.lstrip("/")


def _is_picture(file: Path, top: Path) -> bool:
    try:
        real = file.resolve()
        return file.suffix.lower() in TYPES and real.is_relative_to(top) and real.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
