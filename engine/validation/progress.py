"""One progress number over all that a measurement does side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.cancel import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.video.types import CancelCheck

__all__ = ["Progress"]

_PARTS = {"training networks": 0.5, "measuring gains": 0.5}
_WITH_FULL = {"training networks": 0.25, "measuring gains": 0.2, "training from scratch": 0.55}


class Progress:
    """Sums up the parts of a measurement; asks at each step whether to go on."""

    def __init__(
        self, trunks: int, on_progress: Callable[[float, str], None] | None, cancelled: CancelCheck | None
    ) -> None:
        self._done = {name: [0.0] * trunks for name in _WITH_FULL}
        self._weights = _PARTS
        self._on_progress, self._cancelled = on_progress, cancelled

    def trunk(self, number: int, share: float) -> None:
        """Training of one trunk has come so far. Raises `Cancelled`."""
        self._tell("training networks", number, share)

    def gains(self, number: int, share: float) -> None:
        """The gains by one trunk are measured so far. Raises `Cancelled`."""
        self._tell("measuring gains", number, share)

    def full(self, share: float) -> None:
        """So much of the trainings from scratch is done. Raises `Cancelled`."""
        self._weights = _WITH_FULL
        done = self._done["training from scratch"]
        done[:] = [share] * len(done)
        self._tell("training from scratch", 0, share)

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
            self._on_progress(total, name)
