"""Records which stretches of a video could not be decoded as they were recorded.

A decoder that meets damage conceals it: it outputs the frame, filled in from its neighbours, and flags it.
Frames after it are predicted from it without a flag of their own, until the next key frame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.video.types import ReadStats

__all__ = ["DamageTracker"]

_ONE_STRETCH_S = 1.0


class DamageTracker:
    """Follows the frames of one file in presentation order and adds damaged stretches to its `ReadStats`."""

    def __init__(self, stats: ReadStats) -> None:
        self._stats = stats
        self._depends_on_damage = False
        self._lost_at = -math.inf

    def add_lost_packet(self, at: float = -math.inf) -> None:
        """A packet (of tick `at`, where known) could not be read or decoded; the frames after it depend on it."""
        self._stats.decode_errors += 1
        self._depends_on_damage = True
        self._lost_at = max(self._lost_at, at)

    def after_seek(self) -> None:
        """Decoding restarts at a key frame."""
        self._depends_on_damage = False
        self._lost_at = -math.inf

    def add_frame(self, frame: Any, at: int, t_s: float) -> None:
        """A frame was decoded, shown at tick `at`, which is `t_s`."""
        if frame.is_corrupt:
            self._stats.concealed_frames += 1
            self._depends_on_damage = True
        elif frame.key_frame and at >= self._lost_at:
            # By time: with several threads, an error is known before the frames ahead of it are output.
            self._depends_on_damage = False
        if self._depends_on_damage:
            self._extend(t_s)

    def add_misplaced_frame(self, t_s: float) -> None:
        """A frame was dropped because its time is not after that of the previous one."""
        self._stats.misplaced_frames += 1
        self._extend(t_s)

    def _extend(self, t_s: float) -> None:
        stretches = self._stats.damaged_stretches
        if stretches and abs(t_s - stretches[-1][1]) <= _ONE_STRETCH_S:
            first_s, last_s = stretches[-1]
            stretches[-1] = (min(first_s, t_s), max(last_s, t_s))
        else:
            stretches.append((t_s, t_s))
