"""The promises about the tokens of an issue, as one check."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from markdown_it.token import Token

from mailer.issue.links import KEPT_SCHEMES
from mailer.issue.model import Issue


def check(issue: Issue) -> None:
    """Raise AssertionError where an issue breaks a law of ``mailer.issue.reader``."""
    reported = any(problem.rule == "relative-link" for problem in issue.problems)
    _nested(issue.tokens)
    for token in issue.tokens:
        if token.type == "inline":
            assert token.children is not None
            _nested(token.children)
            for child in token.children:
                if child.type in ("link_open", "image"):
                    address = str(child.attrs["href" if child.type == "link_open" else "src"])
                    assert address.isascii()
                    assert reported or address.split(":")[0].lower() in KEPT_SCHEMES, address
    _printable("".join([issue.title, issue.preheader, issue.slug, *issue.authors]), header=True)
    _check_printable(issue.tokens)
    lines = len(issue.source.split("\n"))
    for problem in issue.problems:
        assert 1 <= problem.place.line <= lines
        assert problem.place.column >= 1
    for token in issue.tokens:
        if token.map is not None:
            assert 0 <= token.map[0] < token.map[1] <= lines
    anchors = [section.anchor for section in issue.sections]
    assert all(anchors)


def _check_printable(tokens: Sequence[Token]) -> None:
    for token in tokens:
        _printable(token.content + "".join(map(str, token.attrs.values())))
        _check_printable(token.children or [])


def _printable(text: str, *, header: bool = False) -> None:
    for letter in text:
        assert unicodedata.category(letter) not in ("Cc", "Cs") or (letter in "\t\n" and not header), repr(letter)


def _nested(tokens: Sequence[Token]) -> None:
    stack: list[str] = []
    for token in tokens:
        assert token.type not in ("html_block", "html_inline")
        if token.nesting < 0:
            assert stack
            assert stack.pop() == token.type.removesuffix("_close")
        if token.type != "inline" and not token.type.startswith("footnote"):
            assert token.level == len(stack)
        if token.nesting > 0:
            stack.append(token.type.removesuffix("_open"))
    assert not stack
