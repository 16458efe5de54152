"""Reading a file of people: what kind it is, rows that can be taken, rows that cannot and why. No clock.

Law: the file is read as a stream, twice: once for its hash and encoding, once for its rows. Only a dump of a
Mailman 2 list is read whole. No database here.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import BinaryIO, Final

from subscribers import rosters
from subscribers.import_rows import LIMIT, Rejected, Restored, Row, RowMaker, parse_time
from subscribers.systems import MAILMAN_2, OURS, ROSTER, System, column_name, recognise, status_columns

__all__ = ["ImportFile", "ImportRefused", "Rejected", "Restored", "Row", "examine", "parse_time", "read_rows"]

BLOCK_BYTES: Final = 1 << 20
DELIMITERS: Final = ",;\t"
RESTORED: Final = ("state", "history", "suppressions", "waits")
"""Columns of our own export, from which a person comes back with everything."""
NAMED: Final = "email, and perhaps language, newsletter, status, subscribed_at, confirmed_at, source, ip"
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\s*')  # Excel's own first line


class ImportRefused(ValueError):
    """The file as a whole cannot be read; ``line`` is where, 0 for nowhere in particular."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


class Form(StrEnum):
    """How people are written down in a file."""

    TABLE = "table"  # CSV with a header line
    ROSTER = "roster"  # one address a line
    DUMP = "dump"  # of a Mailman 2 list


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What was found out about a file before its rows are read."""

    name: str  # without its folder
    sha256: str
    encoding: str
    delimiter: str
    columns: Mapping[str, int]  # what they mean, with their places
    ignored: tuple[str, ...]  # of others, as they are written
    width: int
    first_row_line: int
    system: System = OURS
    names: tuple[str, ...] = field(default=(), repr=False)  # every column as systems.py writes it
    form: Form = Form.TABLE


def examine(stream: BinaryIO, name: str) -> ImportFile:
    """Hash, encoding, system, delimiter and columns of a seekable file, or ImportRefused."""
    sha256, encoding = _hash_and_encoding(stream)
    errors = []
    for delimiter in _delimiters(stream, encoding):
        found = _read_header(stream, encoding, delimiter)
        if isinstance(found, str):
            errors.append(found)
            continue
        header, line = found
        names = [column_name(cell) for cell in header]
        system = recognise(names)
        columns, ignored = _place_columns(system, header, names)
        return ImportFile(
            name, sha256, encoding, delimiter, columns, ignored, len(header), line + 1, system, tuple(names)
        )
    if not errors[0]:
        raise ImportRefused("the file is empty.", 1)
    for form, system, fits in (
        (Form.ROSTER, ROSTER, rosters.is_roster),
        (Form.DUMP, MAILMAN_2, rosters.is_dump),
    ):
        if fits(_text(stream, encoding)):
            return ImportFile(name, sha256, encoding, "", {"email": 0}, (), 1, 1, system, ("email",), form)
    raise ImportRefused(
        f"the first line has no column `email`; it reads {errors[0]!r}. The names of the columns stand there: "
        f"{NAMED}. A list without a header has one address a line.",
        1,
    )


def read_rows(
    stream: BinaryIO, file: ImportFile, *, newsletter: str | None, newsletters: Mapping[str, str]
) -> Iterator[Row | Rejected]:
    """Every row of an examined file, in order; blank lines are passed over.

    ``newsletter`` is for rows that name none; ``newsletters`` maps those that exist to the language of people
    whose row names none.
    """
    make = RowMaker(file.system, file.name, file.columns, file.names, file.width, newsletter, newsletters)
    match file.form:
        case Form.TABLE:
            yield from _table_rows(stream, file, make)
        case Form.ROSTER:
            for line, text in enumerate(_text(stream, file.encoding), 1):
                row = None if rosters.is_remark(text) else make.row(line, [rosters.address_in(text)])
                if row is not None:
                    yield row
        case Form.DUMP:
            yield from _dump_rows(stream, file, make)


def _table_rows(stream: BinaryIO, file: ImportFile, make: RowMaker) -> Iterator[Row | Rejected]:
    reader = csv.reader(_text(stream, file.encoding), delimiter=file.delimiter, strict=True)
    while reader.line_num < file.first_row_line - 1:
        _skip(reader)
    row_of = make.row
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejected(line, "", _quoting_reason(str(error), line, reader.line_num))
            continue
        row = row_of(line, cells)
        if row is not None:
            yield row


def _dump_rows(stream: BinaryIO, file: ImportFile, make: RowMaker) -> Iterator[Row | Rejected]:
    text = "".join(_text(stream, file.encoding))
    if len(text) > rosters.LARGEST_DUMP:
        raise ImportRefused("the dump is too large to be one list's.")
    try:
        for member in rosters.members_of(text):
            yield make.member(member)
    except ValueError as error:
        raise ImportRefused(f"{error}. `list_members -f LIST` writes a list that can be read instead.") from error


def _hash_and_encoding(stream: BinaryIO) -> tuple[str, str]:
    stream.seek(0)
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    start, encoding = stream.read(4), "utf-8-sig"
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    while block := stream.read(BLOCK_BYTES):
        digest.update(block)
        if encoding == "utf-8-sig":
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                encoding = "cp1252"
    if encoding == "utf-8-sig" and decoder.getstate()[0]:
        encoding = "cp1252"  # cut off in the middle of a character
    return digest.hexdigest(), encoding


def _text(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """The lines of the file; the stream stays open, and bytes that are no text become U+FFFD."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    try:
        for line in text:  # not `yield from`: it would close the file with the generator  # noqa: UP028
            yield line
    finally:
        text.detach()


