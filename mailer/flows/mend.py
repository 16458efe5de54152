"""Mending an issue's file in place: only what cannot change the meaning, and nothing of its encoding."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mailer.errors import UsageError
from mailer.lint.fix import Fix, diff, fix


@dataclass(frozen=True, slots=True)
class Mended:
    """What was mended in one file, and the same as a unified diff."""

    fixes: tuple[Fix, ...] = ()
    patch: str = ""


def mend_file(path: Path) -> Mended:
    """Mend the file and say what was mended; byte order mark, line ends and mode stay as they are.

    A file that is no UTF-8 is left alone: what stands in it is not known. Raises UsageError when the mended file
    cannot be written; the old one is whole then.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Mended()
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    source = text.removeprefix("\ufeff")
    carriage = "\r" in source and source.count("\r\n") == source.count("\n") == source.count("\r")
    source = source.replace("\r\n", "\n") if carriage else source
    mended, fixes = fix(source)
    if fixes:
        _replace(path, (mark + (mended.replace("\n", "\r\n") if carriage else mended)).encode("utf-8"))
    return Mended(tuple(fixes), diff(source, mended, str(path)))


def _replace(path: Path, content: bytes) -> None:
    """Put a whole new file in the place of the old one, whatever happens meanwhile."""
    target = path.resolve()  # a link stays a link
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            shutil.copymode(target, name)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            f"cannot be mended ({error.strerror}).", where=str(path), hint="Check its permissions."
        ) from error
