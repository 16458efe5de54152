"""Reading a CSV file of people: rows that can be taken, rows that cannot and why. No database, no clock.

Law: the file is read as a stream, twice: once for its hash and encoding, once for its rows.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import BinaryIO, Final, NamedTuple

from subscribers.address import AddressError, parse_address
from subscribers.consent import Event

BLOCK_BYTES: Final = 1 << 20
DELIMITERS: Final = ",;\t"
KEPT: Final = ("subscribed_at", "confirmed_at", "source", "ip")
"""Columns that are kept word for word as evidence."""
COLUMNS: Final = ("email", "language", "newsletter", "status", *KEPT)
OTHER_NAMES: Final[Mapping[str, str]] = {"e_mail": "email", "email_address": "email", "e_mail_address": "email"}
SUPPRESSED: Final = "suppressed"
STATUSES: Final[Mapping[str, Event]] = {
    "": Event.IMPORTED,
    "subscribed": Event.IMPORTED,
    "pending": Event.IMPORTED_PENDING,
    "unsubscribed": Event.IMPORTED_UNSUBSCRIBED,
    SUPPRESSED: Event.IMPORTED_UNSUBSCRIBED,
}
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\s*')  # Excel's own first line
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
LONGEST_CELL: Final = 2000  # characters of a kept column; nobody's source is a novel


class ImportRefused(ValueError):
    """The file as a whole cannot be read; ``line`` is where, 0 for nowhere in particular."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What was found out about a file before its rows are read."""

    name: str  # without its folder
    sha256: str
    encoding: str
    delimiter: str
    columns: Mapping[str, int]  # of ours, with their places
    ignored: tuple[str, ...]  # of others, as they are written
    width: int
    first_row_line: int


class Row(NamedTuple):
    """A row that can be taken. A tuple, because a million of them are made."""

    line: int
    address: str
    key: str
    newsletter: str
    language: str
    event: Event
    suppress: bool
    since: datetime | None  # what the row says of the time of consent
    evidence: dict[str, str]  # the kept columns that are not empty


class Rejected(NamedTuple):
    """A row that is left out, and a sentence that says why."""

    line: int
    address: str
    reason: str


def examine(stream: BinaryIO, name: str) -> ImportFile:
    """Hash, encoding, delimiter and columns of a seekable file, or ImportRefused."""
    sha256, encoding = _hash_and_encoding(stream)
    errors = []
    for delimiter in _delimiters(stream, encoding):
        found = _read_header(stream, encoding, delimiter)
        if isinstance(found, str):
            errors.append(found)
            continue
        header, line = found
        columns, ignored = _place_columns(header)
        return ImportFile(name, sha256, encoding, delimiter, columns, ignored, len(header), line + 1)
    if not errors[0]:
        raise ImportRefused("the file is empty.", 1)
    raise ImportRefused(
        f"the first line has no column `email`; it reads {errors[0]!r}. The names of the columns stand there: "
        f"email, and perhaps {', '.join(COLUMNS[1:])}.",
        1,
    )


def read_rows(
    stream: BinaryIO, file: ImportFile, *, newsletter: str | None, newsletters: Mapping[str, str]
) -> Iterator[Row | Rejected]:
    """Every row of an examined file, in order; blank lines are passed over.

    ``newsletter`` is for rows that name none; ``newsletters`` maps those that exist to the language of people
    whose row names none.
    """
    reader = csv.reader(_text(stream, file.encoding), delimiter=file.delimiter, strict=True)
    while reader.line_num < file.first_row_line - 1:
        _skip(reader)
    make = _RowMaker(file, newsletter, newsletters)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejected(line, "", _quoting_reason(str(error), line, reader.line_num))
            continue
        row = make.row(line, cells)
        if row is not None:
            yield row


class _RowMaker:
    """Turns cells into rows; looks column places up once, because it runs a million times."""

    def __init__(self, file: ImportFile, newsletter: str | None, newsletters: Mapping[str, str]) -> None:
        place = file.columns.get
        self._width = file.width
        self._email = file.columns["email"]
        self._status, self._newsletter, self._language = place("status"), place("newsletter"), place("language")
        self._kept = tuple((name, file.columns[name]) for name in KEPT if name in file.columns)
        self._default_newsletter, self._newsletters = newsletter, newsletters

    def row(self, line: int, cells: list[str]) -> Row | Rejected | None:
        if len(cells) < self._width:
            if not any(map(str.strip, cells)):
                return None  # a blank line
            cells = cells + [""] * (self._width - len(cells))
        email = cells[self._email]
        if len(cells) > self._width and any(cells[self._width :]):
            return Rejected(line, email, f"it has {len(cells)} cells, the first line has {self._width}.")
        try:
            address = parse_address(email, special_use=True)
        except AddressError as error:
            return Rejected(line, email, error.reason) if any(map(str.strip, cells)) else None
        status = _cell(cells, self._status).lower()
        event = STATUSES.get(status)
        if event is None:
            known = ", ".join(name for name in STATUSES if name)
            return Rejected(line, email, f"its status {status!r} is none of {known}.")
        newsletter = _cell(cells, self._newsletter) or self._default_newsletter
        if newsletter is None:
            return Rejected(line, email, "it names no newsletter, and there are several: use --newsletter.")
        if newsletter not in self._newsletters:
            return Rejected(line, email, f"there is no newsletter {newsletter!r}.")
        language = _language_tag(_cell(cells, self._language)) or self._newsletters[newsletter]
        evidence = {name: text[:LONGEST_CELL] for name, place in self._kept if (text := cells[place].strip())}
        since = (
            parse_time(evidence.get("confirmed_at", "") or evidence.get("subscribed_at", "")) if evidence else None
        )
        return Row(
            line, address.as_typed, address.key, newsletter, language, event, status == SUPPRESSED, since, evidence
        )


def parse_time(text: str) -> datetime | None:
    """A time as exports write it (ISO 8601, with or without zone, then UTC), None when it is not clear."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        return None


@lru_cache(maxsize=512)
def _language_tag(text: str) -> str:
    """A BCP 47 tag as we write it, "pt-br"; "" for what is none, so that the person is not lost for it."""
    tag = text.strip().lower().replace("_", "-")
    return tag if len(tag) <= 16 and _LANGUAGE.fullmatch(tag) else ""


def _cell(cells: list[str], place: int | None) -> str:
    return "" if place is None else cells[place].strip()


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
            if any(_column(cell) == "email" for cell in cells):
                return cells, reader.line_num
            return delimiter.join(cells)[:80]
    except csv.Error:
        return "…"
    return ""


def _column(cell: str) -> str:
    name = re.sub(r"[\s-]+", "_", cell.strip().lower())
    return OTHER_NAMES.get(name, name)


def _place_columns(header: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    columns: dict[str, int] = {}
    ignored = []
    for place, cell in enumerate(header):
        name = _column(cell)
        if name in columns:
            raise ImportRefused(f"the first line names the column `{name}` twice.", 1)
        if name in COLUMNS:
            columns[name] = place
        elif cell.strip():
            ignored.append(cell.strip())
    return columns, tuple(ignored)


def _skip(reader: Iterator[list[str]]) -> None:
    try:
        next(reader)
    except (csv.Error, StopIteration) as error:
        raise ImportRefused("the file changed while it was read.") from error


def _quoting_reason(error: str, first: int, last: int) -> str:
    if "unexpected end" in error or "field limit" in error:
        swallowed = f"; lines {first} to {last} were read as one row" if last > first else ""
        return f"a quotation mark is opened and not closed{swallowed}."
    return "its quotation marks are wrong: inside a quoted cell they are written twice."
