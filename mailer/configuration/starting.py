"""A new installation's files: a commented mailer.toml and a secret key. Nothing that exists is touched."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from mailer.errors import UsageError

SETTINGS_FILE: Final = "mailer.toml"
KEY_FILE: Final = "secret.key"
_EXAMPLE: Final = Path(__file__).with_name("example.toml")


def start_installation(folder: Path) -> tuple[Path, Path]:
    """Write mailer.toml and secret.key (readable by its owner only) into ``folder``; returns their paths.

    Raises ``UsageError`` when one of them exists or the folder cannot be written to.
    """
    settings, key = folder / SETTINGS_FILE, folder / KEY_FILE
    for path in (settings, key):
        if path.exists() or path.is_symlink():
            raise UsageError(
                "exists already and was left as it is.",
                where=str(path),
                hint="Edit it, or name another folder: mailer init FOLDER.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(key, f"{secrets.token_urlsafe(32)}\n", 0o600)
        _write_new(settings, _EXAMPLE.read_text(encoding="utf-8"), 0o644)
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}.",
            where=str(error.filename or folder),
            hint="Name another folder.",
        ) from error
    return settings, key


def _write_new(path: Path, text: str, mode: int) -> None:
    """Create ``path`` with ``mode`` from its first moment; a file that appeared meanwhile is an error."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
