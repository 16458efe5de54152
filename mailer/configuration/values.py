"""What a setting may be: each reader takes what TOML holds and gives a value, or says in words what it must be.

Law: the text of a ``ValueError`` never repeats a value that may hold a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from mailer.errors import UsageError
from mailer.settings import Rate, SmtpSettings

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)

WINDOWS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_RATE: Final = re.compile(r"\s*(\d+)\s*/\s*([a-z]+)\s*", re.IGNORECASE)
_SPAN: Final = re.compile(r"\s*(\d{1,9})\s*([a-z]+)\s*", re.IGNORECASE)
_COLOUR: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8})*")
_LIST_ID: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.IGNORECASE)
_LOCAL_PART: Final = re.compile(r"[^\s@<>\"(),:;\[\]\\\x00-\x1f\x7f]{1,64}")
_NAMED: Final = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>")
SMTP_PORTS: Final = {"smtp": 587, "smtps": 465}
LONGEST_SPAN_SECONDS: Final = 366 * 86_400
LONGEST_RATE: Final = 1_000_000_000  # more a window than any server takes: a slip of the finger


def text(value: object) -> str:
    """One line of text."""
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("must be one line without control characters")
    return value.strip()


def some_text(value: object) -> str:
    """One line of text that says something."""
    said = text(value)
    if not said:
        raise ValueError("must not be empty")
    return said


def lines(value: object) -> str:
    """Text that may have several lines, as a postal address has."""
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")
    return "\n".join(text(line) for line in value.strip().splitlines())


def yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def whole_number(lowest: int, highest: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return value

    return read


def seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 3600:
        raise ValueError("must be a number of seconds, more than 0 and at most 3600")
    return float(value)


def span(value: object) -> int:
    """A span of time in words, "7 days" or "36 hours", in seconds; none is "0 days"."""
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    unit = WINDOWS.get(match[2].lower().removesuffix("s")) if match else None
    if match is None or unit is None:
        raise ValueError('must be a count of minutes, hours or days: "7 days"')
    if int(match[1]) * unit > LONGEST_SPAN_SECONDS:
        raise ValueError("must not be longer than a year")
    return int(match[1]) * unit


def one_of(choices: type[Choice]) -> Callable[[object], Choice]:
    def read(value: object) -> Choice:
        try:
            return choices(text(value))
        except ValueError:
            named = " or ".join(f'"{choice.value}"' for choice in choices)
            raise ValueError(f"must be {named}") from None

    return read


def parse_rate(value: object) -> Rate:
    """ "30/minute" as a ``Rate``; raises ``ValueError`` that says the grammar."""
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    unit = match[2].lower() if match else ""
    window = WINDOWS.get(unit) or WINDOWS.get(unit.removesuffix("s"))
    if match is None or window is None:
        raise ValueError('must be a count and second, minute, hour or day: "30/minute"')
    count = int(match[1])
    if not 0 < count <= LONGEST_RATE:
        raise ValueError(f"must allow from 1 to {LONGEST_RATE} messages")
    return Rate(count, window)


def rates(value: object) -> tuple[Rate, ...]:
    """One rate, or several that all hold at once."""
    several = value if isinstance(value, list) else [value]
    return _each(several, parse_rate)


def parse_rates(several: Sequence[str]) -> tuple[Rate, ...]:
    """Rates from the command line; raises ``UsageError`` naming the wrong one."""
    try:
        return _each(list(several), parse_rate)
    except ValueError as error:
        raise UsageError(f"a rate {error}.", where=f"--rate {' '.join(several)}") from None


def _each(several: Sequence[object], read: Callable[[object], Value]) -> tuple[Value, ...]:
    """Every entry of a list as ``read`` gives it; the wrong one is named."""
    found = []
    for one in several:
        try:
            found.append(read(one))
        except ValueError as error:
            raise ValueError(f"has {one!r} in it, which {error}" if len(several) > 1 else str(error)) from None
    return tuple(found)


def colour(value: object) -> str:
    if not isinstance(value, str) or not _COLOUR.fullmatch(value):
        raise ValueError('must be a colour as "#0f4b6e"')
    return value.lower()


def theme_name(value: object) -> str:
    """The name of a theme, which is a folder's too."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", value):
        raise ValueError('must be the name of a theme as "plain": a-z, 0-9 and -')
    return value


