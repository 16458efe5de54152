"""A name for what a mail says, the same by whichever way it came: what servers add on the way is left out."""

from __future__ import annotations

import hashlib
import re
from typing import Final

NAMING: Final = (b"message-id", b"from", b"to", b"date", b"subject")
"""Header fields that whoever wrote the mail set; trace fields, which every server adds, are not among them."""
_FIELD: Final = re.compile(rb"^([A-Za-z-]{2,20})[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
_MBOX_LINE: Final = re.compile(rb"\AFrom [^\n]*\n")
_MBOX_QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


def fingerprint(raw: bytes) -> str:
    """SHA-256 (hex) over the naming fields and the body, with line ends and mbox's quoting undone."""
    text = _MBOX_LINE.sub(b"", raw.replace(b"\r\n", b"\n").lstrip(b"\n"))
    header, _, body = text.partition(b"\n\n")
    digest = hashlib.sha256()
    for match in _FIELD.finditer(header):
        name = match[1].lower()
        if name in NAMING:
            digest.update(name + b":" + b" ".join(match[2].split()) + b"\n")
    digest.update(b"\n" + _MBOX_QUOTED.sub(rb"\1", body).rstrip())
    return digest.hexdigest()
