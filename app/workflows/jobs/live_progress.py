"""Live progress of a running job (rate, time left, current items), known only to the process that runs it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

__all__ = ["LiveProgress", "RateMeter"]


@dataclass(frozen=True, kw_only=True)
class LiveProgress:
    """Live progress of a running job."""

    fraction: float
    """Share of the work done, current items counted in part."""
    rate_per_s: float | None
    eta_s: float | None
    current: tuple[str, ...]
    note: str
    rss_bytes: int


class RateMeter:
    """Measures items per second over about the last minute."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=120)

    def rate(self, amount: float) -> float | None:
        """The rate, now that `amount` is done; None until it is known."""
        now = time.monotonic()
        if not self._seen or now - self._seen[-1][0] >= 0.5:
            self._seen.append((now, amount))
        then, before = self._seen[0]
        return (amount - before) / (now - then) if now - then >= 1.0 and amount > before else None
