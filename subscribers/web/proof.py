"""Proof of work that keeps robots away: altcha's challenge, served and checked by ourselves. Off by default.

Laws: a solution counts once, and for a few minutes; nobody else's server is asked.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from subscribers import allowing
from subscribers.limits import Allowance, Bucket
from subscribers.tokens import TokenKeys

HARDEST: Final = 60_000  # hashes at most: a fifth of a second on a desktop, a second or two on an old phone
VALID_FOR: Final = timedelta(minutes=20)  # somebody may take their time to type an address
LONGEST: Final = 4_000
_ONCE: Final = Allowance(1, int(VALID_FOR.total_seconds()) * 2)


class Proof:
    """Makes challenges and checks solutions. Needs the extra ``captcha``; its import fails where it is missing."""

    def __init__(self, keys: TokenKeys) -> None:
        self._secret = keys.address_hash("proof of work")

    def challenge(self, now: datetime) -> dict[str, Any]:
        """As altcha's widgets and our script want it."""
        from altcha import v1

        made = v1.create_challenge(
            v1.ChallengeOptions(
                algorithm="SHA-256", max_number=HARDEST, hmac_key=self._secret, expires=now + VALID_FOR
            )
        )
        content: dict[str, Any] = made.to_dict()
        return content

    def holds(self, connection: Connection, solution: str, now: datetime) -> bool:
        """Whether the field ``altcha`` holds a solution of ours, for the first time."""
        from altcha import v1

        if not solution or len(solution) > LONGEST:
            return False
        try:
            right, _why = v1.verify_solution(solution, self._secret, check_expires=True)
            solved = str(json.loads(base64.b64decode(solution))["challenge"])
        except (ValueError, KeyError, TypeError, AttributeError):  # hostile base64, JSON of another shape
            return False
        # The challenge and not the text counts once: the same solution can be written in many ways.
        used = Bucket(f"proof:{hashlib.sha256(solved.encode()).hexdigest()}", _ONCE)
        return bool(right) and allowing.charge(connection, [used], now)