def font_families(value: object) -> str:
    """CSS font families in the order in which they are tried, in single quotes where a name has blanks."""
    said = text(value).replace('"', "'")
    families = [family.strip() for family in said.split(",")]
    if not all(re.fullmatch(r"'[\w -]+'|[\w-]+", family) for family in families):
        raise ValueError("must be font families as \"Georgia, 'Times New Roman', serif\"")
    return ",".join(families)


def language(value: object) -> str:
    said = text(value).lower()
    if not _LANGUAGE.fullmatch(said):
        raise ValueError('must be a language as "en", "de" or "pt-br"')
    return said


def languages(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError('must be a list of languages, the fallback first: ["en", "de"]')
    read = _each(value, language)
    if len(set(read)) < len(read):
        raise ValueError("must name each language once")
    return read


def host_name(value: object) -> str:
    """A host or domain name; IDN are welcome."""
    said = text(value)
    labels = said.removesuffix(".").split(".")
    if len(said) > 253 or not all(
        0 < len(label) <= 63 and label.replace("-", "").isalnum() and label.strip("-") == label for label in labels
    ):
        raise ValueError('must be a domain as "example.org"')
    return said.removesuffix(".").lower()


def address(value: object) -> str:
    """A mail address by itself."""
    local, at, domain = text(value).rpartition("@")
    try:
        good = bool(at) and bool(_LOCAL_PART.fullmatch(local)) and bool(host_name(domain))
    except ValueError:
        good = False
    if not good:
        raise ValueError('must be an address as "name@example.org"')
    return f"{local}@{domain}"


def named_address(value: object) -> str:
    """An address with or without a display name: "The Newsletter <news@example.org>"."""
    said = text(value)
    match = _NAMED.fullmatch(said)
    try:
        address(match["address"] if match else said)
    except ValueError:
        raise ValueError('must be as "The Newsletter <newsletter@example.org>"') from None
    return said


def bare_address(named: str) -> str:
    """The address inside a ``named_address``."""
    match = _NAMED.fullmatch(named)
    return match["address"] if match else named


def list_id(value: object) -> str:
    if not _LIST_ID.fullmatch(text(value)):
        raise ValueError('must be as "newsletter.example.org", without brackets (RFC 2919)')
    return text(value)


def web_url(value: object) -> str:
    """An absolute http(s) URL; a query is kept, so that a logo may have one."""
    said = text(value)
    try:
        parts = urlsplit(said)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or re.search(r"[\s<>\"]", said):
        raise ValueError('must be an address on the web as "https://example.org"')
    return said


def site_url(value: object) -> str:
    """A web address that others are appended to; without its trailing slash."""
    said = web_url(value)
    if urlsplit(said).query or urlsplit(said).fragment:
        raise ValueError("must not have a ? or # part")
    return said.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def smtp_url(value: object) -> SmtpSettings:
    """Host, port, name and password of "smtp://name@mail.example.org:587"; smtps:// is TLS from the start."""
    shape = ValueError('must be as "smtp://name@mail.example.org:587", or smtps:// for TLS from the start')
    try:
        parts = urlsplit(text(value))
        port = parts.port
    except ValueError:
        raise shape from None
    if parts.scheme not in SMTP_PORTS or not parts.hostname or port == 0:
        raise shape
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must end after the port (a / or ? or # in a password is written %2F, %3F, %23)")
    return SmtpSettings(
        host=parts.hostname,
        port=port or SMTP_PORTS[parts.scheme],
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        implicit_tls=parts.scheme == "smtps",
    )
