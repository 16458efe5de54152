"""Brackets that hold a note to an editor: `[IMAGE SPRINT]`, `[CONTRIBUTORS]`, `<Feature name>`.

Tags that newsletters put in brackets stay: languages (`[DE / EN]`), kinds (`[video]`), elisions (`[…]`). Two words
in capitals that no rule knows are a warning.

PASS:
    - [Our meeting](https://example.net/) [DE / EN], every Monday [video] [RFC]
    - She said: “It works […] everywhere.” `[IMAGE]`
    - A `Vec<Name>` is not a Vec<Name>, and <small>small print</small> is none.
    - [[add] a flag for <Name>](https://s.example/1), <Self as Project>::Item

FAIL:
    Thanks to [CONTRIBUTORS] for their help!

FAIL:
    [IMAGE SPRINT]

FAIL:
    [insert a picture of the sprint]

FAIL:
    We released <Feature name> in <month>.

FAIL:
    [SPRINT HAMBURG]

FAIL:
    ---
    title: The News of [MONTH]
    date: 2024-06-05
    ---
    Welcome!
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.links import HTML_NAMES
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.words import words

_BRACKET = re.compile(r"(?<![\\\w\]])\[([^\[\]\n]{2,80})\](?![(\[:])")
_ANGLE = re.compile(r"(?<![\w:&>\\])<([A-Za-z][^<>\n=]{1,60})>")
_CAPITAL_WORDS: Final = words(
    """
    IMAGE IMAGES IMG PICTURE PHOTO SCREENSHOT SCREENSHOTS FIGURE LOGO BANNER LINK LINKS URL URLS
    CONTRIBUTOR CONTRIBUTORS
    AUTHOR AUTHORS TRANSLATORS TITLE NAME NAMES DATE MONTH YEAR TEXT DESCRIPTION SUMMARY PLACEHOLDER
    INSERT ADD MISSING
    FILL TODO TBD TBC FIXME CAPTION ALT NUMBER VERSION INTRO QUOTE
    BILD BILDER FOTO TITEL AUTOREN MITWIRKENDE BESCHREIBUNG DATUM IMAGEN FOTOS ENLACE ENLACES
    AUTORES COLABORADORES
    CONTRIBUIDORES LIEN LIENS CONTRIBUTEURS AUTEURS TRADUCTEURS IMMAGINE COLLEGAMENTO CONTRIBUTORI AUTORI IMAGEM
    TRADUTORES TÍTULO TITRE TITOLO DESCRIPCIÓN DESCRIÇÃO DESCRIZIONE
    """
)
_START = re.compile(
    r"(?:please\s+)?(?:insert|add|put|todo|tbd|fixme|placeholder|fill(?:\s+in)?|your|missing|describe|write|"
    r"(?:image|picture|photo|screenshot|link|title|name|text|description)\s+(?:here|of|goes|to\s+be|to\s+follow|missing)|"
    r"hier\s|bild\s+von|insertar|insérer|inserire|inserir|añadir|ajouter|aggiungere)\b",
    re.IGNORECASE,
)
_ANGLE_WORDS = re.compile(
    r"\b(?:insert|name|names|url|link|title|text|date|month|year|description|your|placeholder|author|version|number|"
    r"summary|project|feature|steps|image|picture|here|todo|tbd)\b",
    re.IGNORECASE,
)
_TYPE = re.compile(r"::|[,&]|\b(?:as|dyn|impl|mut|extends)\b")  # `<T as Name>`: source code, not a note
_HINT: Final = "Write what belongs there, or take the brackets out."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for found in _BRACKET.finditer(manuscript.prose, manuscript.body_start):
        if manuscript.is_in_link_text(*found.span()):
            continue
        text = found[1].strip()
        message = f"“[{text}]” stands for something that is still to come"
        if _is_note(text):
            yield Finding(found.start(), message, _HINT, not manuscript.is_in_quotation(*found.span()))
        elif text.upper() == text and len(re.findall(r"[^\W\d_]{4,}", text)) >= 2:
            yield Finding(found.start(), message, _HINT, is_certain=False)
    for found in _ANGLE.finditer(manuscript.prose, manuscript.body_start):
        name = re.split(r"[\s/]", found[1], maxsplit=1)[0].lower()
        if name in HTML_NAMES or _TYPE.search(found[1]) or manuscript.is_in_link_text(*found.span()):
            continue
        if _ANGLE_WORDS.search(found[1]):
            yield Finding(found.start(), f"“<{found[1]}>” stands for something that is still to come", _HINT)
    for found in _BRACKET.finditer(manuscript.issue.title):
        if _is_note(found[1].strip()):
            offset = manuscript.header_offset("title", found[0])
            yield Finding(offset, f"“{found[0]}” in the title stands for something that is still to come", _HINT)


def _is_note(text: str) -> bool:
    """Capitals with a word that names what is missing, or words that ask for it."""
    words = re.findall(r"[^\W\d_]+", text)
    is_shouted = text.upper() == text and any(len(word) > 1 for word in words)
    return (is_shouted and bool(_CAPITAL_WORDS.intersection(words))) or _START.match(text) is not None


RULE = Rule("placeholder-bracket", Severity.ERROR, check, __doc__)
