"""What the pages for people are given: the database, keys, a clock, the newsletters and the operator's rules.

Contract with the app: a view reads ``flask.g.language`` and sets ``flask.g.newsletter``; its template extends
``web/page.html``; nothing here knows how the app is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Engine

from subscribers.limits import Allowance
from subscribers.tokens import TokenKeys

ONE_A_DAY: Final = Allowance(1, 86_400)
PER_NETWORK: Final = Allowance(60, 3_600)
PER_DOMAIN: Final = Allowance(600, 3_600)
OVERALL: Final = Allowance(6_000, 3_600)


@dataclass(frozen=True, slots=True)
class Publication:
    """A newsletter as the pages for people know it."""

    key: str  # first part of its addresses
    name: str
    languages: tuple[str, ...]  # lower-case BCP 47; the first is the fallback
    base_url: str  # "https://news.example.org", without a trailing slash


@dataclass(frozen=True, slots=True)
class SubscribeRules:
    """What the operator settled about the form."""

    per_address: Allowance = ONE_A_DAY  # mails that strangers can cause, all newsletters together
    per_network: Allowance = PER_NETWORK  # an IPv4 address, or an IPv6 network of 64 bits
    per_domain: Allowance = PER_DOMAIN  # of the addresses typed
    overall: Allowance = OVERALL
    proof_of_work: bool = False  # altcha, served by us
    network_addresses: str = "shortened"  # in the consent record: "whole", "shortened" or "none"
    role_addresses: bool = True  # whether postmaster@ or info@ may subscribe
    disposable_domains: frozenset[str] = frozenset()  # domains whose addresses are not written to
    special_domains: bool = False  # whether .test, .local and the like are taken (rehearsals, own networks)
    answer_seconds: float = 0.006  # the form's answer is never given sooner, whatever was done


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the pages need of the installation."""

    engine: Engine  # SQLite's write transactions begin at once (BEGIN IMMEDIATE)
    newsletters: Mapping[str, Publication]
    keys: TokenKeys
    now: Callable[[], datetime]  # aware, UTC
    rules: SubscribeRules = field(default_factory=SubscribeRules)
