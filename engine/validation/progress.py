"""One progress number over all that a measurement does side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cancel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.video.types import CancelCheck

__all__ = ["GAINS", "NETWORKS", "SCRATCH", "Progress", "parts_of"]

NETWORKS, GAINS, SCRATCH = "training networks", "measuring gains", "training from scratch"
_PARTS = {NETWORKS: 0.5, GAINS: 0.5}
_WITH_FULL = {NETWORKS: 0.25, SCRATCH: 0.55, GAINS: 0.2}


def parts_of(*, from_scratch: bool) -> dict[str, float]:
    """The parts of a measurement in the order in which they end, each with its share of the work."""
    return dict(_WITH_FULL if from_scratch else _PARTS)


class Progress:
    """Sums up the parts of a measurement; asks at each step whether to go on.

    `on_progress(share of all, the first part that is not finished)`.
    """

    def __init__(
        self,
        trunks: int,
        on_progress: Callable[[float, str], None] | None,
        cancelled: CancelCheck | None,
        *,
        from_scratch: bool,
    ) -> None:
        self._weights = parts_of(from_scratch=from_scratch)
        self._done = {name: [0.0] * trunks for name in _WITH_FULL}
        self._on_progress, self._cancelled = on_progress, cancelled

    def trunk(self, number: int, share: float) -> None:
        """Training of one trunk has come so far. Raises `Cancelled`."""
        self._tell(NETWORKS, number, share)

    def gains(self, number: int, share: float) -> None:
        """The gains by one trunk are measured so far. Raises `Cancelled`."""
        self._tell(GAINS, number, share)

    def full(self, share: float) -> None:
        """So much of the trainings from scratch is done. Raises `Cancelled`."""
        done = self._done[SCRATCH]
        done[:] = [share] * len(done)
        self._tell(SCRATCH, 0, share)

    def check(self) -> None:
        """Raise `Cancelled` where the run is to end."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    def _tell(self, name: str, number: int, share: float) -> None:
        self.check()
        self._done[name][number] = share
        if self._on_progress is not None:
            total = sum(
                weight * sum(self._done[part]) / len(self._done[part]) for part, weight in self._weights.items()
            )
            under_way = (part for part in self._weights if min(self._done[part]) < 1.0)
            self._on_progress(total, next(under_way, GAINS))
