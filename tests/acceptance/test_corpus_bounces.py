"""Real bounces with labels beside the checkout: how many are recognised, and how many are judged as labelled.

A third of the files, drawn once, was not looked at while the readers were written; both shares are measured.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mailer.bounce.bounce import Bounce, Kind
from mailer.bounce.reader import read_bounce

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "bounces"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of bounces is not beside the checkout"),
]
EXPECTED_KIND = {
    "feedback": Kind.COMPLAINT,
    "vacation": Kind.AUTO_REPLY,
    "not-a-bounce": Kind.UNRECOGNISED,
    "delivered": Kind.SUCCESS,
}


@dataclass
class Tally:
    """Counts over one share of the files."""

    bounces: int = 0
    recognised: int = 0
    judged: int = 0
    rows: int = 0
    addressed: int = 0
    missed: list[str] = field(default_factory=list)


def labels() -> dict[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (CORPUS / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["file"]].append(row)
    return rows


def held_out() -> frozenset[str]:
    names = sorted(path.name for path in (CORPUS / "eml").iterdir())
    return frozenset(random.Random(20240607).sample(names, len(names) // 3))


def read(name: str) -> list[Bounce]:
    return read_bounce((CORPUS / "eml" / name).read_bytes())


def tally(*, of_held_out: bool) -> Tally:
    held = held_out()
    counts = Tally()
    for name, rows in labels().items():
        if (name in held) is not of_held_out or rows[0]["reason"] in EXPECTED_KIND:
            continue
        bounces = read(name)
        counts.bounces += 1
        counts.recognised += bounces[0].is_bounce
        for row, bounce in zip(rows, [*bounces, *[None] * len(rows)], strict=False):
            counts.rows += 1
            is_hard = bounce is not None and bounce.kind is Kind.HARD
            right = is_hard == (row["hard_bounce"] == "true")
            counts.judged += right
            counts.addressed += bounce is not None and "@" in bounce.recipient
            if not right:
                counts.missed.append(f"{name} {row['reason']}")
    return counts


@pytest.mark.parametrize("of_held_out", [False, True])
def test_bounces_are_recognised_and_judged_as_labelled(of_held_out: bool) -> None:
    counts = tally(of_held_out=of_held_out)
    assert counts.recognised >= 0.97 * counts.bounces
    assert counts.addressed >= 0.97 * counts.rows
    assert counts.judged >= (0.90 if of_held_out else 0.92) * counts.rows, counts.missed


def test_both_shares_together_reach_the_promise() -> None:
    seen, unseen = tally(of_held_out=False), tally(of_held_out=True)
    assert seen.judged + unseen.judged >= 0.92 * (seen.rows + unseen.rows), seen.missed + unseen.missed


@pytest.mark.parametrize(("reason", "kind"), EXPECTED_KIND.items())
def test_what_is_no_bounce_gets_its_own_kind(reason: str, kind: Kind) -> None:
    names = [name for name, rows in labels().items() if rows[0]["reason"] == reason]
    assert names
    assert {name: {bounce.kind for bounce in read(name)} for name in names} == {name: {kind} for name in names}


def test_a_recipient_is_an_address_that_the_mail_names() -> None:
    for name, rows in labels().items():
        if rows[0]["reason"] in EXPECTED_KIND:
            continue
        raw = (CORPUS / "eml" / name).read_bytes().replace(b"=\n", b"").replace(b"=\r\n", b"").lower()
        for bounce in read_bounce(raw):
            assert not bounce.recipient or bounce.recipient.lower().encode() in raw, name
