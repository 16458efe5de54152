"""The steps that bring a database up to date, oldest first. A step that was released is never edited."""

from __future__ import annotations

from typing import Final

REVISIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every revision in order, known without importing Alembic; a test compares it with the files in ``versions``."""
