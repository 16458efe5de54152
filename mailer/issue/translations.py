"""File names of an issue and its translations: ``issue.md`` beside ``issue.de.md``. Names only, no disk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

SUFFIXES: Final = (".md", ".markdown", ".mdown", ".mkd")


def language_tag(written: str) -> str:
    """A language as we compare it: ``pt_BR`` is ``pt-br`` (RFC 5646 section 2.1.1: case says nothing)."""
    return written.strip().lower().replace("_", "-")


def split_language(name: str, languages: Sequence[str]) -> tuple[str, str | None]:
    """``2025-06-10-newsletter.pt-br.md`` is the stem ``2025-06-10-newsletter`` and ``pt-br``.

    The language is given as it is spelled in ``languages``; a part that is none of them belongs to the stem.
    ``name`` has no folder.
    """
    stem = _without_suffix(name)
    head, dot, tail = stem.rpartition(".")
    if dot and head:
        wanted = language_tag(tail)
        for language in languages:
            if language_tag(language) == wanted:
                return head, language
    return stem, None


def siblings(name: str, names_in_folder: Iterable[str], languages: Sequence[str]) -> dict[str, str]:
    """The file of each language of the same issue, in the order of ``languages``, ``name`` included.

    A file without a language in its name is in the first language. ``name`` wins over another spelling.
    """
    stem, _ = split_language(name, languages)
    found: dict[str, str] = {}
    for candidate in [name, *sorted(names_in_folder)]:
        if candidate != name and not candidate.lower().endswith(SUFFIXES):
            continue
        other_stem, language = split_language(candidate, languages)
        if other_stem == stem:
            found.setdefault(language if language is not None else languages[0], candidate)
    return {language: found[language] for language in languages if language in found}


def _without_suffix(name: str) -> str:
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name
