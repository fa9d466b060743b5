"""Which source videos train a trunk, and which are candidates or measure the loss: never one for two of these at once.

Pools are cross-fitted: the third of the sources that trains a trunk rotates, and the others are halved again and again
into candidates and validation. So every clip gets a gain, and every video measures (the idea of cross-fitting:
V. Chernozhukov et al., "Double/debiased machine learning", 2018).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import TooLittleData

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Flags
    from engine.validation.cloning import CloningClip
    from engine.validation.settings import PoolSettings

__all__ = ["HELD_SHARE", "Rotation", "enough_sources", "halves", "rotations"]

HELD_SHARE = 0.25
"""Share of a trunk's sources that tell when its training stops."""
_FEWEST_MEASURING = 1
"""Sources that must be able to measure in each half."""


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """One way to share out the source videos. No source is in two of the three."""

    trunk: tuple[str, ...]
    """Sources that a trunk learns from."""
    held: tuple[str, ...]
    """Sources that tell when to stop learning, and how much to regularise."""
    others: tuple[str, ...]
    """Sources whose clips are candidates and measure the loss, by turns."""


def rotations(
    moving: Mapping[str, int], clips: Mapping[str, int], settings: PoolSettings, *, seed: int
) -> tuple[Rotation, ...]:
    """Share out the sources, once for each rotation of the trunk's part.

    `moving`: source → its rows in motion; `clips`: source → its clips. Each source draws a number from its own name, so
    that a new source moves few of the others. Sources without a row in motion teach and measure nothing, and are in no
    pool. Raises `TooLittleData` where there are too few sources to keep apart.
    """
    sources = sorted((v for v in clips if moving.get(v, 0) > 0), key=lambda video_id: _draw(video_id, seed))
    _enough(len(sources), len(clips), settings)
    found = []
    for turn in range(settings.rotations):
        mine = sources[turn :: settings.rotations]
        n_held = max(1, round(HELD_SHARE * len(mine)))
        others = tuple(video_id for place, video_id in enumerate(sources) if place % settings.rotations != turn)
        found.append(Rotation(trunk=tuple(mine[n_held:]), held=tuple(mine[:n_held]), others=others))
    return tuple(found)


def enough_sources(clips: Sequence[CloningClip], settings: PoolSettings) -> None:
    """Raise `TooLittleData` where too few sources have a pseudo-action: that is known before frames are read."""
    sources = {clip.video_id for clip in clips}
    acting = {clip.video_id for clip in clips if clip.actions.valid.any()}
    _enough(len(acting), len(sources), settings)


def _enough(found: int, of: int, settings: PoolSettings) -> None:
    if found < settings.least_sources:
        raise TooLittleData(
            f"only {found} of {of} source videos show hands that can be followed and that move; "
            f"keeping the pools apart takes {settings.least_sources}",
            remedy="Import more videos, or lower the least number of sources in validation.yaml.",
        )


def halves(others: Sequence[str], measuring: Flags, number: int, *, seed: int) -> list[Flags]:
    """`number` random halves of the sources `others`: `(len(others),) bool` each, true for the first half.

    `measuring` `(len(others),)` marks the sources that may measure the loss. Each half has about half of these and
    about half of the rest, so that both can serve as validation. Raises `TooLittleData` where a half would have
    none that measures.
    """
    if int(np.sum(measuring)) < 2 * _FEWEST_MEASURING:
        raise TooLittleData(
            f"only {int(np.sum(measuring))} source videos can measure the loss, and it takes {2 * _FEWEST_MEASURING}",
            remedy="Choose a wider target, or import more videos in which hands move.",
        )
    rng = np.random.Generator(np.random.PCG64([seed, 51]))
    found = []
    for _ in range(number):
        first = np.zeros(len(others), bool)
        for group in (np.flatnonzero(measuring), np.flatnonzero(~np.asarray(measuring, bool))):
            # The odd one out goes either way.
            size = (len(group) + int(rng.integers(2))) // 2
            first[rng.permutation(group)[:size]] = True
        found.append(first)
    return found


def _draw(video_id: str, seed: int) -> float:
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(video_id.encode()), len(video_id)]))
    return float(rng.random())
