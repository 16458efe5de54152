"""Looking at themes, and taking a copy of one template to change; all others go on coming from the package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailer.errors import UsageError
from mailer.render.templates import FILES, STANDARD, THEMES, place_of, themed, themes
from mailer.resources import templates_folder

_FOLDER: Final = "issue/"


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template as a theme uses it: its name, and whether it is the installation's own copy."""

    name: str
    is_own: bool


def files_of(theme: str, folders: Sequence[Path]) -> Iterator[TemplateFile]:
    """Every file of a theme in the order of a mail. Raises TemplateError when there is no such theme."""
    places = themed(folders, theme)
    shipped = templates_folder()
    for name in FILES:
        yield TemplateFile(name, not place_of(places, name).is_relative_to(shipped))


def eject(name: str, theme: str, folders: Sequence[Path], into: Path, *, again: bool = False) -> Path:
    """Copy the template ``name`` ("footer.mjml" or "issue/footer.mjml") of a theme into the folder ``into``.

    The copy of another theme than the standard one stays with that theme: other newsletters keep their look.
    Gives the path of the copy. Raises UsageError for a name that is no template, for a copy that is there
    already (unless ``again``), and for a folder that cannot be written.
    """
    wanted = name if name.startswith(_FOLDER) else f"{_FOLDER}{name}"
    if wanted not in FILES:
        known = ", ".join(file.removeprefix(_FOLDER) for file in FILES)
        raise UsageError(f"there is no template {name!r}.", hint=f"There are: {known}.")
    target = (into if theme == STANDARD else into / THEMES / theme) / wanted
    if target.exists() and not again:
        raise UsageError(
            "is there already.", where=str(target), hint="With --force the shipped one takes its place."
        )
    content = place_of(themed((templates_folder(),) if again else folders, theme), wanted).read_bytes()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot be written ({error.strerror}).", where=str(target)) from error
    return target


def all_themes(folders: Sequence[Path]) -> tuple[str, ...]:
    """The names of all themes, shipped and own."""
    return themes(folders)
