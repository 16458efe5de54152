"""Reads templates and styles from disk: the only file of this room that does.

A user's folder comes first and can replace one file alone; the environment is kept, changed files are read again.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateSyntaxError, select_autoescape
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateNotFound as JinjaNotFound

from mailer.errors import TemplateError
from mailer.render.text_wrap import underline, wrap

FILES: Final = (
    "issue/issue.mjml",
    "issue/masthead.mjml",
    "issue/contents.mjml",
    "issue/footer.mjml",
    "issue/prose.css",
    "issue/head.css",
    "issue/issue.txt",
)


STANDARD: Final = "standard"
"""The theme that is no folder of its own: the templates themselves."""
THEMES: Final = "themes"


def themed(folders: Sequence[Path], theme: str) -> tuple[Path, ...]:
    """Where a theme's templates are looked for: a folder's own theme before the folder, the user's before ours.

    Raises TemplateError when no folder has such a theme.
    """
    if theme == STANDARD:
        return tuple(folders)
    if theme not in themes(folders):
        known = ", ".join(themes(folders))
        raise TemplateError(f"There is no theme {theme!r}.", where="theme", hint=f"There are: {known}.")
    found = [place for folder in folders for place in (folder / THEMES / theme, folder)]
    return tuple(place for place in found if place.is_dir())


def themes(folders: Sequence[Path]) -> tuple[str, ...]:
    """The names of all themes, the standard one first."""
    own = {entry.name for folder in folders for entry in (folder / THEMES).glob("*") if entry.is_dir()}
    return (STANDARD, *sorted(own - {STANDARD}))


def place_of(folders: Sequence[Path], name: str) -> Path:
    """The file that a template of that name is read from. Raises TemplateError when there is none."""
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise _absent(name, folders)
    return path


@lru_cache(maxsize=8)
def _environment(folders: tuple[Path, ...]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(enabled_extensions=("mjml", "html"), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrap"] = wrap
    environment.filters["underline"] = underline
    return environment


def fill(folders: Sequence[Path], name: str, values: Mapping[str, object]) -> str:
    """The template of that name, filled in. Raises TemplateError with file and line."""
    try:
        return _environment(tuple(folders)).get_template(name).render(values)
    except JinjaNotFound as missing:
        raise _absent(str(missing.name or name), folders) from missing
    except JinjaError as error:
        raise TemplateError(f"The template cannot be filled in: {error}.", where=_place(error, name)) from error


def _place(error: JinjaError, name: str) -> str:
    """Template and line: from a syntax error itself, else the innermost template that was being filled in."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or name}:{error.lineno}"
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    places = [f"{known}:{line}" for path, line in frames for known in FILES if path.endswith(known)]
    return places[-1] if places else name


def version(folders: Sequence[Path]) -> str:
    """SHA-256, hex, over the names and bytes of every template and style that an edition is made from."""
    digest = hashlib.sha256()
    for name in FILES:
        content = place_of(folders, name).read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _absent(name: str, folders: Sequence[Path]) -> TemplateError:
    looked = ", ".join(str(folder) for folder in folders) or "no folder"
    return TemplateError("The template is missing.", where=name, hint=f"Looked in: {looked}.")
