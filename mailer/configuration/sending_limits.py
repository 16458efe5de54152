"""What is sent how fast, to whom and when: a domain's own limits, a new sender's ramp, the hours of delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from mailer.configuration import values
from mailer.configuration.reading import Table
from mailer.settings import DomainLimit, Hours, Ramp

MOST_CONNECTIONS: Final = 100  # more than any server takes from one sender
_RAMP: Final = re.compile(
    r"\s*(?P<first>[^,]+?)\s*,\s*(?:(?P<word>doubling)|times\s+(?P<times>\d{1,2}(?:\.\d{1,3})?))\s*", re.IGNORECASE
)
_HOURS: Final = re.compile(
    r"\s*(?P<begins>\d{1,2}:\d\d)\s*[-–]\s*(?P<ends>\d{1,2}:\d\d)(?:\s+(?P<zone>\S+))?\s*",
)
SLOWEST_GROWTH: Final = 1.01
FASTEST_GROWTH: Final = 10.0


def read_domains(table: Table | None) -> dict[str, DomainLimit]:
    """The tables ``[smtp.domains."gmail.com"]``, by domain as it stands in an envelope."""
    if table is None:
        return {}
    found: dict[str, DomainLimit] = {}
    named: dict[str, str] = {}  # domain: the table that holds it
    for key, own in table.tables():
        limit = DomainLimit(
            rate=own.take("rate", values.rates, ()),
            connections=own.take("connections", values.whole_number(1, MOST_CONNECTIONS), 0),
            also=own.take("also", _domains, ()),
        )
        own.close()
        try:
            name = _domain(key)
        except ValueError as error:
            own.ledger.add(own.path, f"the name of a table in smtp.domains {error}, not {key!r}.")
            continue
        for domain in (name, *limit.also):
            if domain in named:
                own.ledger.add(own.path, f"{domain} is limited twice, by {named[domain]} and {key}.")
            named.setdefault(domain, key)
        found[name] = limit
    table.close()
    return found


def _domain(value: object) -> str:
    """A domain in the form that envelopes have: lower case, IDN as punycode."""
    name = values.host_name(value)
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError('must be a domain as "example.org"') from None


def _domains(value: object) -> tuple[str, ...]:
    several: Sequence[object] = value if isinstance(value, list) else [value]
    return tuple(_domain(one) for one in several)


def ramp(value: object) -> Ramp:
    """ "500/day, doubling" or "500/day, times 1.5"."""
    shape = ValueError('must be a count a day and how it grows: "500/day, doubling" or "500/day, times 1.5"')
    match = _RAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise shape
    try:
        first = values.parse_rate(match["first"])
    except ValueError:
        raise shape from None
    growth = 2.0 if match["word"] else float(match["times"])
    if first.window_seconds != values.WINDOWS["day"]:
        raise shape
    if not SLOWEST_GROWTH <= growth <= FASTEST_GROWTH:
        raise ValueError(f"must grow by {SLOWEST_GROWTH} to {FASTEST_GROWTH:g} times a day")
    return Ramp(first.count, growth)


def hours(value: object) -> Hours:
    """ "08:00-20:00 Europe/Berlin"; without a zone, UTC."""
    shape = ValueError('must be as "08:00-20:00 Europe/Berlin"')
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise shape
    try:
        begins, ends = (_time(match[name]) for name in ("begins", "ends"))
    except ValueError:
        raise shape from None
    if begins == ends:
        raise ValueError("must end at another time than it begins; leave it out to send at any time")
    try:
        zone = ZoneInfo(match["zone"] or "UTC")
    except (KeyError, OSError, ValueError):  # not there, the name of a folder, a path
        raise ValueError('has a time zone that is not known here; one is "Europe/Berlin"') from None
    return Hours(begins, ends, zone)


def _time(said: str) -> time:
    hour, minute = map(int, said.split(":"))
    return time(0, 0) if (hour, minute) == (24, 0) else time(hour, minute)
