"""Key poses of a hand: at rest, out of view, round an object, flat on the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.sample import hands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.sample.items import Item

__all__ = ["FLAT_REACH_M", "away", "flat", "grasp", "opened", "rest", "usual_yaw"]

FLAT_REACH_M: Final = 0.105
"""From the wrist of a flat hand to the middle of what lies under it, in metres."""


def rest(side: int, rng: np.random.Generator) -> NDArray[Any]:
    """A hand that rests on the table before the wearer."""
    x, y = side * (0.150 + rng.normal(0, 0.010)), 0.105 + rng.normal(0, 0.010)
    return hands.pose(
        (x, y, 0.035),
        yaw=0.12 + 0.06 * rng.normal(),
        pitch=0.04,
        curl=0.12 + 0.05 * rng.random(),
        pinch=0.2,
        spread=0.45,
    )


def away(side: int) -> NDArray[Any]:
    """A hand out of view, below the picture."""
    return hands.pose((side * 0.30, -0.42, 0.03), yaw=0.05, curl=0.2)


def usual_yaw(side: int, spot: NDArray[Any]) -> float:
    """How far the fingers point inwards at a spot, in radians: the more, the nearer to the middle or beyond it."""
    return 0.30 - 1.5 * side * float(spot[0])


def grasp(
    thing: Item,
    spot: NDArray[Any],
    side: int,
    palm_length_m: float,
    *,
    closed: bool,
    turn: float = 0.0,
    height: float | None = None,
) -> NDArray[Any]:
    """The pose that holds (or is about to hold) a thing whose base stands at `spot`, (3,) in metres.

    `turn` adds to the yaw, in radians; the grip stays where it is. `height` is that of the grip as a share of the
    thing's height; by default it is the thing's own.
    """
    grip_m = thing.grip_height_m if height is None else height * thing.height_m
    grip = spot + np.array([0.0, 0.0, grip_m])
    yaw = usual_yaw(side, spot) + turn
    wide = min(max(thing.grip_radius_m / 0.045, 0.35), 1.1)
    shut = (0.42 - 0.20 * wide, 0.72 - 0.42 * wide)
    curl, pinch = shut if closed else (0.08, 0.08)
    guess = hands.pose((0, 0, 0), yaw=yaw, pitch=-0.02, roll=0.12, curl=curl, pinch=pinch, spread=0.35)
    closed_guess = guess.copy()
    closed_guess[6:8] = shut
    guess[:3] = grip - hands.grip_point(hands.landmarks(closed_guess, side, palm_length_m))
    guess[2] = max(guess[2], 0.045)
    if not closed:
        guess[2] += 0.012
    return guess


def opened(pose: NDArray[Any]) -> NDArray[Any]:
    """The same pose with the fingers open and a little higher: it has let go."""
    out = pose.copy()
    out[6:8] = 0.10
    out[2] += 0.015
    return out


def flat(spot: NDArray[Any], side: int, yaw: float = 0.15) -> NDArray[Any]:
    """A flat hand on the table with its fingers over `spot`, (2,) or (3,) in metres."""
    out = hands.pose((0, 0, 0.028), yaw=yaw, pitch=0.0, roll=0.0, curl=0.08, pinch=0.15, spread=0.35)
    out[:2] = np.asarray(spot)[:2] - hands.axes(out, side)[1][:2] * FLAT_REACH_M
    return out
