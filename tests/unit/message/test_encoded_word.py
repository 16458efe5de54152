import email
import email.policy
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.render.encoded_word import encoded_words, header_line, phrase_words, text_words

WILD = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=" \u00a0"), min_size=1
)
WILD_LINE = st.lists(st.one_of(WILD, st.text(alphabet='ab"\\(),:;<>@[]=?_.', min_size=1)), min_size=1).map(
    " ".join
)


@settings(max_examples=200, deadline=None)
@given(WILD_LINE)
def test_each_encoded_word_is_short_and_holds_whole_characters(text: str) -> None:
    read = ""
    for word in encoded_words(text, len("Subject:")):
        assert len(word) <= 75
        ((payload, charset),) = decode_header(word)
        assert charset == "utf-8"
        assert isinstance(payload, bytes)
        read += payload.decode()
    assert read == text


@settings(max_examples=200, deadline=None)
@given(WILD_LINE)
def test_any_subject_reads_back_from_lines_of_at_most_998(text: str) -> None:
    line = header_line("Subject", text_words(text, len("Subject:")))
    assert max(map(len, line.split("\r\n"))) <= 998
    parsed = email.message_from_string(line + "\r\n", policy=email.policy.default)
    assert parsed.keys() == ["Subject"]
    assert str(parsed["subject"]) == text


@settings(max_examples=200, deadline=None)
@given(WILD_LINE)
def test_any_display_name_reads_back(name: str) -> None:
    line = header_line("From", [*phrase_words(name, len("From:")), "<a@example.org>"])
    parsed = email.message_from_string(line + "\r\n", policy=email.policy.default)
    assert parsed.keys() == ["From"]
    (address,) = parsed["from"].addresses
    assert address.addr_spec == "a@example.org"
    if line.count("=?utf-8?") < 2:
        assert address.display_name == name
    else:  # Python 3.11 may read a blank between two encoded-words of a phrase as one, against RFC 2047 §6.2
        assert address.display_name.replace(" ", "") == name.replace(" ", "")
        assert str(make_header(decode_header(line.removeprefix("From:").strip()))) == f"{name} <a@example.org>"


def test_ascii_stays_readable_and_is_folded_at_78() -> None:
    line = header_line("Subject", text_words("word " * 30 + "end", 8))
    assert "=?" not in line
    assert max(map(len, line.split("\r\n"))) <= 78


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Garden Letter", "Garden Letter"),
        ("Letter, The", '"Letter, The"'),
        ('The "Real" One', '"The \\"Real\\" One"'),
        ("café", "=?utf-8?q?caf=C3=A9?="),
        ("新聞", "=?utf-8?b?5paw6IGe?="),
    ],
)
def test_a_display_name_is_written_in_the_plainest_way_that_is_right(name: str, expected: str) -> None:
    assert " ".join(phrase_words(name, 5)) == expected


def test_text_that_looks_like_an_encoded_word_stays_text() -> None:
    text = "about =?utf-8?q?words?= in headers"
    parsed = email.message_from_string(
        header_line("Subject", text_words(text, 8)) + "\r\n", policy=email.policy.default
    )
    assert str(parsed["subject"]) == text
