"""The table [subscribe] of mailer.toml: who may cause how much mail by the form, and what is kept of it."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib.util import find_spec
from typing import Final

from mailer.configuration import values
from mailer.configuration.reading import Ledger, Table
from subscribers.limits import Allowance
from subscribers.rules import KeepNetwork, SubscribeRules

_DOMAIN: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
SHORTEST_KEEP_DAYS: Final = 8  # a confirm link works for seven


def read_subscribing(table: Table | None, ledger: Ledger) -> SubscribeRules:
    """The rules; what is not said stays as it is by default."""
    table = table or Table(ledger, ("subscribe",), {})
    default = SubscribeRules()
    rules = SubscribeRules(
        per_network=table.take("per_network", _allowance, default.per_network),
        per_domain=table.take("per_domain", _allowance, default.per_domain),
        overall=table.take("overall", _allowance, default.overall),
        proof_of_work=table.take("proof_of_work", _proof, default.proof_of_work),
        keep_network=table.take("keep_network", values.one_of(KeepNetwork), default.keep_network),
        role_addresses=table.take("role_addresses", values.yes_or_no, default.role_addresses),
        disposable_domains=table.take("disposable_domains", _domains, default.disposable_domains),
        special_domains=table.take("special_domains", values.yes_or_no, default.special_domains),
        keep_pending=timedelta(
            days=table.take(
                "keep_pending_days", values.whole_number(SHORTEST_KEEP_DAYS, 366), default.keep_pending.days
            )
        ),
    )
    table.close()
    return rules


def _allowance(value: object) -> Allowance:
    rates = values.rates([value])
    return Allowance(rates[0].count, rates[0].window_seconds)


def _proof(value: object) -> bool:
    wanted = values.yes_or_no(value)
    if wanted and find_spec("altcha") is None:
        raise ValueError("needs an extra: pip install 'newsletter-mailer[captcha]'")
    return wanted


def _domains(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and _DOMAIN.fullmatch(one) for one in value):
        raise ValueError('must be a list of domains in small letters: ["example.com"]')
    return frozenset(value)
