"""Reading SPF records (RFC 7208): their terms, what they cost in look-ups, and what they say about an address.

Law: the count is the worst case, as if no mechanism matched before the last; a receiver may stop earlier.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mailer.doctor.names import Address, Names

MOST_LOOKUPS: Final = 10  # RFC 7208 section 4.6.4
MOST_VOID: Final = 2  # same: questions whose answer is "nothing"
MOST_EXCHANGES: Final = 10  # same: hosts that an "mx" may lead to
GIVE_UP: Final = 40  # look-ups after which the number does not matter any more

RESULTS: Final = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
COSTLY: Final = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
MECHANISMS: Final = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})
NEEDS_VALUE: Final = frozenset({"include", "exists", "ip4", "ip6"})

_TERM: Final = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(?:([:=])([^\s]*?))?(/[0-9/]+)?")
_MACRO: Final = re.compile(r"%(?:\{([A-Za-z])([0-9]*)(r?)([.\-+,/_=]*)\}|([%_-]))")


class SpfFault(ValueError):
    """A record that receivers cannot use ("permerror"); ``str()`` says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """One mechanism or modifier: ``~all`` is (~, all), ``include:a.example`` is (+, include, a.example)."""

    qualifier: str
    name: str
    value: str
    prefix: str  # "/24//64", as written
    text: str


@dataclass
class Evaluation:
    """What reading a record, and all that it leads to, came to."""

    lookups: int = 0
    void: int = 0
    faults: list[str] = field(default_factory=list)
    void_names: list[str] = field(default_factory=list)
    uses_ptr: bool = False
    unread: list[str] = field(default_factory=list)  # what cannot be followed without a real sender
    last: str = ""  # what the record itself says of everybody else: "~all"; "" when it says nothing


def spf_records(texts: list[str]) -> list[str]:
    """The SPF records among TXT records (RFC 7208 section 4.5)."""
    return [text for text in texts if re.match(r"v=spf1( |$)", text, re.IGNORECASE)]


def terms_of(record: str) -> list[Term]:
    """The terms of a record in order. Raises SpfFault naming the first that is none."""
    terms = []
    for word in record.split(" ")[1:]:
        if not word:
            continue
        match = _TERM.fullmatch(word)
        if match is None:
            raise SpfFault(f"{word[:60]!r} is no term of an SPF record")
        qualifier, name, sign, value, prefix = match.groups()
        name = name.lower()
        is_modifier = sign == "="
        if not is_modifier and name not in MECHANISMS:
            raise SpfFault(f"{word[:60]!r} is no mechanism of SPF")
        if not is_modifier and name in NEEDS_VALUE and not value:
            raise SpfFault(f"{word[:60]!r} names nothing")
        if name in {"ip4", "ip6"}:
            _network(name, (value or "") + (prefix or ""))
        terms.append(Term(qualifier or "+", f"{name}=" if is_modifier else name, value or "", prefix or "", word))
    return terms


def evaluate(names: Names, domain: str, record: str) -> Evaluation:
    """Follow a record to its end. Raises NoAnswer when the DNS does not answer on the way."""
    found = Evaluation()
    _follow(names, domain, record, found, ())
    return found


def _follow(names: Names, domain: str, record: str, found: Evaluation, path: tuple[str, ...]) -> None:
    try:
        terms = terms_of(record)
    except SpfFault as fault:
        found.faults.append(f"{domain}: {fault}")
        return
    if not path:
        found.last = next((term.text for term in terms if term.name == "all"), "")
    for term in terms:
        name = term.name.rstrip("=")
        if term.name == "redirect=" and any(other.name == "all" for other in terms):
            continue  # RFC 7208 section 6.1: ignored beside "all"
        if name not in COSTLY or (term.name.endswith("=") and name != "redirect"):
            continue
        found.lookups += 1
        if found.lookups > GIVE_UP:
            return
        target = term.value.rstrip(".").lower() or domain
        if name == "ptr":
            found.uses_ptr = True
        elif "%" in target:
            found.unread.append(term.text)
        elif name in {"include", "redirect"}:
            _include(names, target, found, (*path, domain))
        else:
            _look(names, name, target, found)


def _include(names: Names, target: str, found: Evaluation, path: tuple[str, ...]) -> None:
    if target in path:
        found.faults.append(f"{path[-1]} leads back to {target}, so that it never ends")
        return
    texts = names.texts(target)
    if not texts:
        _void(target, found)
    records = spf_records(texts)
    if len(records) != 1:
        many = "no SPF record" if not records else f"{len(records)} SPF records"
        found.faults.append(f"{path[-1]} refers to {target}, which has {many}")
        return
    _follow(names, target, records[0], found, path)


