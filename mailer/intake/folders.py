"""Mail in files of this machine: one a file, mbox, Maildir. Of a Maildir, only what was understood is moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from mailer.errors import UsageError
from mailer.intake.taking import Count, Take

LONGEST_MAIL_BYTES: Final = 32 * 1024 * 1024  # of a mail, this much is read
MBOX_START: Final = re.compile(rb"From [^\r\n]*\d[^\r\n]*\r?\n")
"""The line before each mail of an mbox. Inside mails it is quoted (">From "), or has no date with digits."""
_FLAGS: Final = re.compile(r":2,([A-Za-z]*)$")
_FOLDER: Final = re.compile(r"[^\x00-\x1f/\\]{1,200}")


def mails_of_file(stream: BinaryIO) -> Iterator[bytes]:
    """The mail in a file or pipe, or every mail of an mbox; nothing for an empty one."""
    start = stream.readline(4096)
    if MBOX_START.fullmatch(start):
        yield from _mails_of_mbox(stream)
    elif raw := start + stream.read(LONGEST_MAIL_BYTES):
        yield raw


def read_mbox(path: Path, take: Take) -> Count:
    """Every mail of an mbox file, which is left as it is: what was read before is known by its content."""
    read = understood = 0
    with _opened(path) as stream:
        for raw in mails_of_file(stream):
            read += 1
            understood += take(raw, ())
    return Count(read, understood)


def read_maildir(folder: Path, take: Take, moved_to: str) -> Count:
    """Every unread mail of a Maildir. What was understood goes to folder ``moved_to`` ("": to cur), as read."""
    if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
        raise UsageError("it is no Maildir: it has no folders new and cur.", where=str(folder))
    read = understood = 0
    for path in _unread(folder):
        try:
            raw = _bytes_of(path)
        except FileNotFoundError:  # somebody else moved it
            continue
        read += 1
        if take(raw, ()):
            understood += 1
            _move(path, _target(folder, moved_to))
    return Count(read, understood)


def _mails_of_mbox(stream: BinaryIO) -> Iterator[bytes]:
    lines: list[bytes] = []
    size = 0
    blank = False
    for line in stream:
        if blank and MBOX_START.fullmatch(line):
            yield b"".join(lines)
            lines, size = [], 0
        elif size < LONGEST_MAIL_BYTES:
            lines.append(line)
            size += len(line)
        blank = line in {b"\n", b"\r\n"}
    if lines:
        yield b"".join(lines)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}.", where=str(path)) from None


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(LONGEST_MAIL_BYTES)


def _unread(folder: Path) -> Iterator[Path]:
    """Mails in new, and those in cur that nobody read or threw away; the oldest first, as their names begin."""
    for path in sorted((folder / "new").iterdir()):
        if not path.name.startswith("."):
            yield path
    for path in sorted((folder / "cur").iterdir()):
        flags = _FLAGS.search(path.name)
        if not path.name.startswith(".") and not (flags and set(flags[1]) & set("ST")):
            yield path


def _target(folder: Path, moved_to: str) -> Path:
    """The folder of a Maildir++ under its name with a dot, made when it is missing."""
    if not moved_to:
        return folder / "cur"
    if not _FOLDER.fullmatch(moved_to) or moved_to.strip(".") != moved_to:
        raise UsageError(f"{moved_to!r} is no name of a mail folder.", hint="Change moved_to in [bounces].")
    target = folder / f".{moved_to}"
    for part in ("tmp", "new", "cur"):
        (target / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    (target / "maildirfolder").touch(mode=0o600)
    return target / "cur"


def _move(path: Path, target: Path) -> None:
    flags = _FLAGS.search(path.name)
    name = path.name[: flags.start()] if flags else path.name
    letters = "".join(sorted({*(flags[1] if flags else ""), "S"}))
    path.rename(target / f"{name}:2,{letters}")
