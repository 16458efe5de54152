"""The skeleton of an issue as the editor wrote it: headings, paragraphs, list items, tables, with their lines.

The reader's tokens tell what the mail will hold; these tell what the source holds, comments and shortcodes apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from mailer.lint.prose import THING

_MOST_REMEMBERED: Final = 8192  # texts: a long issue holds a thousand


class Kind(Enum):
    """What a block is."""

    HEADING = auto()
    PARAGRAPH = auto()
    CODE = auto()
    HTML = auto()
    TABLE = auto()
    RULE = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A leaf block; lines count from 1, ``end_line`` is the last one. ``lists`` are the list items around it."""

    kind: Kind
    line: int
    end_line: int
    level: int = 0  # of a heading
    inline: tuple[Token, ...] = ()
    lists: tuple[int, ...] = ()  # numbers of the items around it, outermost first
    quoted: bool = False
    rows: tuple[tuple[str, ...], ...] = ()  # of a table: plain text of its cells

    @property
    def text(self) -> str:
        """Plain text; code and shortcodes are there as they stand in the source."""
        return " ".join(plain(self.inline).split())

    @property
    def own_text(self) -> str:
        """Plain text outside links, images and code."""
        return " ".join(plain(self.inline, outside_links=True).split())

    @property
    def has_link(self) -> bool:
        return any(token.type in ("link_open", "image") for token in self.inline)

    @property
    def is_emphasised(self) -> bool:
        """True when the whole block is in italics, or the whole is bold."""
        parts = [token for token in self.inline if token.type != "text" or token.content.strip()]
        return (
            len(parts) > 2
            and parts[0].type in ("em_open", "strong_open")
            and parts[-1].type == parts[0].type.replace("open", "close")
            and sum(token.type == parts[0].type for token in parts) == 1
        )


@dataclass(frozen=True, slots=True)
class Item:
    """A list item: the list it is in, where it starts, and the blocks that stand directly in it."""

    number: int
    list_number: int
    line: int
    end_line: int
    blocks: tuple[Block, ...]
    has_children: bool  # a list inside it


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (None before the first one) and the blocks up to the next heading of whatever level."""

    heading: Block | None
    blocks: tuple[Block, ...]
    next_heading: Block | None

    @property
    def level(self) -> int:
        return self.heading.level if self.heading else 0

    @property
    def has_subsection(self) -> bool:
        return self.next_heading is not None and self.next_heading.level > self.level


@dataclass(frozen=True, slots=True)
class Skeleton:
    """All blocks in reading order, the list items, and the sections they make."""

    blocks: tuple[Block, ...] = ()
    items: tuple[Item, ...] = ()
    empty_quotes: tuple[int, ...] = ()  # lines on which quotations with nothing in them begin
    sections: tuple[Section, ...] = field(default=())


def plain(children: Sequence[Token], *, outside_links: bool = False) -> str:
    """The words of inline tokens; with ``outside_links`` only those in no link, image or code."""
    pieces: list[str] = []
    depth = 0
    for token in children:
        if token.type == "link_open":
            depth += 1
        elif token.type == "link_close":
            depth -= 1
        elif token.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        elif outside_links and (depth or token.type in ("image", "code_inline")):
            continue
        elif token.type in ("text", "code_inline", "image"):
            pieces.append(token.content)
    return "".join(pieces)


def skeleton(text: str) -> Skeleton:
    """The blocks of ``text``: the source in which front matter, comments and shortcodes have been blanked out."""
    reader = _Reader()
    reader.read(_parser().parse(text))
    return Skeleton(
        tuple(reader.blocks), tuple(reader.items), tuple(reader.empty_quotes), tuple(_sections(reader.blocks))
    )


@cache
def _parser() -> MarkdownIt:
    """The one parser; what it remembers changes no answer."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # targets are compared, not followed: encoding them is a tenth of the whole parse
    for name, function in (("normalizeLink", _as_written), ("normalizeLinkText", _as_written)):
        setattr(parser, name, function)  # an instance may carry its own, says markdown-it's manual
    parser.core.ruler.at("inline", _Remembered())
    return parser


def _as_written(text: str) -> str:
    return text


