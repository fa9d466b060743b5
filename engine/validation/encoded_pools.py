"""The pools of clips as a trained trunk sees them: codes of their frames, from the cache where it has them.

Training needs torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.files.cache import load_arrays, save_arrays
from engine.validation.estimator import Pool, huber
from engine.validation.measured import Skill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Flags
    from engine.validation.cloning import CloningSet
    from engine.validation.settings import EffortSettings, ValidationSettings

__all__ = ["EncodedPools", "PoolFrames", "encode_pools"]


@dataclass(frozen=True, kw_only=True)
class PoolFrames:
    """Frames and pseudo-actions of the clips of each pool, and the settings that they are read under."""

    trunk: CloningSet
    candidates: CloningSet
    validation: CloningSet
    scale: NDArray[np.float32]
    """`(OUTPUTS,)`: what actions are divided by."""
    settings: ValidationSettings
    effort: EffortSettings

    @property
    def sure(self) -> Flags:
        """The frames of the validation pool whose actions are certain enough to count."""
        return self.validation.sure(self.settings.cloning.least_confidence)


@dataclass(frozen=True)
class EncodedPools:
    """The pools as one trunk sees them."""

    pool: Pool
    """The candidates."""
    validation: Pool
    skill: Skill
    reused: bool
    """Whether the trunk's codes were in the cache."""


def encode_pools(sets: PoolFrames, seed: int, stored: Path, progress: Callable[[float], None]) -> EncodedPools:
    """Train one trunk, or take it from the cache."""
    reused = stored.is_file()
    codes, actions = _codes(sets, seed, stored, progress)
    pool = _pool(sets.candidates, codes["candidates"], sets.candidates.valid, sets.scale)
    validation = _pool(sets.validation, codes["validation"], sets.sure, sets.scale)
    return EncodedPools(pool, validation, _skill(sets, actions), reused)


def _codes(
    sets: PoolFrames, seed: int, stored: Path, progress: Callable[[float], None]
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    known = load_arrays(stored)
    if known is not None and known.keys() >= {"candidates", "validation", "actions"}:
        return {"candidates": known["candidates"], "validation": known["validation"]}, known["actions"]
    from engine.validation.trunk import train_trunk, trunk_code

    trunk = train_trunk(
        sets.trunk, sets.scale, sets.effort, steps=sets.effort.trunk_steps, seed=seed, on_progress=progress
    )
    seen, _ = trunk_code(trunk, sets.trunk.frames[:, ::2])
    flat = seen.reshape(-1, seen.shape[-1])
    mean, spread = flat.mean(axis=0), flat.std(axis=0) + 1e-6
    candidates, _ = trunk_code(trunk, sets.candidates.frames)
    validation, actions = trunk_code(trunk, sets.validation.frames)
    codes = {"candidates": (candidates - mean) / spread, "validation": (validation - mean) / spread}
    save_arrays(stored, {"actions": actions, **codes})
    return codes, actions


def _pool(data: CloningSet, codes: NDArray[np.float32], valid: Flags, scale: NDArray[np.float32]) -> Pool:
    constant = np.ones((*codes.shape[:2], 1))
    features = np.concatenate([codes.astype(np.float64), constant], axis=-1)
    return Pool(
        clip_ids=data.clip_ids,
        video_ids=data.video_ids,
        features=features,
        target=(data.target / scale).astype(np.float64),
        valid=valid,
    )


def _skill(sets: PoolFrames, actions: NDArray[np.float32]) -> Skill:
    sure, target = sets.sure, sets.validation.target / sets.scale
    losses = [
        float(huber((guess - target)[sure].astype(np.float64)).mean())
        for guess in (actions, np.zeros_like(target), sets.validation.velocity / sets.scale)
    ]
    return Skill(*losses)
