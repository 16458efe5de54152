"""Asking the DNS, by dnspython: answers, nothing there, or no answer, each told apart and remembered.

Law: a question takes ``SECONDS`` at most, and when no resolver answers at all, the next questions are not asked.
"""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from mailer.errors import UsageError

SECONDS: Final = 4.0  # a receiver waits no longer either
MOST_SILENCES: Final = 2  # questions without any answer after which there is no network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoAnswer(Exception):
    """Nobody could say what stands there (timeout, SERVFAIL, no network); ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One MX record; a null MX (RFC 7505) has the host ""."""

    preference: int
    host: str


class Names:
    """A resolver with a memory. ``server`` is "127.0.0.1:5353", or "" for the one of this machine."""

    def __init__(self, server: str = "", *, seconds: float = SECONDS) -> None:
        self.server = server
        self._seconds = seconds
        self._resolver = _resolver(server, seconds)
        self._known: dict[tuple[str, str], list[object] | NoAnswer] = {}
        self._silences = 0
        self._lock = threading.Lock()

    def texts(self, name: str) -> list[str]:
        """The TXT records at ``name``, each with its strings joined (RFC 7208 section 3.3); [] where none are."""
        records = [record for record in self._ask(name, "TXT") if isinstance(record, TXT)]
        return [b"".join(record.strings).decode("utf-8", "backslashreplace") for record in records]

    def exchanges(self, name: str) -> list[Exchange]:
        """The MX records at ``name``, the preferred first."""
        found = [
            Exchange(record.preference, record.exchange.to_text(omit_final_dot=True).removeprefix("."))
            for record in self._ask(name, "MX")
            if isinstance(record, MX)
        ]
        return sorted(found, key=lambda exchange: (exchange.preference, exchange.host))

    def addresses(self, name: str, *, kinds: tuple[str, ...] = ("A", "AAAA")) -> list[Address]:
        """The addresses of a host."""
        return [ipaddress.ip_address(str(record)) for kind in kinds for record in self._ask(name, kind)]

    def reverse(self, address: Address) -> list[str]:
        """The names that PTR records give an address."""
        name = dns.reversename.from_address(str(address)).to_text()
        return [str(record).rstrip(".").lower() for record in self._ask(name, "PTR")]

    def _ask(self, name: str, kind: str) -> list[object]:
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            self._known[key] = self._look_up(*key)
        found = self._known[key]
        if isinstance(found, NoAnswer):
            raise found
        return found

    def _look_up(self, name: str, kind: str) -> list[object] | NoAnswer:
        if self._resolver is None or self._silences >= MOST_SILENCES:
            return NoAnswer("no DNS server answers from here")
        try:
            answer = self._resolver.resolve(f"{name}.", kind, lifetime=self._seconds)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.resolver.NoNameservers:
            return NoAnswer(f"the DNS servers of {name} answer with an error")
        except dns.exception.Timeout:
            with self._lock:
                self._silences += 1
            return NoAnswer(f"no DNS answer for {name} within {self._seconds:g} seconds")
        except (dns.exception.DNSException, UnicodeError):
            return NoAnswer(f"{name!r} cannot be asked for in the DNS")
        except OSError as error:
            with self._lock:
                self._silences += 1
            return NoAnswer(f"the DNS cannot be reached ({error.strerror or error})")
        with self._lock:
            self._silences = 0
        return list(answer)


def _resolver(server: str, seconds: float) -> dns.resolver.Resolver | None:
    """None where this machine names no DNS server. Raises UsageError for a server that is no address."""
    if not server:
        try:
            resolver = dns.resolver.Resolver()
        except dns.resolver.NoResolverConfiguration:
            return None
    else:
        host, port = _host_and_port(server)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = [host]
        resolver.port = port
    resolver.timeout = seconds / 2
    resolver.lifetime = seconds
    return resolver


def _host_and_port(server: str) -> tuple[str, int]:
    host, port = server, "53"
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        port = rest.removeprefix(":") or "53"
    elif server.count(":") == 1:
        host, _, port = server.partition(":")
    try:
        return str(ipaddress.ip_address(host)), _port(port)
    except ValueError:
        raise UsageError(
            f"{server!r} is no address of a DNS server.", hint="Write it like 9.9.9.9 or 127.0.0.1:5353."
        ) from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(text)
    return int(text)