def _delimiters(stream: BinaryIO, encoding: str) -> str:
    """Those to try, the one most frequent in the first line first; only one where the file says which."""
    first = next((line for line in _text(stream, encoding) if line.strip()), "")
    said = _SEPARATOR_LINE.fullmatch(first)
    return said[1] if said else "".join(sorted(DELIMITERS, key=first.count, reverse=True))


def _read_header(stream: BinaryIO, encoding: str, delimiter: str) -> tuple[list[str], int] | str:
    """The cells of the first line that is not blank and its number, or its text when it has no address column."""
    reader = csv.reader(_text(stream, encoding), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if not any(map(str.strip, cells)) or _SEPARATOR_LINE.fullmatch(delimiter.join(cells)):
                continue
            names = [column_name(cell) for cell in cells]
            meanings = recognise(names).columns
            if any(meanings.get(name) == "email" for name in names):
                return cells, reader.line_num
            return delimiter.join(cells)[:80]
    except csv.Error:
        return "…"
    return ""


def _place_columns(system: System, header: list[str], names: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    columns: dict[str, int] = {}
    ignored: list[str] = []
    statuses, _, departures = status_columns(system)
    asked = {*statuses, *departures}
    wanted = {name: meaning for name, meaning in system.columns.items() if name in names}
    chosen = {meaning: name for name, meaning in reversed(wanted.items())}  # the first in the table wins
    for place, (cell, name) in enumerate(zip(header, names, strict=True)):
        meaning = name if system is OURS and name in RESTORED else wanted.get(name, "")
        if meaning and (meaning in columns or chosen.get(meaning, name) != name):
            if meaning == "email" or (system is OURS and names.count(name) > 1):
                raise ImportRefused(f"the first line names the column `{meaning}` twice.", 1)
            meaning = ""
        if meaning:
            columns[meaning] = place
        elif cell.strip() and name not in asked:
            ignored.append(cell.strip())
    return columns, tuple(ignored)


def _skip(reader: Iterator[list[str]]) -> None:
    try:
        next(reader)
    except (csv.Error, StopIteration) as error:
        raise ImportRefused("the file changed while it was read.") from error


def _quoting_reason(error: str, first: int, last: int) -> str:
    if "field limit" in error:
        return f"a cell is longer than {LIMIT:,} characters."
    if "unexpected end" in error:
        swallowed = f"; lines {first} to {last} were read as one row" if last > first else ""
        return f"a quotation mark is opened and not closed{swallowed}."
    return "its quotation marks are wrong: inside a quoted cell they are written twice."
