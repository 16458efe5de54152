"""Charging the form's buckets in the database, so that an allowance holds over all web processes together."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Connection, TextClause, delete, text

from subscribers.limits import MICROSECONDS, Allowance, Bucket, pour
from subscribers.tables import BucketRow

Hash = Callable[[str], str]
IPV6_NETWORK_BITS: Final = 64  # what one household or one server is given


def buckets_for(
    hashed: Hash,
    *,
    network: tuple[str, Allowance],
    domain: tuple[str, Allowance],
    overall: Allowance,
    address: tuple[str, Allowance],
) -> list[Bucket]:
    """The buckets of one request, in the order in which they are asked. Names of people and places are hashed."""
    network_name, per_network = network
    domain_name, per_domain = domain
    address_key, per_address = address
    return [
        _shared(f"network:{hashed(network_of(network_name))}", per_network),
        _shared(f"domain:{domain_name[:200]}", per_domain),
        _shared("overall", overall),
        Bucket(f"address:{hashed(address_key)}", per_address),
    ]


def _shared(name: str, allowance: Allowance) -> Bucket:
    """One of the shares of an allowance that many processes ask at once. Any will do: the choice is no secret."""
    chosen = random.randrange(allowance.shares)  # noqa: S311
    return Bucket(f"{name}/{chosen}", allowance.share())


def network_of(address: str) -> str:
    """The network that counts as one: an IPv4 address, or 64 bits of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))
    return str(found)


def microseconds(now: datetime) -> int:
    """A time as buckets know it: since 1970."""
    return int(now.timestamp() * MICROSECONDS)


def charge(connection: Connection, buckets: Sequence[Bucket], now: datetime) -> bool:
    """Whether one more passes all buckets. Their rows are locked until the transaction ends."""
    scopes = sorted(bucket.scope for bucket in buckets)  # in one order, so that no two transactions wait in a ring
    touch, fill = _statements(len(scopes))
    names = {f"scope{index}": scope for index, scope in enumerate(scopes)}
    there: dict[str, int] = {row.scope: row.full_until for row in connection.execute(touch, names)}
    passed, after = pour(buckets, there, microseconds(now))
    connection.execute(fill, names | {f"until{index}": after[scope] for index, scope in enumerate(scopes)})
    return passed


@cache
def _statements(count: int) -> tuple[TextClause, TextClause]:
    """Lock so many rows and read them; write them. As text: lists of values would be compiled for each request."""
    touch = ", ".join(f"(:scope{index}, 0)" for index in range(count))
    fill = ", ".join(f"(:scope{index}, :until{index})" for index in range(count))
    begin = "INSERT INTO bucket (scope, full_until) VALUES"
    then = "ON CONFLICT (scope) DO UPDATE SET full_until ="
    return (
        text(f"{begin} {touch} {then} bucket.full_until RETURNING scope, full_until"),
        text(f"{begin} {fill} {then} excluded.full_until"),
    )


def forget_empty(connection: Connection, now: datetime) -> int:
    """Remove buckets that are empty by now; how many."""
    return int(connection.execute(delete(BucketRow).where(BucketRow.full_until < microseconds(now))).rowcount)
