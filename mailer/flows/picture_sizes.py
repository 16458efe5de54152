"""How wide the pictures in the site's own repository are: one narrower than the column keeps its own width.

Outlook shows a picture without a width as wide as it was told last, and a lone one is told the column's: a logo of
80 pixels would be blown up to all of it. Pictures elsewhere are not asked for.
"""

from __future__ import annotations

from pathlib import Path

from mailer.flows.preview_pictures import local_pictures
from mailer.issue.model import Issue
from mailer.reach.pixels import HEAD_BYTES, width_of


def keep_own_widths(issue: Issue, path: Path) -> None:
    """Give the images of an issue that have no width the one of their file; ``path`` is the issue's own file."""
    bare = [
        child
        for token in issue.tokens
        for child in token.children or ()
        if child.type == "image" and not child.attrs.get("width")
    ]
    if not bare:
        return
    files = local_pictures(issue, path)
    for image in bare:
        file = files.get(str(image.attrs.get("src", "")))
        width = _width_in(file) if file is not None else 0
        if width:
            image.attrs["width"] = str(width)


def _width_in(file: Path) -> int:
    try:
        with file.open("rb") as opened:
            return width_of(opened.read(HEAD_BYTES)) or 0
    except OSError:  # gone meanwhile: as if it lay elsewhere
        return 0
