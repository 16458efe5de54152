"""What a link says beside its words: addresses that only some programs can follow are printed as well."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from mailer.render.tree import clean

_SCHEME: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_EVERYWHERE: Final = frozenset({"", "http", "https", "mailto"})


def scheme_of(url: str) -> str:
    """The scheme in lower case, "" for none (RFC 3986 section 3.1)."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def is_followed_everywhere(url: str) -> bool:
    """Whether any mail client can open the address."""
    return scheme_of(url) in _EVERYWHERE


def spoken_address(url: str, words: str) -> str:
    """The address to print after a link; "" when any client follows it or the words say it already."""
    if is_followed_everywhere(url):
        return ""
    shown = readable_url(url)
    bare = shown.partition(":")[2].partition("?")[0].strip("/")
    return "" if bare and bare in words else shown


def readable_url(url: str) -> str:
    """The address as a person reads it: an IDN host in its own script, an xmpp: or mailto: address unescaped."""
    url = url.strip()
    if scheme_of(url) not in ("http", "https"):
        return clean(unquote(url)) if "\n" not in unquote(url) else url
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return url
    if "xn--" not in host:
        return url
    try:
        # the stdlib codec reads what registries hand out; a host that it cannot read stays as it is
        named = host.encode("ascii").decode("idna")
    except UnicodeError:
        return url
    return url.replace(host, named, 1)
