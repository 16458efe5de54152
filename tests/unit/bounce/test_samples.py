"""Notices of makes and languages in the form that each has, and single replies: all are judged as labelled.

The labels were written before the reader was asked. Hard is a dead address, domain or host (RFC 3463 X.1, X.2.1);
full, late, refused by policy, or a bare "user unknown" of which nobody says what it answered, is not.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mailer.bounce.bounce import Kind
from mailer.bounce.reader import read_bounce
from tests.builders.bounces import PERSON, a_dsn

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "bounces"


def rows(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def verdict(kind: Kind) -> str:
    return "not hard" if kind in {Kind.SOFT, Kind.POLICY} else str(kind)


@pytest.mark.parametrize("row", rows("labels.csv"), ids=lambda row: row["file"])
def test_a_sample_is_judged_as_labelled(row: dict[str, str]) -> None:
    (bounce,) = read_bounce((SAMPLES / "eml" / row["file"]).read_bytes())
    assert verdict(bounce.kind) == row["verdict"], bounce
    if row["recipient"] == "*":  # a report that names its own inside: any address
        assert "@" in bounce.recipient
    elif row["recipient"]:
        assert bounce.recipient == row["recipient"]


@pytest.mark.parametrize("row", rows("replies.csv"), ids=lambda row: row["reply"][:60])
def test_a_reply_in_a_report_is_judged_as_labelled(row: dict[str, str]) -> None:
    said = f"<{PERSON}>: host mx.reader.example said: {row['reply']} (in reply to {row['command']} command)"
    (bounce,) = read_bounce(a_dsn(status=row["status"], diagnostic=f"smtp; {row['reply']}", text=said))
    assert (verdict(bounce.kind), bounce.recipient) == (row["verdict"], PERSON), bounce


def test_every_sample_has_a_label() -> None:
    assert {path.name for path in (SAMPLES / "eml").iterdir()} == {row["file"] for row in rows("labels.csv")}
