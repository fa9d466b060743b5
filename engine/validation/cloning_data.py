"""Makes the data of a measurement from clips and their frames: which rows are in motion, and which measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import TooLittleData
from engine.validation.cloning import gather, robust_scale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Flags, Rows
    from engine.validation.cloning import CloningClip, CloningSet
    from engine.validation.settings import EffortSettings, ValidationSettings

__all__ = ["NO_MOTION", "UNREADABLE", "CloningData", "cloning_data", "moving_rows"]

NO_MOTION = "No hand is followed while it moves, so it has no gain."
UNREADABLE = "Its frames could not be read."


@dataclass(frozen=True, kw_only=True)
class CloningData:
    """All clips that behaviour cloning can learn from, and which of their rows count for what."""

    clips: CloningSet
    video_ids: tuple[str, ...]
    """The source videos, by the numbers in `video`."""
    video: Rows
    """`(n,)`: the source of each clip."""
    scale: NDArray[np.float32]
    """`(OUTPUTS,)`: what actions are divided by."""
    moving: Flags
    """`(n, k, 2)`: rows in motion: what heads learn from."""
    measured: Flags
    """`(n, k, 2)`: rows in motion whose hand was seen surely, of clips that may measure the loss."""
    resting: Flags
    """`(n, k, 2)`: rows at rest, seen surely; reported apart."""
    settings: ValidationSettings
    effort: EffortSettings

    def of_sources(self, names: tuple[str, ...]) -> Flags:
        """`(n,)`: the clips of these sources."""
        wanted = {name: number for number, name in enumerate(self.video_ids)}
        return np.isin(self.video, [wanted[name] for name in names if name in wanted])


def cloning_data(
    clips: Sequence[CloningClip],
    frames: Mapping[str, NDArray[np.uint8]],
    settings: ValidationSettings,
    effort: EffortSettings,
    target: frozenset[str] | None = None,
) -> CloningData:
    """Gather the clips that have pixels; only clips of `target`, where there is one, measure the loss.

    Raises `TooLittleData` where hands move in too few clips.
    """
    data = gather(clips, frames, settings.cloning)
    if not len(data):
        raise TooLittleData(
            "the frames of no clip could be read", remedy="Check on the Videos page that the files exist."
        )
    scale = robust_scale(data, settings.cloning.least_confidence)
    moving = data.moving(scale, settings.cloning.least_motion)
    counted = int(moving.any(axis=(1, 2)).sum())
    if counted < settings.pools.least_clips:
        raise TooLittleData(
            f"hands move in {counted} clips, and it takes {settings.pools.least_clips}",
            remedy="Import more videos in which hands can be followed, or lower the least number in validation.yaml.",
        )
    sure = data.sure(settings.cloning.least_confidence)
    measured = moving & sure
    if target is not None:
        measured &= np.array([clip_id in target for clip_id in data.clip_ids])[:, None, None]
    names = tuple(dict.fromkeys(data.video_ids))
    number = {name: i for i, name in enumerate(names)}
    return CloningData(
        clips=data,
        video_ids=names,
        video=np.array([number[name] for name in data.video_ids], np.intp),
        scale=scale,
        moving=moving,
        measured=measured,
        resting=sure & ~moving,
        settings=settings,
        effort=effort,
    )


def moving_rows(data: CloningData) -> dict[str, int]:
    """Source → its rows in motion."""
    rows = np.bincount(data.video, weights=data.moving.any(axis=2).sum(axis=1), minlength=len(data.video_ids))
    return {name: int(count) for name, count in zip(data.video_ids, rows, strict=True)}
