"""How wide the pictures in the site's own repository are: one narrower than the column keeps its own width.

Outlook shows a picture without a width as wide as it was told last, and a lone one is told the column's: a logo of
80 pixels would be blown up to all of it. Pictures elsewhere are not asked for.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from mailer.flows.preview_pictures import local_pictures
from mailer.issue.model import Issue

_HEAD_BYTES: Final = 256 * 1024  # a JPEG may carry a preview of itself before it says its size
_NO_SIZE: Final = frozenset({0xC4, 0xC8, 0xCC})  # among JPEG's frame markers (ITU-T T.81, table B.1)


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
            return width_of(opened.read(_HEAD_BYTES))
    except OSError:  # gone meanwhile: as if it lay elsewhere
        return 0


def width_of(head: bytes) -> int:
    """Pixels from side to side, told by the first bytes of a PNG, GIF, JPEG or WebP; 0 for anything else."""
    try:
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return int(struct.unpack_from(">I", head, 16)[0])
        if head[:6] in (b"GIF87a", b"GIF89a"):
            return int(struct.unpack_from("<H", head, 6)[0])
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _webp_width(head)
        return _jpeg_width(head) if head.startswith(b"\xff\xd8") else 0
    except struct.error:  # the file is shorter than it says
        return 0


def _webp_width(head: bytes) -> int:
    """The three kinds of WebP: lossy, lossless, extended (RFC 9649, sections 2.5 to 2.7)."""
    match head[12:16]:
        case b"VP8 ":
            return int(struct.unpack_from("<H", head, 26)[0]) & 0x3FFF
        case b"VP8L":
            return (int(struct.unpack_from("<I", head, 21)[0]) & 0x3FFF) + 1
        case b"VP8X":
            return (int(struct.unpack_from("<I", head, 24)[0]) & 0xFFFFFF) + 1
    return 0


def _jpeg_width(head: bytes) -> int:
    """The width in the frame header: the segments before it are jumped over."""
    position = 2
    while position + 4 <= len(head) and head[position] == 0xFF:
        marker = head[position + 1]
        if marker == 0xFF:  # fill
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return int(struct.unpack_from(">H", head, position + 7)[0])
        else:
            position += 2 + int(struct.unpack_from(">H", head, position + 2)[0])
    return 0
