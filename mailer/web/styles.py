"""The stylesheet and the icon: one file each per accent colour, under a name that changes with what is in it.

A name is never used for anything else, so that browsers may keep the file for a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort

from mailer.render.colour import Scheme, scheme

SHEETS: Final = ("web/page.css", "web/people/people.css")
ICON: Final = "web/icon.svg"
DEFAULT_ACCENT: Final = "#0b57a4"
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

    def __init__(self, folders: Sequence[Path], accents: Sequence[str]) -> None:
        sheet = "\n".join(filter(None, (_read(folders, name) for name in SHEETS)))
        icon = _read(folders, ICON)
        self._files: dict[str, StaticFile] = {}
        self._looks: dict[str, Look] = {}
        for accent in dict.fromkeys((DEFAULT_ACCENT, *accents)):
            style = self._add("page", "css", f"{_variables(accent)}\n{sheet}", "text/css")
            drawn = self._add("icon", "svg", icon.replace("#0b57a4", accent), "image/svg+xml")
            self._looks[accent] = Look(style.url, drawn.url)

    def look(self, accent: str) -> Look:
        """The files for pages of that accent."""
        return self._looks.get(accent) or self._looks[DEFAULT_ACCENT]

    def file(self, name: str) -> StaticFile | None:
        return self._files.get(name)

    def _add(self, stem: str, ending: str, content: str, media_type: str) -> StaticFile:
        raw = content.encode()
        name = f"{stem}.{hashlib.sha256(raw).hexdigest()[:16]}.{ending}"
        return self._files.setdefault(name, StaticFile(name, raw, media_type))


def _read(folders: Sequence[Path], name: str) -> str:
    """The first folder's file of that name, "" when there is none."""
    return next((path.read_text(encoding="utf-8") for f in folders if (path := f / name).is_file()), "")


def _variables(accent: str) -> str:
    """The colours as custom properties, for light and dark."""

    def declared(colours: Scheme) -> str:
        return " ".join(
            f"--{field.name.replace('_', '-')}: {getattr(colours, field.name)};" for field in fields(Scheme)
        )

    light, dark = (declared(scheme(accent, dark=dark)) for dark in (False, True))
    return f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}"


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
