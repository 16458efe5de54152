"""A YAML header as entries with places: PyYAML's parser, our own reading of the values.

Law: names and titles stay the text that was written; what YAML forbids but editors write every day (a colon in
a title, a tab) is mended; aliases are refused, so a small header cannot grow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import yaml

TEXT_KEYS: Final = frozenset({
    "title", "slug", "url", "save_as", "permalink", "aliases", "alias", "summary", "description", "preheader",
    "subtitle", "author", "authors", "lang", "language", "locale", "date", "status",
})  # fmt: skip  # read as text even where YAML sees a number, a date or a truth value

_TOP_LEVEL = re.compile(r"^([^\s#:\-][^:]*?)\s*:(?:[ \t]+(.*)|)$")
_NEEDS_QUOTES = re.compile(r""":(?:\s|$)|[ \t]#|^[@`%*&!\],?]|^-\s|\t|^\[[^\]]*\]\s*\S|^(["']).*\1\s*\S""")
_BROKEN = re.compile(r"""^\[[^\]]*$|^\{[^}]*$|^"[^"]*$|^'[^']*$""")  # begun and never closed: the editor decides


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a header; line and column count from 1, inside the header."""

    key: str  # lower case
    value: object
    line: int
    column: int


Fault = tuple[int, int, str]  # line and column inside the header, from 1, and what is wrong


class _Reader(yaml.SafeLoader):
    """SafeLoader that composes no aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it bare
            raise yaml.composer.ComposerError(None, None, "aliases are not read here", event.start_mark)
        return super().compose_node(parent, index)


def read_yaml(lines: list[str]) -> tuple[list[Entry] | None, list[Fault]]:
    """Entries, or None where the block is no mapping or cannot be read; faults say why."""
    try:
        return _entries("\n".join(lines)), []
    except (yaml.YAMLError, RecursionError, ValueError):
        pass  # perhaps only for want of quotes
    try:
        return _entries("\n".join(_quoted(lines))), []
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        return None, [_fault(fault)]


def _entries(text: str) -> list[Entry] | None:
    loader = _Reader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return []
        if not isinstance(root, yaml.MappingNode):
            return None
        entries = []
        for key_node, value_node in root.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            key = str(key_node.value).strip().lower()
            value = _as_text(value_node) if key in TEXT_KEYS else loader.construct_object(value_node, deep=True)
            mark = key_node.start_mark
            entries.append(Entry(key, value, mark.line + 1, mark.column + 1))
        return entries
    finally:
        loader.dispose()


def _as_text(node: yaml.Node) -> object:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value) if node.style or node.value not in ("~", "null", "Null", "NULL") else ""
    if isinstance(node, yaml.SequenceNode):
        return [_as_text(item) for item in node.value]
    return {str(key.value): _as_text(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _quoted(lines: list[str]) -> list[str]:
    """The same lines with top-level values in quotes where YAML would stumble over them."""
    mended = []
    for written in lines:
        line = written.lstrip("\t") if written.startswith("\t") and _TOP_LEVEL.match(written.lstrip()) else written
        match = _TOP_LEVEL.match(line)
        value = (match.group(2) or "").strip() if match else ""
        if match and value and _NEEDS_QUOTES.search(value) and not _BROKEN.match(value) and not _is_fine(value):
            escaped = value.replace("'", "''")
            mended.append(f"{match.group(1)}: '{escaped}'")
        else:
            mended.append(line.replace("\t", "    "))
    return mended


def _is_fine(value: str) -> bool:
    if "\t" in value:
        return False
    try:
        return yaml.safe_load(f"k: {value}") is not None
    except (yaml.YAMLError, RecursionError, ValueError):
        return value in ("|", ">", "|-", ">-", "|+", ">+")


def _fault(fault: BaseException) -> Fault:
    if isinstance(fault, yaml.MarkedYAMLError):
        begun = (fault.context or "").startswith(("while scanning a quoted", "while parsing a flow"))
        mark = (fault.context_mark if begun else None) or fault.problem_mark or fault.context_mark
        what = fault.problem or fault.context or "unreadable"
        return (mark.line + 1, mark.column + 1, what) if mark else (1, 1, what)
    if isinstance(fault, yaml.reader.ReaderError):
        return (
            1,
            1,
            f"character U+{ord(fault.character) if isinstance(fault.character, str) else 0:04X} is not allowed",
        )
    return 1, 1, "it is nested too deep" if isinstance(fault, RecursionError) else str(fault)
