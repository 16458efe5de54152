from dataclasses import fields
from datetime import date
from string import Formatter

import pytest

from mailer.render.phrases import SPOKEN, Phrases, phrases_for
from mailer.render.tongue import date_in_words, direction, own_name

DAY = date(2025, 6, 1)


def test_every_language_has_every_phrase_with_the_same_places_to_fill_in() -> None:
    def places(phrase: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(phrase) if name}

    assert set(SPOKEN) == {"en", "de", "es", "fr", "it", "pt-br"}
    for language, phrases in SPOKEN.items():
        for field in fields(Phrases):
            phrase = getattr(phrases, field.name)
            assert phrase.strip(), (language, field.name)
            assert places(phrase) == places(getattr(SPOKEN["en"], field.name)), (language, field.name)


def test_no_language_repeats_the_english_sentences() -> None:
    for language, phrases in SPOKEN.items():
        if language != "en":
            assert phrases.why != SPOKEN["en"].why
            assert phrases.unsubscribe != SPOKEN["en"].unsubscribe


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("pt", "pt-br"),
        ("pt-pt", "pt-br"),
        ("pt_BR", "pt-br"),
        ("ja", "en"),
        ("", "en"),
    ],
)
def test_a_language_that_we_do_not_speak_reads_its_nearest_relative_or_english(asked: str, spoken: str) -> None:
    assert phrases_for(asked).language == spoken


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "1 June 2025"),
        ("en-us", "June 1, 2025"),
        ("de", "1. Juni 2025"),
        ("de-at", "1. Juni 2025"),
        ("es", "1 de junio de 2025"),
        ("fr", "1 juin 2025"),
        ("it", "1 giugno 2025"),
        ("pt-br", "1 de junho de 2025"),
        ("ja", "2025年6月1日"),
        ("zh-hant", "2025年6月1日"),
        ("xx", "2025-06-01"),
        ("", "2025-06-01"),
    ],
)
def test_a_date_reads_as_its_language_writes_it(language: str, words: str) -> None:
    assert date_in_words(DAY, language) == words


@pytest.mark.parametrize("language", ["ar", "he", "fa", "ur", "ar-EG", "az-arab", "yi", "ps"])
def test_these_are_written_from_right_to_left(language: str) -> None:
    assert direction(language) == "rtl"


@pytest.mark.parametrize("language", ["en", "de", "ja", "az", "ar-latn", "uz", ""])
def test_these_are_written_from_left_to_right(language: str) -> None:
    assert direction(language) == "ltr"


@pytest.mark.parametrize(
    ("language", "name"),
    [("de", "Deutsch"), ("fr", "Français"), ("pt-br", "Português (Brasil)"), ("tlh-x", "tlh-x")],
)
def test_a_language_is_called_what_its_readers_call_it(language: str, name: str) -> None:
    assert own_name(language) == name
