"""Hand motion: minimum-jerk paths between key poses, with a lift on the way.

Source: T. Flash, N. Hogan, "The coordination of arm movements: an experimentally confirmed mathematical model",
Journal of Neuroscience 5(7), 1985: a reach from rest to rest follows 10 s³ − 15 s⁴ + 6 s⁵, with peak speed
1.875 × distance ÷ duration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Carry", "HandPath", "Move", "minimum_jerk"]


def minimum_jerk(share: float) -> float:
    """Fraction of the path covered at the fraction `share` of the time, both in [0, 1]; clamped outside."""
    s = min(max(share, 0.0), 1.0)
    return s * s * s * (10.0 + s * (6.0 * s - 15.0))


@dataclass(frozen=True)
class Move:
    """A move of a hand during `[start_s, end_s)` to `pose` (see `hands.POSE`); `lift_m` raises its middle."""

    start_s: float
    end_s: float
    pose: NDArray[Any]
    lift_m: float = 0.0


@dataclass
class HandPath:
    """A hand's pose at any time, from its initial pose and its moves, one after the other."""

    start: NDArray[Any]
    tremor_m: float = 0.0
    phases: NDArray[Any] = field(default_factory=lambda: np.zeros((3, 3)))
    moves: list[Move] = field(default_factory=list)

    @property
    def last(self) -> NDArray[Any]:
        """The pose after the last move."""
        return self.moves[-1].pose if self.moves else self.start

    def go(self, start_s: float, end_s: float, pose: NDArray[Any], lift_m: float = 0.0) -> None:
        """Append a move. It must not start before the one before it ends."""
        if self.moves and start_s < self.moves[-1].end_s - 1e-9:
            raise ValueError(
                f"A move starts at {start_s:.3f} s, before the last one ends at {self.moves[-1].end_s:.3f} s."
            )
        self.moves.append(Move(start_s, end_s, pose, lift_m))

    def planned(self, time_s: float) -> NDArray[Any]:
        """The pose without tremor."""
        pose = self.start
        for m in self.moves:
            if time_s < m.start_s:
                break
            if time_s >= m.end_s:
                pose = m.pose
                continue
            share = minimum_jerk((time_s - m.start_s) / (m.end_s - m.start_s))
            pose = pose + (m.pose - pose) * share
            pose[2] += m.lift_m * 16.0 * (share * (1.0 - share)) ** 2
            break
        return pose

    def at(self, time_s: float) -> NDArray[Any]:
        """The pose with tremor: physiological tremor lies at 6 to 12 Hz."""
        pose = self.planned(time_s)
        if self.tremor_m > 0:
            rates = np.array([6.3, 8.1, 10.7])
            shake = np.sin(2 * math.pi * rates * time_s + self.phases).sum(axis=1) / 1.2
            pose = pose + np.concatenate([shake * self.tremor_m, np.zeros(len(pose) - 3)])
        return pose


@dataclass(frozen=True)
class Carry:
    """An object in a hand during `[start_s, end_s)`: it makes every move that the wrist makes."""

    start_s: float
    end_s: float
    hand: int
    item: int
