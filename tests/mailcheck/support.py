"""Which mail clients lack what: caniemail's data, and the written list of what we accept and why."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

FAMILIES: Final = ("gmail", "outlook", "apple-mail", "yahoo", "thunderbird", "samsung-email", "gmx", "web-de")
RETIRED: Final = frozenset({"outlook/windows-mail"})  # gone from Windows since the end of 2024
ACCEPTED_FILE: Final = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True, slots=True)
class Lack:
    """A client that does not support a feature; ``client`` is "family/platform"."""

    feature: str
    client: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """Features that clients may lack, with the reason why the mail is good without them."""

    features: tuple[str, ...]
    clients: tuple[str, ...]
    reason: str

    def covers(self, lack: Lack) -> bool:
        return lack.feature in self.features and any(fnmatch(lack.client, client) for client in self.clients)


def read_accepted(path: Path = ACCEPTED_FILE) -> tuple[Accepted, ...]:
    """The written list. Raises ValueError for an entry without a reason."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["accept"]
    if not all(len(entry["reason"]) > 20 for entry in entries):
        raise ValueError(f"{path}: each entry needs a reason")
    return tuple(Accepted(tuple(e["features"]), tuple(e["clients"]), e["reason"]) for e in entries)


def read_data(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """caniemail's features by their slug."""
    return {entry["slug"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["data"]}


def lacks(slug: str, data: Mapping[str, Mapping[str, Any]]) -> Iterator[Lack]:
    """Clients of ours whose newest tested version has no support at all; partial support counts as support."""
    for family in FAMILIES:
        for platform, versions in data.get(slug, {}).get("stats", {}).get(family, {}).items():
            client = f"{family}/{platform}"
            newest = list(versions.values())[-1] if versions else ""
            if newest.startswith("n") and client not in RETIRED:
                yield Lack(slug, client)