def _look(names: Names, name: str, target: str, found: Evaluation) -> None:
    if name == "mx":
        exchanges = names.exchanges(target)
        if not exchanges:
            _void(target, found)
        if len(exchanges) > MOST_EXCHANGES:
            found.faults.append(f"mx:{target} leads to {len(exchanges)} hosts; {MOST_EXCHANGES} are allowed")
        return
    if not names.addresses(target, kinds=("A",)) and not names.addresses(target, kinds=("AAAA",)):
        _void(target, found)


def _void(target: str, found: Evaluation) -> None:
    found.void += 1
    found.void_names.append(target)


def verdict(names: Names, domain: str, record: str, address: Address, sender: str) -> str:
    """What a receiver gets for a mail from ``address``: pass, fail, softfail, neutral, none or permerror.

    ``sender`` is the envelope's sender, for macros. Raises NoAnswer.
    """
    try:
        return _judge(names, domain, record, address, sender, [MOST_LOOKUPS])
    except SpfFault:
        return "permerror"


def _judge(names: Names, domain: str, record: str, address: Address, sender: str, left: list[int]) -> str:
    terms = terms_of(record)
    for term in terms:
        if not term.name.endswith("=") and _matches(names, domain, term, address, sender, left):
            return RESULTS[term.qualifier]
    for term in terms:
        if term.name == "redirect=":
            return _at(names, _expanded(term.value, domain, address, sender), address, sender, left)
    return "neutral"


def _at(names: Names, domain: str, address: Address, sender: str, left: list[int]) -> str:
    _spend(left)
    records = spf_records(names.texts(domain))
    if len(records) != 1:
        raise SpfFault(f"{domain} has {len(records)} SPF records")
    return _judge(names, domain, records[0], address, sender, left)


def _spend(left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise SpfFault("more than ten look-ups")


def _matches(names: Names, domain: str, term: Term, address: Address, sender: str, left: list[int]) -> bool:
    target = _expanded(term.value, domain, address, sender).rstrip(".") or domain
    match term.name:
        case "all":
            return True
        case "ip4" | "ip6":
            return address in _network(term.name, term.value + term.prefix)
        case "include":
            return _at(names, target, address, sender, left) == "pass"
        case "exists":
            _spend(left)
            return bool(names.addresses(target, kinds=("A",)))
        case "a":
            _spend(left)
            return _within(address, _of_kind(names, target, address), term.prefix)
        case "mx":
            _spend(left)
            hosts = [exchange.host for exchange in names.exchanges(target)[:MOST_EXCHANGES] if exchange.host]
            return any(_within(address, _of_kind(names, host, address), term.prefix) for host in hosts)
        case _:
            _spend(left)
            return any(_is_below(name, target) for name in _confirmed(names, address))


def _confirmed(names: Names, address: Address) -> Iterator[str]:
    for name in names.reverse(address)[:MOST_EXCHANGES]:
        if address in _of_kind(names, name, address):
            yield name


def _is_below(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _of_kind(names: Names, host: str, address: Address) -> list[Address]:
    return names.addresses(host, kinds=("A",) if address.version == 4 else ("AAAA",))


def _within(address: Address, hosts: list[Address], prefix: str) -> bool:
    four, _, six = prefix.partition("//")
    length = four.strip("/") if address.version == 4 else six.strip("/")
    return any(
        address in ipaddress.ip_network(f"{host}/{length or host.max_prefixlen}", strict=False) for host in hosts
    )


def _network(kind: str, text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise SpfFault(f"'{kind}:{text[:60]}' names no network") from None
    if found.version != int(kind[2]):
        raise SpfFault(f"'{kind}:{text[:60]}' is of the other kind")
    return found


def _expanded(text: str, domain: str, address: Address, sender: str) -> str:
    """Macros filled in (RFC 7208 section 7)."""
    if "%" not in text:
        return text
    local, _, sender_domain = sender.rpartition("@")
    digits = str(address) if address.version == 4 else ".".join(address.exploded.replace(":", ""))
    values = {
        "s": sender,
        "l": local,
        "o": sender_domain,
        "d": domain,
        "i": digits,
        "p": "unknown",
        "v": "in-addr" if address.version == 4 else "ip6",
        "h": sender_domain,
    }

    def fill(match: re.Match[str]) -> str:
        letter, count, backwards, delimiters, literal = match.groups()
        if literal:
            return {"%": "%", "_": " ", "-": "%20"}[literal]
        parts = re.split(f"[{re.escape(delimiters or '.')}]", values.get(letter.lower(), ""))
        parts = parts[::-1] if backwards else parts
        return ".".join(parts[-int(count) :] if count and int(count) else parts)

    return _MACRO.sub(fill, text)
