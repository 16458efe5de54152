"""The stylesheet and the icon of each newsletter, under a name that changes with what is in them.

A name is never used for anything else, so that browsers may keep the file for a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort

from mailer.newsletter import Newsletter
from mailer.render.colour import Scheme, schemes

SHEETS: Final = ("web/page.css", "web/people/people.css")
ICON: Final = "web/icon.svg"
_ACCENT_OF_ICON: Final = "#0b57a4"
_NOBODYS: Final = Newsletter("", "", "", "")
FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """What is served under one name."""

    name: str
    content: bytes
    media_type: str

    @property
    def url(self) -> str:
        return f"/static/{self.name}"


@dataclass(frozen=True, slots=True)
class Look:
    """The addresses that a page's head names."""

    stylesheet: str
    icon: str


class Styles:
    """Every static file of the app, made once at the start."""

    def __init__(self, folders: Sequence[Path], newsletters: Sequence[Newsletter]) -> None:
        sheet = "\n".join(filter(None, (_read(folders, name) for name in SHEETS)))
        icon = _read(folders, ICON)
        self._files: dict[str, StaticFile] = {}
        self._looks: dict[str, Look] = {}
        for newsletter in (_NOBODYS, *newsletters):
            style = self._add("page", "css", f"{_variables(newsletter)}\n{sheet}", "text/css")
            drawn = self._add("icon", "svg", icon.replace(_ACCENT_OF_ICON, newsletter.accent), "image/svg+xml")
            self._looks[newsletter.key] = Look(style.url, drawn.url)

    def look(self, key: str) -> Look:
        """The files for pages of that newsletter; "" and unknown ones have our own look."""
        return self._looks.get(key) or self._looks[""]

    def file(self, name: str) -> StaticFile | None:
        return self._files.get(name)

    def _add(self, stem: str, ending: str, content: str, media_type: str) -> StaticFile:
        raw = content.encode()
        name = f"{stem}.{hashlib.sha256(raw).hexdigest()[:16]}.{ending}"
        return self._files.setdefault(name, StaticFile(name, raw, media_type))


def _read(folders: Sequence[Path], name: str) -> str:
    """The first folder's file of that name, "" when there is none."""
    return next((path.read_text(encoding="utf-8") for f in folders if (path := f / name).is_file()), "")


def _variables(newsletter: Newsletter) -> str:
    """Colours and fonts as custom properties, for light and dark."""

    def declared(colours: Scheme) -> str:
        return " ".join(
            f"--{field.name.replace('_', '-')}: {getattr(colours, field.name)};" for field in fields(Scheme)
        )

    light, dark = map(declared, schemes(newsletter))
    fonts = f" --sans: {newsletter.fonts};" if newsletter.fonts else ""
    return f":root {{ {light}{fonts} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


def static_files(styles: Styles) -> Blueprint:
    """``/static/NAME``: kept by browsers for a year."""
    pages = Blueprint("static_files", __name__)

    @pages.get("/static/<name>")
    def file(name: str) -> Response:
        found = styles.file(name)
        if found is None:
            abort(404)
        answer = Response(found.content, mimetype=found.media_type)
        answer.headers["Cache-Control"] = FOR_A_YEAR
        return answer

    return pages
