from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.issue.translations import siblings, split_language

LANGUAGES = ("en", "de", "pt-br")


@pytest.mark.parametrize(
    ("name", "stem", "language"),
    [
        ("2025-06-10-newsletter.md", "2025-06-10-newsletter", None),
        ("2025-06-10-newsletter.pt-br.md", "2025-06-10-newsletter", "pt-br"),
        ("a.PT_BR.markdown", "a", "pt-br"),
        ("a.b.de.md", "a.b", "de"),
        ("v1.2.md", "v1.2", None),
        ("de.md", "de", None),
        (".md", ".md", None),
    ],
)
def test_a_name_is_split_into_stem_and_language(name: str, stem: str, language: str | None) -> None:
    assert split_language(name, LANGUAGES) == (stem, language)


def test_siblings_are_found_from_any_of_them_in_the_newsletters_order() -> None:
    folder = ["a.pt_BR.md", "a.md", "a.de.md", "b.de.md", "a.de.txt", "a.fr.md", "ab.de.md"]
    family = {"en": "a.md", "de": "a.de.md", "pt-br": "a.pt_BR.md"}
    for name in family.values():
        assert siblings(name, folder, LANGUAGES) == family
    assert list(siblings("a.de.md", folder, LANGUAGES)) == ["en", "de", "pt-br"]


def test_the_file_asked_for_wins_over_another_spelling() -> None:
    assert siblings("a.de.markdown", ["a.de.md"], LANGUAGES) == {"de": "a.de.markdown"}


@given(st.text(max_size=30), st.lists(st.text(max_size=10), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_no_name_raises(name: str, folder: list[str]) -> None:
    split_language(name, LANGUAGES)
    siblings(name, folder, LANGUAGES)
