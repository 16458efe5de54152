"""Where shipped files lie: templates and migrations, in a checkout or inside the wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_folder() -> Path:
    """The built-in templates: inside the wheel as ``mailer/_templates``, in a checkout as ``templates``."""
    shipped = _PACKAGE / "_templates"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "templates"


def template_folders(own: Path | None) -> tuple[Path, ...]:
    """Folders in which a template is looked for, the user's own first, so that one file can be replaced alone."""
    return (own, templates_folder()) if own is not None and own.is_dir() else (templates_folder(),)
