"""Reading lists without a header: one address a line, or the member tables in a dump of a Mailman 2 list.

No database, no clock. A roster is read as a stream; a dump is read whole, because its tables lie apart.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from subscribers.address import AddressError, parse_address
from subscribers.systems import MAILMAN_2_STATUS, Status

LARGEST_DUMP: Final = 256 * 1024 * 1024  # characters; Mailman 2 held all of it in memory as well
_BRACKETED: Final = re.compile(r".*<([^<>]*)>[\s,;]*", re.DOTALL)
_MEMBERS: Final = re.compile(r"""^[ {]*(['"])(members|digest_members)\1:\s*\{""", re.MULTILINE)
_TABLES: Final = ("members", "digest_members", "language", "delivery_status")
_CALL: Final = re.compile(r"<[^<>\n]*>")  # what pprint writes for an object


class Member(NamedTuple):
    """A person of a dump, with the line on which the address stands."""

    line: int
    address: str
    language: str
    status: Status
    their_status: str


def address_in(line: str) -> str:
    """The address in a line of a roster: bare, as "Name <address>", or the first cell of a row."""
    bracketed = _BRACKETED.fullmatch(line)
    if bracketed is not None:
        return bracketed[1].strip()
    return re.split(r"[,;\t]", line.strip().strip('"'), maxsplit=1)[0].strip().strip('"')


def is_roster(lines: Iterable[str]) -> bool:
    """Whether the first line that says something is an address."""
    for line in lines:
        if line.strip() and not is_remark(line):
            try:
                parse_address(address_in(line), special_use=True)
            except AddressError:
                return False
            return True
    return False


def is_remark(line: str) -> bool:
    """A line that nobody means as an address: empty, or a note by whoever keeps the file."""
    return not line.strip() or line.lstrip().startswith("#")


def is_dump(lines: Iterable[str]) -> bool:
    """Whether a text holds the member table of a Mailman 2 list (``dumpdb config.pck``)."""
    return any(_MEMBERS.match(line) for line in lines)


def members_of(text: str) -> Iterator[Member]:
    """Everybody in a dump, in its order. ValueError for a table that cannot be read."""
    tables = {name: _table(text, name) for name in _TABLES}
    places = _places(text, tables["members"] | tables["digest_members"])
    for name in ("members", "digest_members"):
        for key, typed in tables[name].items():
            address = typed if isinstance(typed, str) and "@" in typed else str(key)
            told = tables["delivery_status"].get(key, 0)
            number = told[0] if isinstance(told, tuple) and told else told
            status = MAILMAN_2_STATUS.get(number, Status.UNSUBSCRIBED)
            language = str(tables["language"].get(key, ""))
            yield Member(places.get(str(key), 1), address, language, status, "" if number == 0 else str(number))


def _table(text: str, name: str) -> dict[Any, Any]:
    found = re.search(rf"""^[ {{]*(['"]){name}\1:\s*(?=\{{)""", text, re.MULTILINE)
    if found is None:
        return {}
    source = text[found.end() : _closing(text, found.end()) + 1]
    try:
        table = ast.literal_eval(_CALL.sub("None", source) if "<" in source and " at 0x" in source else source)
    except (SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(f"the table {name!r} of the dump cannot be read") from error
    return table if isinstance(table, dict) else {}


def _closing(text: str, opening: int) -> int:
    """Where the brace at ``opening`` is closed, strings apart."""
    depth = 0
    for token in re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{}]""", re.DOTALL).finditer(text, opening):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                return token.start()
    raise ValueError("the dump ends in the middle of a table")


def _places(text: str, keys: dict[Any, Any]) -> dict[str, int]:
    """The line of each key: where it is first written as one."""
    wanted = {str(key) for key in keys}
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for written in re.finditer(r"""u?(['"])([^'"]+)\1:""", line):
            if written[2] in wanted:
                found.setdefault(written[2], number)
    return found
