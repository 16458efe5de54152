"""Where static sites keep the translations of a file: beside it, in language folders, or named by its header.

Law: reads folders and the heads of files, and never leaves the site: the search ends where its settings lie.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.issue.frontmatter import read_front_matter
from mailer.issue.source import decode
from mailer.issue.translations import SUFFIXES, language_tag, siblings, split_language

SITE_MARKS: Final = (
    ".git", "mailer.toml", "hugo.toml", "hugo.yaml", "hugo.json", "config.toml", "config.yaml", "_config.yml",
    "pelicanconf.py", "zola.toml", "conf.py", "package.json",
)  # fmt: skip
"""What lies in the topmost folder of a site."""
MOST_FOLDERS: Final = 8  # upwards, where none of the above is found
HEAD_BYTES: Final = 16_384  # as much of a file as its header may take
LANGUAGE_KEYS: Final = ("lang", "language", "locale")
SAME_KEYS: Final = ("translationkey", "article_translation_id", "slug")
"""Headers by which two files say that they are the same issue: Hugo's, then those of Pelican."""
_IN_NAME: Final = re.compile(r"\.([a-z]{2}(?:[-_][a-z0-9]{2,8})?)\.(?:md|markdown|mdown|mkd)$", re.IGNORECASE)
_TAG: Final = re.compile(r"[a-z]{2}(?:-[a-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True)
class Version:
    """A file of an issue, and its language where its name, folder or header says so."""

    path: Path
    language: str | None


def versions(path: Path, languages: Sequence[str]) -> list[Version]:
    """The file itself and its translations, the original first, then in the order of ``languages``.

    The original's language is left to its header, but where only a folder says it.
    """
    for look in (_by_name, _by_header, _by_folder):
        found = look(path, languages)
        if len(found) > 1:
            return found
    return _alone(path, languages)


def languages_near(path: Path) -> set[str]:
    """What translations of the file seem to be written in, when nobody says which languages there are."""
    found = {
        match[1].lower().replace("_", "-") for name in _files(path.parent) if (match := _IN_NAME.search(name))
    }
    for folder, rest in _upwards(path):
        for home in (folder, folder.parent) if _TAG.fullmatch(language_tag(folder.name)) else (folder,):
            there = _language_folders(home, None).items()
            found |= {tag for tag, other in there if (other / rest).is_file()}
    head = _head(path)
    key = _same_key(head)
    if key:
        found |= {tag for other in _same_issue(path, key) if (tag := _language_of(_head(other)))}
    return found


def _by_name(path: Path, languages: Sequence[str]) -> list[Version]:
    found = siblings(path.name, _files(path.parent), languages)
    return _first_unnamed(
        [Version(path.with_name(name), split_language(name, languages)[1]) for name in found.values()]
    )


def _first_unnamed(found: Sequence[Version]) -> list[Version]:
    """The original's header may know its language better than its name."""
    return [Version(one.path, one.language if index else None) for index, one in enumerate(found)]


def _by_folder(path: Path, languages: Sequence[str]) -> list[Version]:
    for folder, rest in _upwards(path):
        named = _named(folder.name, languages)
        home = folder.parent if named else folder
        found = {
            language: other / rest
            for language, other in _language_folders(home, languages).items()
            if (other / rest).is_file()
        }
        if (home / rest).is_file():
            found.setdefault(languages[0], home / rest)
        if len(found) > 1 and path.absolute() in found.values():
            return [
                Version(_as_given(path, file), language)
                for language in languages
                if (file := found.get(language)) is not None
            ]
    return []


def _as_given(path: Path, other: Path) -> Path:
    """Another file's path as somebody would write it who wrote ``path``."""
    if other == path.absolute():
        return path
    return other if path.is_absolute() else Path(os.path.relpath(other))


def _by_header(path: Path, languages: Sequence[str]) -> list[Version]:
    head = _head(path)
    key = _same_key(head)
    if not key:
        return []
    found: dict[str, tuple[bool, Path]] = {}
    for other in [path, *(other for other in _same_issue(path, key) if other != path)]:
        values = head if other == path else _head(other)
        written = _language_of(values)
        language = _named(written, languages) if written else languages[0]
        if language:
            found.setdefault(language, (str(values.get("translation", "")).strip().lower() == "true", other))
    order = sorted(found.items(), key=lambda item: (item[1][0], languages.index(item[0])))
    return _first_unnamed([Version(other, language) for language, (_, other) in order])


def _alone(path: Path, languages: Sequence[str]) -> list[Version]:
    """A file without translations; a folder named after a language says which its own is."""
    if split_language(path.name, languages)[1] is None and not _language_of(_head(path)):
        for folder, _ in _upwards(path):
            if named := _named(folder.name, languages):
                return [Version(path, named)]
    return [Version(path, None)]


def _upwards(path: Path) -> Iterator[tuple[Path, Path]]:
    """Folders around a file inside its site, the nearest first, and the file's path in each."""
    file = path.absolute()
    for folder in list(file.parents)[:MOST_FOLDERS]:
        yield folder, file.relative_to(folder)
        if any((folder / mark).exists() for mark in SITE_MARKS):
            return


def _language_folders(home: Path, languages: Sequence[str] | None) -> dict[str, Path]:
    """Folders in ``home`` that are named after one of the languages; None: after anything like a language."""
    found: dict[str, Path] = {}
    try:
        entries = sorted(entry for entry in home.iterdir() if entry.is_dir())
    except OSError:
        return {}
    for entry in entries:
        if languages is None:
            tag = language_tag(entry.name)
            language = tag if _TAG.fullmatch(tag) else None
        else:
            language = _named(entry.name, languages)
        if language:
            found.setdefault(language, entry)
    return found


def _named(name: str, languages: Sequence[str]) -> str | None:
    tag = language_tag(name)
    return next((language for language in languages if language_tag(language) == tag), None)


def _files(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return []


def _head(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            raw = file.read(HEAD_BYTES)
    except OSError:
        return {}
    return read_front_matter(decode(raw, str(path)))[0].values


def _same_key(values: Mapping[str, object]) -> tuple[str, str] | None:
    for key in SAME_KEYS:
        written = str(values.get(key) or "").strip()
        if written:
            return key, written
    return None


def _language_of(values: Mapping[str, object]) -> str:
    return next((language_tag(str(values[key])) for key in LANGUAGE_KEYS if values.get(key)), "")


def _same_issue(path: Path, same: tuple[str, str]) -> Iterator[Path]:
    """Files in the folder whose header has the same value under the same key."""
    key, value = same
    for name in _files(path.parent):
        other = path.with_name(name)
        if not name.lower().endswith(SUFFIXES):
            continue
        try:
            with other.open("rb") as file:
                raw = file.read(HEAD_BYTES)
        except OSError:
            continue
        if value.encode() in raw and str(_head(other).get(key) or "").strip() == value:
            yield other