class _Remembered:
    """Inline tokens of texts seen before: a preview parses an issue at each save, of which a line changed.

    Law: tokens of a skeleton are read, never changed, so that two skeletons may share them.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, frozenset[str]], list[Token]] = {}

    def __call__(self, state: StateCore) -> None:
        references = frozenset(f"{name} {each['href']}" for name, each in state.env.get("references", {}).items())
        for token in state.tokens:
            if token.type != "inline" or token.children is None:
                continue
            key = (token.content, references if "[" in token.content else frozenset())
            if key not in self._known:
                state.md.inline.parse(token.content, state.md, state.env, token.children)
                if len(self._known) >= _MOST_REMEMBERED:
                    self._known.clear()
                self._known[key] = token.children
            token.children = self._known[key]


class _Reader:
    """Walks the block tokens once; keeps the stack of lists and items."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.items: list[Item] = []
        self.empty_quotes: list[int] = []
        self._lists: list[int] = []
        self._open: list[tuple[int, int, int, int]] = []  # item number, its list, first and last line
        self._parents: dict[int, bool] = {}
        self._count = 0
        self._quotes = 0

    def read(self, tokens: Sequence[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.type in ("bullet_list_open", "ordered_list_open"):
                if self._open:
                    self._parents[self._open[-1][0]] = True
                self._count += 1
                self._lists.append(self._count)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self._lists.pop()
            elif token.type == "list_item_open":
                self._count += 1
                first, last = _lines(token)
                self._open.append((self._count, self._lists[-1], first, last))
            elif token.type == "list_item_close":
                self._close_item()
            elif token.type == "blockquote_open":
                self._quotes += 1
                if tokens[index + 1].type == "blockquote_close":
                    self.empty_quotes.append(_lines(token)[0])
            elif token.type == "blockquote_close":
                self._quotes -= 1
            else:
                self._leaf(token, tokens, index)
        self.items.sort(key=lambda item: item.number)

    def _close_item(self) -> None:
        number, list_number, first, last = self._open.pop()
        own = tuple(block for block in self.blocks if block.lists and block.lists[-1] == number)
        self.items.append(Item(number, list_number, first, last, own, self._parents.get(number, False)))

    def _leaf(self, token: Token, tokens: Sequence[Token], index: int) -> None:
        if token.type in ("heading_open", "paragraph_open"):
            inline = tuple(tokens[index + 1].children or ())
            level = int(token.tag[1]) if token.type == "heading_open" else 0
            self._add(Kind.HEADING if level else Kind.PARAGRAPH, token, level=level, inline=inline)
        elif token.type in ("fence", "code_block"):
            self._add(Kind.CODE, token)
        elif token.type == "html_block" and token.content.strip():
            self._add(Kind.HTML, token)
        elif token.type == "hr":
            self._add(Kind.RULE, token)
        elif token.type == "table_open":
            self._add(Kind.TABLE, token, rows=tuple(_rows(tokens, index)))

    def _add(
        self,
        kind: Kind,
        token: Token,
        *,
        level: int = 0,
        inline: tuple[Token, ...] = (),
        rows: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        first, last = _lines(token)
        around = tuple(item[0] for item in self._open)
        self.blocks.append(Block(kind, first, last, level, inline, around, self._quotes > 0, rows))


def _lines(token: Token) -> tuple[int, int]:
    first, end = token.map or [0, 1]
    return first + 1, max(first + 1, end)


def _rows(tokens: Sequence[Token], start: int) -> Iterator[tuple[str, ...]]:
    row: list[str] = []
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(" ".join(plain(token.children or ()).split()))
        elif token.type == "tr_close":
            yield tuple(row)
        elif token.type == "table_close":
            return


def _sections(blocks: Sequence[Block]) -> Iterator[Section]:
    heading: Block | None = None
    held: list[Block] = []
    for block in blocks:
        if block.kind is Kind.HEADING and not block.lists and not block.quoted:
            if heading is not None or held:
                yield Section(heading, tuple(held), block)
            heading, held = block, []
        else:
            held.append(block)
    if heading is not None or held:
        yield Section(heading, tuple(held), None)


def is_shortcode(block: Block) -> bool:
    """True for a paragraph that is nothing but shortcodes."""
    words = block.text.replace(" ", "")
    return bool(words) and not words.strip(THING)
