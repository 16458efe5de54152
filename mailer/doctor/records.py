"""Records as they are read and as they are written: tag lists, and TXT lines ready to paste into a zone."""

from __future__ import annotations

import re
from typing import Final

LONGEST_STRING: Final = 255  # RFC 1035 section 3.3: one string of a TXT record
_TAG: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TagFault(ValueError):
    """A text that is no tag list; ``str()`` says what is wrong with it."""


def read_tags(text: str) -> dict[str, str]:
    """``v=DKIM1; p=…`` by tag, without the blanks around (RFC 6376 section 3.2). Raises TagFault."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not _TAG.fullmatch(name):
            raise TagFault(f"{part.strip()[:40]!r} is not of the form name=value")
        if name in tags:
            raise TagFault(f"the tag {name}= stands in it twice")
        tags[name] = value.strip()
    return tags


def txt_line(name: str, value: str) -> str:
    """A TXT record for a zone file; a long value in several strings, which readers join without a blank."""
    pieces = [value[start : start + LONGEST_STRING] for start in range(0, len(value), LONGEST_STRING)]
    quoted = ['"' + piece.replace("\\", "\\\\").replace('"', '\\"') + '"' for piece in pieces or [""]]
    if len(quoted) == 1:
        return f"{name}. IN TXT {quoted[0]}"
    return f"{name}. IN TXT ( {' '.join(quoted)} )"


def shown(text: str, most: int = 200) -> str:
    """A foreign text for a sentence: printable, and not too long."""
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"
