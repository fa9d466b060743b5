"""Which frames of a clip are looked at: all, or every second one for as long as no hand is in view. Pure arithmetic.

While hands are followed, each frame needs the one before. Where none is, a look is a search of the whole frame that
depends on no other, and most footage has long stretches without hands. Every frame that is skipped lies between two
that were looked at and had no hand: the frame before a hand that appears is looked at afterwards, and so is a clip's
last.
"""

from __future__ import annotations

__all__ = ["RESTS_AFTER_S", "Resting"]

RESTS_AFTER_S = 0.5
"""How long no hand must have been seen before frames are skipped: a hand that flickers is soon found again."""


class Resting:
    """Counts the looks of one clip, and says whether its next frame may be skipped."""

    def __init__(self, rate_hz: float, *, rests: bool) -> None:
        self._looks_before = max(1, round(RESTS_AFTER_S * rate_hz))
        self._rests = rests
        self._without_hands = 0
        self._has_skipped = False

    def may_skip(self) -> bool:
        """Whether the next frame may be skipped."""
        return self._rests and self._without_hands >= self._looks_before and not self._has_skipped

    def skip(self) -> None:
        """A frame was skipped."""
        self._has_skipped = True

    def look(self, *, found: bool) -> None:
        """A frame was looked at, and hands were `found` in it or not."""
        self._without_hands = 0 if found else self._without_hands + 1
        self._has_skipped = False
