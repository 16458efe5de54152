"""What the operator settled about subscribing: how much, from where, by whom. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from subscribers.limits import Allowance

ONE_A_DAY: Final = Allowance(1, 86_400)
PER_NETWORK: Final = Allowance(60, 3_600)
PER_DOMAIN: Final = Allowance(600, 3_600)
OVERALL: Final = Allowance(6_000, 3_600)
KEEP_PENDING: Final = timedelta(days=14)  # a confirm link lives seven; whoever asks again begins anew


class KeepNetwork(StrEnum):
    """How much of a person's network address the consent record keeps."""

    WHOLE = "whole"
    SHORTENED = "shortened"  # an IPv4 network of 24 bits, an IPv6 network of 48
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SubscribeRules:
    """What the operator settled about the form. Allowances count mails that requests can cause, not requests."""

    per_address: Allowance = ONE_A_DAY  # all newsletters together
    per_network: Allowance = PER_NETWORK  # an IPv4 address, or an IPv6 network of 64 bits
    per_domain: Allowance = PER_DOMAIN  # of the addresses typed
    overall: Allowance = OVERALL
    proof_of_work: bool = False  # altcha, served by us
    keep_network: KeepNetwork = KeepNetwork.SHORTENED
    role_addresses: bool = True  # whether postmaster@ or info@ may subscribe
    disposable_domains: frozenset[str] = frozenset()  # domains (and all below them) that are not written to
    special_domains: bool = True  # whether .test, .local and the like are taken: rehearsals, networks of one's own
    keep_pending: timedelta = KEEP_PENDING
    answer_seconds: float = 0.006  # the form's answer is never given sooner, whatever was done
