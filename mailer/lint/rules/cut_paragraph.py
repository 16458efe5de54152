"""A paragraph that stops in mid-sentence, or announces a list that never comes.

Before a heading or the end: a last word that ends no sentence (“and”, “der”, “pour”), a comma, or a colon with
nothing behind it, is an error. A last word like that before other text is a warning; so is a sentence before a
heading that merely lacks its full stop, when it is long or the sentences before it have theirs (one warning for an
issue). A colon behind a link is a warning: the link may be all that was announced. Names are no sentence.

PASS:
    These are the news:

    - One is older than a year; or
    - Another is not.

    ## Second

    It ships with [a new server](https://example.net/)

    ## Third

    What it is good for

    ## Fourth, with parts:

    Its parts are:

    ### Part one

    Text.

PASS:
    See it move:
    <video src="https://example.net/film.mp4"></video>

    ## Fourth and a half

    We look forward to seeing what you come up with!

PASS:
    Have a look at it! :eyes:

    ## Fifth

    It was a long week. Be kind to one another, see you: Ada Long, Grace Hill, Edsger West and the Server Team

    ## Sixth

    **The crowd at the sprint in front of the old city hall, by [Ada](https://example.net/ada)**

FAIL:
    This release brings a new server and

    ## Next

    Text.

FAIL:
    This release brings a new server,

    ## Next

    Text.

FAIL:
    ## Approved

    These were approved this week:

    ## Next

    Text.

FAIL:
    The server was released last week after two years and brings a parser

    ## Next

    Text.

FAIL:
    - The server was released with the
    - The client too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from mailer.issue import Severity
from mailer.lint.blocks import Block, Kind
from mailer.lint.manuscript import Finding, Manuscript
from mailer.lint.rule import Rule
from mailer.lint.words import words

_NEVER_LAST: Final = {
    "en": words(
        """
        the a an and or of with from into via including their its our your than because which whose while
        """
    ),
    "de": words(
        """
        und oder der dem des ein eine einen einem einer von für sowie weil dass sondern ihre seine unsere
        """
    ),
    "es": words(
        """
        y o u e de del el los las un una con para por que en al su sus nuestro nuestra bajo sobre desde hasta entre
        sin según
        """
    ),
    "fr": words(
        """
        et ou de du des le les un une avec pour par que dans en au aux leur leurs ses notre nos sous sur entre
        """
    ),
    "it": words(
        """
        e ed o di del della dei degli il lo gli un una con per che in da dal dalla nel nella nostro nostra sotto
        sul sulla tra fra
        """
    ),
    "pt": words(
        """
        e ou de do da dos das os um uma com para por que em no na nos nas seu sua nosso nossa sob sobre desde entre
        """
    ),
}
_MAY_BE_LAST: Final = words("with from into")  # “what you come up with”
_MEDIA = re.compile(r"<(?:video|audio|iframe|img|picture|source|object|embed|svg)\b", re.IGNORECASE)
_OPEN_END = re.compile(r",$|\s[-–—(/&]$")
_EMOJI = re.compile(r"(?:\s*:[a-z0-9_+-]*[a-z][a-z0-9_+-]*:)+$")  # “Have a look! :eyes:”
_LAST_WORD = re.compile(r"(?:^|\s)([^\W\d_]+)$")
_JOINING: Final = words("and or und oder y o et ou e ed")
_LEAST_WORDS: Final = 4
_LONG_WORDS: Final = 8
_NAME_WORDS: Final = 3  # “- Gajim:” waits for its news; a longer item with a colon speaks of its neighbours
_HINT: Final = "Finish the sentence."


def check(manuscript: Manuscript) -> Iterator[Finding]:
    blocks = [block for block in manuscript.blocks if block.kind is not Kind.RULE]
    loose: list[int] = []
    for block, following in pairwise([*blocks, None]):
        if block is None or block.kind is not Kind.PARAGRAPH or block.quoted or not block.inline:
            continue
        is_last = following is None or following.kind is Kind.HEADING
        text, length = _EMOJI.sub("", block.text), len(block.text.split())
        start, end = manuscript.span(block)
        offset = manuscript.source.rfind(text[-1:], start, end) if text else start
        word = _last_word(manuscript, block)
        if word in _JOINING and block.lists and following is not None and following.lists:
            continue  # “- one; or - another”: the list is the sentence
        if word and length >= _LEAST_WORDS and (is_last or _stands_apart(block, following)):
            message = f"the text stops in mid-sentence, with “{word}”"
            yield Finding(offset, message, _HINT, (is_last or bool(block.lists)) and word not in _MAY_BE_LAST)
        elif (
            block.lists
            and text.endswith(":")
            and length <= _NAME_WORDS
            and (is_last or _stands_apart(block, following))
        ):
            yield Finding(offset, "this announces something, and nothing follows", _HINT, is_certain=False)
        elif not is_last or block.lists:
            continue
        elif length >= _LEAST_WORDS and (mark := _OPEN_END.search(text)):
            yield Finding(offset, f"the text stops in mid-sentence, with “{mark[0].strip()}”", _HINT)
        elif text.endswith(":") and not _opens_subsections(manuscript, block, following) and not _shows(block):
            message = "this announces something, and nothing follows"
            is_link = [token.type for token in block.inline[-2:]] == ["link_close", "text"]
            is_certain = not (is_link and block.inline[-1].content.strip() == ":")
            yield Finding(offset, message, "Write what follows the colon, or take the sentence out.", is_certain)
        elif (
            text[-1:].isalpha()
            and block.inline[-1].type == "text"
            and block.inline[-1].content.strip()
            and _lacks_its_end(text)
            and not _is_signed(text)
        ):
            loose.append(offset)
    if loose:
        more = f" (and {len(loose) - 1} more)" if len(loose) > 1 else ""
        yield Finding(loose[0], f"a sentence has no end{more}", _HINT, is_certain=False)


def _lacks_its_end(text: str) -> bool:
    """A long sentence without its full stop, or a short one after others that have theirs; or an open bracket."""
    *before, last = re.split(r"(?<=\w[.!?…])\s+(?=[A-ZÀ-Þ¿¡])", text)
    if last.count("[") > last.count("]"):
        return True
    return ":" not in last and (bool(before) or len(last.split()) >= _LONG_WORDS)


def _shows(block: Block) -> bool:
    """A film or a picture as raw HTML in the paragraph itself is what was announced."""
    return any(token.type == "html_inline" and _MEDIA.match(token.content) for token in block.inline)


def _is_signed(text: str) -> bool:
    """The last sentence is mostly names: who wrote the issue, or made the picture."""
    last = re.split(r"(?<=\w[.!?…])\s+", text)[-1]
    words = [word for word in re.findall(r"@?[\w'’.-]+", last) if word[-1:].isalnum()]
    named = sum(1 for word in words if word[0].isupper() or word[0] == "@")
    return named * 5 >= len(words) * 3


def _last_word(manuscript: Manuscript, block: Block) -> str:
    """The last word of a block when it is plain text and can end no sentence."""
    last = block.inline[-1]
    found = _LAST_WORD.search(last.content.rstrip()) if last.type == "text" else None
    if not found:
        return ""
    language = manuscript.issue.language.partition("-")[0]
    never = _NEVER_LAST["en"] | _NEVER_LAST.get(language, frozenset())
    return found[1] if found[1] in never else ""


def _stands_apart(block: Block, following: Block | None) -> bool:
    """The next block neither continues nor illustrates this one: another item, or text after a whole paragraph."""
    if following is None:
        return True
    if block.lists:
        is_inside = following.lists[: len(block.lists)] == block.lists
        return bool(following.lists) and not is_inside and following.kind is Kind.PARAGRAPH
    return (
        following.kind is Kind.PARAGRAPH
        and not following.lists
        and not following.quoted
        and not following.has_link
    )


def _opens_subsections(manuscript: Manuscript, block: Block, following: Block | None) -> bool:
    own = next((section for section in manuscript.sections if block in section.blocks), None)
    return following is not None and own is not None and following.level > own.level


RULE = Rule("cut-paragraph", Severity.ERROR, check, __doc__)
