"""An issue as rules see it: its prose, links, blocks and header, each with an offset into the file.

Law: rules judge what the editor wrote, so everything here is read from the source, never from what the reader
made of it; offsets count characters of ``issue.source`` from 0.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mailer.issue import Issue, Place
from mailer.lint import blocks as skeletons
from mailer.lint.blocks import Block, Item, Section, Skeleton
from mailer.lint.links import Form, Link, links, tags
from mailer.lint.prose import THING, Kind, Region, blank, regions

_SHORTCODE = re.compile(r"\{\{[<%]\s*/?\s*([\w./-]+)(.*?)[>%]\}\}", re.DOTALL)
_ARGUMENT = re.compile(r"([\w-]+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|`([^`]*)`|([^\s\"'>]+))")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_QUOTATION = re.compile(r"(?<!\w)[\"“„«](?=\S)[^\"“”„«»\n]{2,300}[\"”“»](?!\w)")
_FIGURES: Final = frozenset({"figure", "img", "image"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw, at an offset of the file; the engine makes it a ``Problem``."""

    offset: int
    message: str
    hint: str = ""
    is_certain: bool = True  # False: shown as a warning whatever the rule's own severity is


class Manuscript:
    """The source of one issue, taken apart once for all rules."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        self.source = issue.source
        self._starts = [0, *(found.end() for found in re.finditer("\n", self.source))]
        self.body_start = self.offset(issue.front.body_line)
        self.regions = tuple(regions(self.source, self.body_start))

    # places

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a line and column that count from 1; the nearest one when there is no such place."""
        if line > len(self._starts):
            return len(self.source)
        return min(self._starts[max(line, 1) - 1] + max(column, 1) - 1, len(self.source))

    def place(self, offset: int) -> Place:
        line = bisect_right(self._starts, offset)
        return Place(self.issue.path, line, offset - self._starts[line - 1] + 1)

    def span(self, block: Block) -> tuple[int, int]:
        """First offset of a block (behind its list marker or indent) and the one after its last character."""
        end = self.offset(block.end_line + 1)
        start = self.offset(block.line)
        marker = re.compile(r"(?:[ \t]|>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])|#{1,6}(?=[ \t]))*").match(
            self.source, start
        )
        return (min(marker.end(), end) if marker else start), end

    def header_offset(self, key: str, value: str = "") -> int:
        """Where the front matter's ``key`` has ``value``; the key's own place, or the file's start."""
        place = self.issue.front.places.get(key)
        if place is None:
            return 0
        start = self.offset(place.line, place.column)
        found = self.source.find(value, start, self.offset(place.line + 3)) if value else -1
        return found if found >= 0 else start

    # views

    def _spans(self, *kinds: Kind) -> list[tuple[int, int]]:
        return [(region.start, region.end) for region in self.regions if region.kind in kinds]

    @cached_property
    def comments(self) -> tuple[Region, ...]:
        return tuple(region for region in self.regions if region.kind is Kind.COMMENT)

    @cached_property
    def markup(self) -> str:
        """The body as Markdown, with code, comments and shortcodes blanked out."""
        text = blank(self.source, [(0, self.body_start), *self._spans(Kind.COMMENT)])
        indented = [
            (self.offset(block.line), self.offset(block.end_line + 1))
            for block in self.blocks
            if block.kind is skeletons.Kind.CODE
        ]
        return blank(text, self._spans(Kind.CODE, Kind.FENCE, Kind.SHORTCODE) + indented, THING)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Links and images in the order of the file, those of figure shortcodes among them."""
        found = [*links(self.markup, self.body_start), *self._figures()]
        return tuple(sorted(found, key=lambda link: (link.start, link.end)))

    @cached_property
    def prose(self) -> str:
        """The words that a reader of the mail reads: no link targets, tags, addresses, code or comments."""
        thing: list[tuple[int, int]] = []
        gone: list[tuple[int, int]] = []
        for link in self.links:
            if link.form in (Form.BARE, Form.AUTOLINK):
                thing.append((link.start, link.end))
            elif link.form is Form.DEFINITION:
                gone.append((link.start, link.end))
            elif link.form in (Form.INLINE, Form.REFERENCE):
                gone.extend([(link.start, link.text_start), (link.text_end, link.end)])
        gone.extend(found.span() for found in tags(self.markup, self.body_start))
        text = blank(blank(self.markup, gone), thing, THING)
        return blank(text, (found.span() for found in _EMAIL.finditer(text)), THING)

    @cached_property
    def skeleton(self) -> Skeleton:
        text = blank(self.source, [(0, self.body_start)])
        alone = []
        for region in self.comments:
            line_end = self.source.find("\n", region.end)
            rest = self.source[region.end : line_end if line_end >= 0 else None]
            alone.append((region.start, region.end, THING if rest.strip() else " "))
        for start, end, fill in alone:
            text = blank(text, [(start, end)], fill)
        return skeletons.skeleton(blank(text, self._spans(Kind.SHORTCODE), THING))

    @property
    def blocks(self) -> tuple[Block, ...]:
        return self.skeleton.blocks

    @property
    def items(self) -> tuple[Item, ...]:
        return self.skeleton.items

    @property
    def sections(self) -> tuple[Section, ...]:
        return self.skeleton.sections

    def paragraphs(self) -> Iterator[Block]:
        return (block for block in self.blocks if block.kind is skeletons.Kind.PARAGRAPH)

    def links_in(self, start: int, end: int) -> tuple[Link, ...]:
        """Links that start in the half-open span, without definitions."""
        first, last = (bisect_left(self.links, place, key=lambda link: link.start) for place in (start, end))
        return tuple(link for link in self.links[first:last] if link.form is not Form.DEFINITION)

    def is_in_link_text(self, start: int, end: int, *, or_all: bool = False) -> bool:
        """True for a part of a link's text, with ``or_all`` also for all of it: the title of another's article."""
        return any(
            link.text_start <= start
            and end <= link.text_end
            and (or_all or end - start < len(link.text.strip(" *_`")))
            for link in self.links
            if not link.image
        )

    def is_in_quotation(self, start: int, end: int) -> bool:
        """True between quotation marks that open and close on its line: somebody else's words."""
        first = self.source.rfind("\n", 0, start) + 1
        last = self.source.find("\n", end)
        line = self.source[first : last if last >= 0 else None]
        return any(
            found.start() + first < start and end < found.end() + first for found in _QUOTATION.finditer(line)
        )

    def _figures(self) -> Iterator[Link]:
        for region in self.regions:
            if region.kind is not Kind.SHORTCODE:
                continue
            match = _SHORTCODE.match(self.source, region.start)
            if match is None or match[1] not in _FIGURES:
                continue
            values: dict[str, str] = {}
            places: dict[str, int] = {}
            for found in _ARGUMENT.finditer(match[2]):
                number = next(group for group in (2, 3, 4, 5) if found[group] is not None)
                values.setdefault(found[1].lower(), found[number])
                places.setdefault(found[1].lower(), match.start(2) + found.start(number))
            if "src" in values:
                text = values.get("alt") or values.get("caption") or values.get("title") or ""
                yield Link(
                    Form.SHORTCODE, True, text, values["src"], region.start, region.end, places["src"],
                    attributes=tuple(values.items()),
                )  # fmt: skip
