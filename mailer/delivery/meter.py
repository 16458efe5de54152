"""How fast it goes: messages a second over the last seconds. No clock here."""

from __future__ import annotations

from collections import deque
from typing import Final


class RateMeter:
    """Counts events in slices of half a second and forgets those older than ten."""

    SLICE_SECONDS: Final = 0.5
    SLICES: Final = 20

    def __init__(self, now_seconds: float) -> None:
        self._slices: deque[tuple[int, int]] = deque(maxlen=self.SLICES)
        self._started = now_seconds
        self.total = 0

    def count(self, now_seconds: float) -> None:
        """One message was accepted."""
        self.total += 1
        present = int(now_seconds / self.SLICE_SECONDS)
        if self._slices and self._slices[-1][0] == present:
            self._slices[-1] = (present, self._slices[-1][1] + 1)
        else:
            self._slices.append((present, 1))

    def per_second(self, now_seconds: float) -> float:
        """Messages a second over the last ten seconds, or since the start when that is less."""
        oldest = int(now_seconds / self.SLICE_SECONDS) - self.SLICES
        counted = sum(count for index, count in self._slices if index > oldest)
        span = min(max(now_seconds - self._started, 0.05), self.SLICE_SECONDS * self.SLICES)
        return counted / span
