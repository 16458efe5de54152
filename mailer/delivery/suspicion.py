"""Whether refusals that may be meant for the sender are: judged by what others answer. No clock, no database.

Law: one recipient's policy never stops a sending that others accept; a fault of the sender stops it after a few.
"""

from __future__ import annotations

from collections import deque
from typing import Final

IN_A_ROW: Final = 3
"""So many doubtful refusals, and nobody accepted a message between the first and the last of them."""
DIFFERENT_DOMAINS: Final = 3
REMEMBERED: Final = 200
"""The last so many verdicts are looked at: a fault that came up in the middle of a sending shows as well."""
SHARE: Final = 0.1


class Suspicion:
    """What servers lately said about us. An accepted message is noted without its domain."""

    def __init__(self, *, accepted_before: bool = False) -> None:
        self._accepted_before = accepted_before
        self._recent: deque[str] = deque(maxlen=REMEMBERED)  # "": accepted; else the domain that doubts
        self._in_a_row = 0
        self._doubts = 0  # among the recent
        self.accepted_here = False

    @property
    def somebody_accepted(self) -> bool:
        """A message of this issue, in this run or before."""
        return self.accepted_here or self._accepted_before

    def accepted(self) -> None:
        """Somebody's server took a message."""
        self.accepted_here = True
        self._in_a_row = 0
        if self._doubts:
            self._note("")

    def doubted(self, domain: str) -> bool:
        """Somebody's server refused, for a reason that may be ours; True when it is to be taken for ours."""
        self._in_a_row += 1
        self._note(domain)
        domains = set(self._recent) - {""}
        spread = len(domains) >= DIFFERENT_DOMAINS and self._doubts > SHARE * max(len(self._recent), 30)
        return self._in_a_row >= IN_A_ROW or spread

    def at_the_end(self) -> bool:
        """Nothing is left to try: whether the doubts are all that was heard."""
        return self._in_a_row > 0 and not self.somebody_accepted

    def _note(self, verdict: str) -> None:
        if len(self._recent) == REMEMBERED and self._recent[0]:
            self._doubts -= 1
        self._recent.append(verdict)
        self._doubts += bool(verdict)
