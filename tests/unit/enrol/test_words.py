"""No text is missing in any language, and each says the names that the English one says."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from mailer.render.notice_words import NOTICES, NoticeWords, notice_words
from subscribers.consent import Event
from subscribers.outbox import Notice
from subscribers.web.phrases import LANGUAGES, PHRASES, PeoplePhrases, nearest, people_phrases

NAME = re.compile(r"\{[a-z]*\}")
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_pages_is_there_with_its_names(language: str) -> None:
    for field in fields(PeoplePhrases):
        if field.name in {"language", "events"}:
            continue
        english, said = getattr(PHRASES["en"], field.name), getattr(PHRASES[language], field.name)
        assert said.strip() == said
        assert said
        assert sorted(NAME.findall(said)) == sorted(NAME.findall(english)), field.name
        if len(english) > 25:
            assert said != english, field.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_a_name(language: str) -> None:
    assert PHRASES[language].events.keys() == {event.value for event in Event}
    assert all(PHRASES[language].events.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_is_there_with_its_names(language: str) -> None:
    assert NOTICES.keys() == set(LANGUAGES)
    assert NOTICES[language].keys() == {notice.value for notice in Notice}
    for kind, words in NOTICES[language].items():
        english = NOTICES["en"][kind]
        for field in fields(NoticeWords):
            said = getattr(words, field.name)
            assert bool(said) == bool(getattr(english, field.name)), (kind, field.name)
            assert set(NAME.findall(said)) <= {"{newsletter}"}
        assert "{newsletter}" in words.subject + words.lead


def test_a_newsletters_name_with_braces_stays_as_it_is() -> None:
    words = notice_words("confirm", "en")[1].about("{sender} & {0}")
    assert "{sender} & {0}" in words.subject


@pytest.mark.parametrize(
    ("wanted", "spoken"), [("de", "de"), ("de-AT", "de"), ("pt-BR", "pt-br"), ("ja", "en"), ("", "en")]
)
def test_other_languages_read_english(wanted: str, spoken: str) -> None:
    assert people_phrases(wanted).language == spoken
    assert notice_words("confirm", wanted.lower())[0] == spoken


def test_the_nearest_language_is_the_same_root() -> None:
    assert nearest("pt", ("en", "pt-br")) == "pt-br"
    assert nearest("pt-PT", ("en", "pt-br")) == "pt-br"
    assert nearest("DE_at", ("en", "de")) == "de"
    assert nearest("ja", ("en", "de")) is None
    assert nearest("", ("en",)) is None
