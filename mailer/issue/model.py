"""An issue as read: its front matter and its body as Markdown tokens. Pure values, no file, no clock.

Laws of the body: links and images are absolute (or reported), raw HTML is sanitised, no shortcode is left,
and each block token's ``map`` counts lines of the *file* from 0, front matter included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from markdown_it.token import Token

from mailer.issue.problem import Place, Problem


class FrontStyle(StrEnum):
    """How the header of the file is written."""

    YAML = "yaml"  # --- … ---
    TOML = "toml"  # +++ … +++
    HEADERS = "headers"  # bare Key: value lines
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The header of an issue. Keys are lower case; ``places`` says where each stands; unknown keys are kept."""

    style: FrontStyle = FrontStyle.NONE
    values: Mapping[str, object] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    body_line: int = 1  # first line of the body in the file, from 1


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the body, in reading order."""

    level: int  # 1 to 6
    title: str  # plain text
    anchor: str
    line: int  # in the file, from 1


@dataclass(frozen=True, slots=True)
class Issue:
    """One number of a newsletter in one language, as written."""

    path: str
    source: str  # decoded text of the whole file, line ends "\n"
    source_sha256: str  # of the file's bytes, hex
    front: FrontMatter
    title: str  # "" when missing (a problem says so)
    slug: str
    language: str
    date: datetime | None  # aware; UTC when the file names no zone
    preheader: str
    authors: tuple[str, ...]
    draft: bool
    page_url: str  # the issue's own page on the site, "" when unknown
    web_url: str  # the edition in our archive
    tokens: tuple[Token, ...]
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]

    def place(self, line: int, column: int = 1) -> Place:
        return Place(self.path, line, column)
