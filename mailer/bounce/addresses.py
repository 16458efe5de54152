"""Mail addresses as they stand in reports and prose: found, cleaned, never resolved or judged."""

from __future__ import annotations

import re
from typing import Final

# Alphabets that put spaces around words may stand in an address in prose; those that do not (Chinese, Japanese)
# only between angle brackets, or the sentence around an address would become part of it.
_PROSE: Final = r"\u00c0-\u024f\u0370-\u1fff"
_WIDE: Final = r"\u00a1-\uffff"
_LOCAL_SET: Final = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-"
_LOCAL: Final = rf"[{_LOCAL_SET}{_PROSE}]{{1,128}}"
_DOMAIN: Final = rf"(?:[A-Za-z0-9_{_PROSE}\-]{{1,63}}\.){{0,8}}[A-Za-z0-9{_PROSE}\-]{{1,63}}"
ADDRESS: Final = rf'(?:"[^"\s\\@<>]{{1,64}}"|{_LOCAL})@(?:{_DOMAIN}|\[[0-9A-Fa-f:.IPv]{{3,45}}\])'
"""Pattern text of an address, to be built into other patterns; bounded, so that wild input stays cheap."""

_ANY = re.compile(rf"(?<![{_LOCAL_SET}{_PROSE}]){ADDRESS}")
_BRACKETED = re.compile(rf"<\s*({ADDRESS}|[{_LOCAL_SET}{_WIDE}]{{1,128}}@[A-Za-z0-9_.\-{_WIDE}]{{1,253}})\s*>")
_TYPED = re.compile(r"(?i)^\s*(rfc-?822|smtp|utf-8|x400|lotus|ims|dns|system|unknown|local)\s*;\s*")
_UTF8_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def first_address(text: str) -> str:
    """The first address in a header value or a line, or an empty string. One in angle brackets goes first."""
    if "@" not in text:
        return ""
    bracketed = _BRACKETED.search(text[:4000])
    if bracketed:
        return cleaned(bracketed[1])
    found = _ANY.search(text[:4000])
    return cleaned(found[0]) if found else ""


def every_address(text: str) -> list[str]:
    """All addresses in a text, in order, each once."""
    if "@" not in text:
        return []
    return list(dict.fromkeys(cleaned(match[0]) for match in _ANY.finditer(text[:8000])))


def address_of(value: str) -> str:
    """The address of a To-like field; without one, the bare value when it has no spaces (local delivery)."""
    return first_address(value)


def typed_address(value: str) -> str:
    """The address of "rfc822; someone@example.org" (RFC 3464 §2.3.2), also where the type is missing or doubled.

    An address may be local only ("rfc822; root") or in X.400 form: then whatever stands there, cleaned.
    """
    rest = value[:1000]
    for _ in range(3):
        stripped = _TYPED.sub("", rest)
        if stripped == rest:
            break
        rest = stripped
    rest = _UTF8_ESCAPE.sub(_unescaped, rest)  # RFC 6533 utf-8-addr-xtext
    found = first_address(rest)
    if found:
        return found
    rest = rest.strip().strip("<>()\"' ")
    return rest if rest and not re.search(r"\s", rest) and len(rest) <= 254 else ""


def cleaned(address: str) -> str:
    """Without the punctuation that prose puts around it."""
    address = address.strip("<>()[]'`,;: \t،؛").rstrip(".'-=")
    local, at, domain = address.rpartition("@")
    return f"{local.lstrip('=')}{at}{domain}" if local and domain else ""


def _unescaped(match: re.Match[str]) -> str:
    value = int(match[1], 16)
    return chr(value) if value < 0xD800 or 0xDFFF < value <= 0x10FFFF else ""
