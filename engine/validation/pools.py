"""Which source videos train the trunk, which are candidates, and which measure the loss: never one in two pools."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import TooLittleData

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.validation.settings import PoolSettings

__all__ = ["Pools", "split_sources"]


@dataclass(frozen=True)
class Pools:
    """Source videos by what they are for, each in one pool only."""

    trunk: tuple[str, ...]
    candidates: tuple[str, ...]
    validation: tuple[str, ...]

    def of(self, video_id: str) -> str:
        """`trunk`, `candidates` or `validation`; empty for a source that is in none."""
        for name in ("trunk", "candidates", "validation"):
            if video_id in getattr(self, name):
                return name
        return ""


def split_sources(actions: Mapping[str, int], clips: Mapping[str, int], settings: PoolSettings, *, seed: int) -> Pools:
    """Split the source videos into pools. `actions`: source → frames with a pseudo-action; `clips`: source → its clips.

    Each source draws a number from its own name, so a new source moves few of the others. Sources without a single
    pseudo-action can only be candidates: they teach a trunk nothing and measure no loss. Raises `TooLittleData` where
    there are too few sources to keep apart.
    """
    sources = sorted(clips, key=lambda video_id: _draw(video_id, seed))
    acting = [video_id for video_id in sources if actions.get(video_id, 0) > 0]
    if len(acting) < settings.least_sources:
        raise TooLittleData(
            f"only {len(acting)} of {len(sources)} source videos show hands that can be followed; "
            f"keeping the pools apart takes {settings.least_sources}",
            remedy="Import more videos, or lower the least number of sources in validation.yaml.",
        )
    # Validation first: it is the smallest pool, and no number is worth more than the loss it measures.
    n_validation = max(2, round(settings.validation_share * len(acting)))
    n_trunk = max(2, round(settings.trunk_share * len(acting)))
    n_trunk = min(n_trunk, len(acting) - n_validation - 2)
    validation, trunk = acting[:n_validation], acting[n_validation : n_validation + n_trunk]
    taken = {*validation, *trunk}
    rest = [video_id for video_id in sources if video_id not in taken]
    return Pools(tuple(trunk), tuple(rest), tuple(validation))


def _draw(video_id: str, seed: int) -> float:
    rng = np.random.Generator(np.random.PCG64([seed, zlib.crc32(video_id.encode()), len(video_id)]))
    return float(rng.random())
