"""How long the form's answer takes for each kind of address, and how well the kinds can be told apart by it."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Engine

from mailer.store.database import writing
from subscribers.limits import Allowance
from subscribers.rules import SubscribeRules
from tests.builders.people import a_subscriber
from tests.support.people_site import Site

KINDS = ("new", "pending", "subscribed", "unsubscribed", "suppressed", "unusable")
PLENTY = Allowance(1_000_000, 3600)
OPEN_RULES = SubscribeRules(
    per_network=PLENTY,
    per_domain=PLENTY,
    overall=PLENTY,
    disposable_domains=frozenset({"thrown.away.example"}),
    answer_seconds=0.0,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two kinds of address, by the times of their answers."""

    one: str
    other: str
    advantage: float  # how often a guess is right beyond chance: 0 is never, 0.5 always (|AUC - 1/2|)
    p: float  # of times as different as these, or more, if both kinds took the same time (Mann-Whitney)


def address_of(kind: str, number: int) -> str:
    return f"{kind}{number:05}@" + ("thrown.away.example" if kind == "unusable" else "quay.example.org")


def put_there(engine: Engine, site: Site, numbers: range) -> None:
    """People of each kind, as long ago as their last mail may be."""
    with writing(engine) as connection:
        for number in numbers:
            for kind in ("pending", "subscribed", "unsubscribed", "suppressed"):
                a_subscriber(connection, address_of(kind, number), status=kind, now=site.clock())


def times_of_answers(site: Site, numbers: range) -> dict[str, list[float]]:
    """Seconds for each kind, asked in an order that is shuffled over all kinds."""
    client = site.client()
    posts = [(kind, number) for kind in KINDS for number in numbers]
    random.Random(7).shuffle(posts)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind, number in posts:
        fields = {"email": address_of(kind, number), "language": "en"}
        began = time.perf_counter()
        client.post("/news/subscribe", data=fields)
        times[kind].append(time.perf_counter() - began)
    return times


def compared(times: dict[str, list[float]]) -> list[Comparison]:
    """Each pair, the one that is told apart most easily first."""
    pairs = [
        Comparison(one, other, *_told_apart(times[one], times[other])) for one, other in combinations(KINDS, 2)
    ]
    return sorted(pairs, key=lambda pair: pair.p)


def spread(times: dict[str, list[float]]) -> float:
    """By which part the slowest kind's median is above the fastest's."""
    medians = [statistics.median(times[kind]) for kind in KINDS]
    return max(medians) / min(medians) - 1


def _told_apart(some: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """The advantage, and the two-sided p of the rank sum in its normal approximation (good beyond 20 values)."""
    ranked = sorted([(value, 0) for value in some] + [(value, 1) for value in others])
    ranks = sum(place for place, (_, which) in enumerate(ranked, 1) if which == 0)
    wins = ranks - len(some) * (len(some) + 1) / 2
    pairs = len(some) * len(others)
    deviation = math.sqrt(pairs * (len(some) + len(others) + 1) / 12)
    p = math.erfc(abs(wins - pairs / 2) / deviation / math.sqrt(2))
    return abs(wins / pairs - 0.5), p
