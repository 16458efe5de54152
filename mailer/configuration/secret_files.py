"""Files that hold secrets: who may read them, and what is in them."""

from __future__ import annotations

import logging
import stat
from pathlib import Path
from typing import Final

SHORTEST_KEY: Final = 16
"""Characters; `mailer init` writes 43 (256 bits). A shorter one is a word, not a key."""

log = logging.getLogger(__name__)


def check_permissions(path: Path) -> None:
    """Raise ``ValueError`` when everybody may read the file or the group write it; warn when the group reads."""
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise ValueError(f"names {path.name}, which others may read or change: chmod 600 {path}")
    if mode & stat.S_IRGRP:
        log.warning("%s may be read by its group; chmod 600 it unless that is meant.", path)


def read_keys(path: Path) -> tuple[bytes, ...]:
    """The keys of a secret key file, one a line, newest first; blank lines and # comments are left out."""
    try:
        check_permissions(path)
        written = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(
            f"names {path}, which does not exist: `mailer init` in an empty folder makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"names {path}, which cannot be read ({type(error).__name__})") from None
    return split_keys(written)


def split_keys(written: str) -> tuple[bytes, ...]:
    """Keys from text, one a line; raises ``ValueError`` when there is none or one is too short."""
    lines = [line.strip() for line in written.splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys:
        raise ValueError("holds no key")
    if min(map(len, keys)) < SHORTEST_KEY:
        raise ValueError(f"holds a key of less than {SHORTEST_KEY} characters, which is no secret")
    return tuple(key.encode() for key in keys)
