"""A heading with nothing under it, or one bare word where the text should be.

A sub-heading, picture, table, form or shortcode is content; an empty list item is none. A heading that is itself a
link says something already and is a warning, as is one that names an author. A first heading before everything is
the issue's title.

PASS:
    # The News, number 12

    # Welcome

    Hello!

PASS:
    ## Software

    ### Servers

    - Server 2.0 is out.

    ## Licence

    [CC BY](https://example.net/by)

    ## Deprecated

    None

    ## Licence

    MIT

FAIL:
    ## Articles

    ## Software

    Server 2.0 is out.

FAIL:
    ## Articles

    -

    ## Software

    Server 2.0 is out.

FAIL:
    ## Announcements

    FOSDEM

    ## Software

    Server 2.0 is out.

FAIL:
    ##

    Server 2.0 is out.

FAIL:
    ### [Proposals](https://example.net/proposals)

    <!-- nothing yet -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Kind, Section
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.rules import placeholder
from mailer.lint.words import words

_LICENCE: Final = re.compile(r"\bli[cz]en[czs]", re.IGNORECASE)  # “MIT” is all that is to be said there
_BYLINE = re.compile(
    r"(?:authors?|by|posted\s+by|written\s+by|von|autor(?:es|a|in)?|auteurs?|por|par|autori?)(?:\s*:\s*|\s+(?=[A-ZÀ-Þ@]))\S",
    re.IGNORECASE,
)
_NOTHING: Final = words(
    """
    none nothing nil keine keiner nichts ninguno ninguna nada aucun aucune néant rien nessuno nessuna niente
    nenhum nenhuma
    """
)


def check(manuscript: Manuscript) -> Iterator[Finding]:
    for section in manuscript.sections:
        heading = section.heading
        if heading is None:
            continue
        title = heading.text
        if not title:
            yield Finding(manuscript.offset(heading.line), "a heading without words", "Name the section.")
            continue
        content = [
            block
            for block in section.blocks
            if block.kind is not Kind.RULE and not _is_empty(block.text, block.kind)
        ]
        if not content and not section.has_subsection:
            if heading is manuscript.blocks[0] and heading.level == 1 and section.next_heading is not None:
                continue
            start, _ = manuscript.span(heading)
            message = f"there is nothing under “{title}”"
            is_certain = not heading.has_link and not _BYLINE.match(title)
            yield Finding(start, message, "Write the section, or take the heading out.", is_certain)
        elif _is_bare_word(section) and not _LICENCE.search(title) and not placeholder.is_known(content[0].text):
            start, _ = manuscript.span(content[0])
            message = f"one bare word, “{content[0].text}”, is all there is under “{title}”"
            yield Finding(start, message, "Write the section, or take it out.")


def _is_empty(text: str, kind: Kind) -> bool:
    return kind is Kind.PARAGRAPH and not text.strip(" .…-*•–—\u00a0")


def _is_bare_word(section: Section) -> bool:
    if len(section.blocks) != 1 or section.has_subsection:
        return False
    block = section.blocks[0]
    if block.kind is not Kind.PARAGRAPH or block.quoted or any(token.type != "text" for token in block.inline):
        return False
    return re.fullmatch(r"[^\W\d_][\w'’+-]*:?", block.text) is not None and block.text.lower() not in _NOTHING


RULE = Rule("empty-section", Severity.ERROR, check, __doc__)
