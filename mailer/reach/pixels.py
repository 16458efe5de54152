"""How wide an image is, from its first bytes: PNG, GIF, JPEG, WebP. No image is decoded."""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 65_536  # a JPEG may carry that much of metadata before its size
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def width_of(head: bytes) -> int | None:
    """Pixels, or None when this is no image that we know, or too little of it."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 20:
        return int.from_bytes(head[16:20], "big")
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 8:
        return int.from_bytes(head[6:8], "little")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp(head)
    if head[:2] == b"\xff\xd8":
        return _jpeg(head)
    return None


def _webp(head: bytes) -> int | None:
    match head[12:16]:
        case b"VP8X":
            return int.from_bytes(head[24:27], "little") + 1
        case b"VP8L":
            return (int.from_bytes(head[21:23], "little") & 0x3FFF) + 1
        case b"VP8 ":
            return int.from_bytes(head[26:28], "little") & 0x3FFF
    return None


def _jpeg(head: bytes) -> int | None:
    """From segment to segment until the one that begins a frame (ITU T.81 section B.2.2)."""
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            return None
        marker = head[at + 1]
        if marker in _JPEG_SIZES:
            return int.from_bytes(head[at + 7 : at + 9], "big")
        length = int.from_bytes(head[at + 2 : at + 4], "big")
        if length < 2:
            return None
        at += 2 + length
    return None
