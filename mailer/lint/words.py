"""A list of words, written as one text, as a set."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of ``text``, separated by white space."""
    return frozenset(text.split())
