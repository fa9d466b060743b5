"""Notes which stretches of a video a decoder could not show as they were recorded.

A decoder that meets damage conceals it: it shows the frame all the same, filled in from its neighbours, and marks it.
Frames after it lean on it without a mark of their own, until a key frame that needs nobody else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.video.types import ReadStats

__all__ = ["DamageWatch"]

_ONE_STRETCH_S = 1.0


class DamageWatch:
    """Follows the frames of one file in presentation order and writes damaged stretches into its `ReadStats`."""

    def __init__(self, stats: ReadStats) -> None:
        self._stats = stats
        self._leans_on_damage = False
        self._lost_at = -math.inf

    def lost(self, at: float = -math.inf) -> None:
        """A packet (of tick `at`, where that is known) could not be read or decoded; what follows leans on it."""
        self._stats.decode_errors += 1
        self._leans_on_damage = True
        self._lost_at = max(self._lost_at, at)

    def after_seek(self) -> None:
        """Decoding begins anew at a key frame."""
        self._leans_on_damage = False
        self._lost_at = -math.inf

    def saw(self, frame: Any, at: int, t_s: float) -> None:
        """A frame came by, shown at tick `at`, which is `t_s`."""
        if frame.is_corrupt:
            self._stats.concealed_frames += 1
            self._leans_on_damage = True
        elif frame.key_frame and at >= self._lost_at:
            # why the time: with several threads, an error is known before the frames ahead of it come out
            self._leans_on_damage = False
        if self._leans_on_damage:
            self._extend(t_s)

    def misplaced(self, t_s: float) -> None:
        """A frame whose time is not after that of the one before: it can't be shown, so the video lacks it."""
        self._stats.misplaced_frames += 1
        self._extend(t_s)

    def _extend(self, t_s: float) -> None:
        stretches = self._stats.damaged_stretches
        if stretches and abs(t_s - stretches[-1][1]) <= _ONE_STRETCH_S:
            first_s, last_s = stretches[-1]
            stretches[-1] = (min(first_s, t_s), max(last_s, t_s))
        else:
            stretches.append((t_s, t_s))
