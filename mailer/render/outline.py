"""The order of an issue: headings in steps of one under the title, and the parts between the big ones.

A page reader's law: below the title (h1) no level is left out, whatever levels the author used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailer.issue.model import Section
from mailer.render.tree import Node, attribute, plain

FIRST_LEVEL: Final = 2  # h1 is the title of the issue
_LAST_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it is shown: level 2 to 6, its words, its anchor ("" for none), its line in the file from 1."""

    level: int
    title: str
    anchor: str
    line: int


@dataclass(frozen=True, slots=True)
class Part:
    """What stands between two headings of the highest level: one row of the mail."""

    heading: Heading | None
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """An issue's parts, and its headings by the identity of their nodes."""

    parts: tuple[Part, ...]
    headings: Mapping[int, Heading] = field(default_factory=dict)

    @property
    def top(self) -> tuple[Heading, ...]:
        """The headings that a table of contents names."""
        return tuple(part.heading for part in self.parts if part.heading is not None)

    def of(self, node: Node) -> Heading:
        """The heading that a heading node is shown as."""
        return self.headings[id(node)]


def outline(nodes: Sequence[Node], sections: Sequence[Section] = ()) -> Outline:
    """Sorts top-level nodes into parts; anchors come from the tokens, else from the issue's sections in order."""
    headings = dict(_headings(nodes, sections))
    parts: list[Part] = []
    heading: Heading | None = None
    gathered: list[Node] = []
    for node in nodes:
        found = headings.get(id(node)) if node.type == "heading" else None
        if found is not None and found.level == FIRST_LEVEL:
            if gathered:
                parts.append(Part(heading, tuple(gathered)))
            heading, gathered = found, []
        gathered.append(node)
    if gathered:
        parts.append(Part(heading, tuple(gathered)))
    return Outline(tuple(parts), headings)


def _headings(nodes: Sequence[Node], sections: Sequence[Section]) -> Iterator[tuple[int, Heading]]:
    found = [node for top in nodes for node in top.walk() if node.type == "heading"]
    anchors = [section.anchor for section in sections] if len(sections) == len(found) else [""] * len(found)
    above: list[int] = []
    for node, anchor in zip(found, anchors, strict=True):
        written = int(node.tag[1:])
        while above and above[-1] >= written:
            above.pop()
        above.append(written)
        level = min(FIRST_LEVEL + len(above) - 1, _LAST_LEVEL)
        line = node.map[0] + 1 if node.map else 1
        yield id(node), Heading(level, plain(node), attribute(node, "id") or anchor, line)
