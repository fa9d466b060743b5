"""All clips as one trained trunk sees them, and what the baselines make of them; from the cache where it has it.

Training needs torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.files.cache import load_arrays, save_arrays
from engine.validation.actions import STATE
from engine.validation.baselines import damping
from engine.validation.estimator import Pool, clip_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.validation.cloning import CloningSet
    from engine.validation.pools import Rotation
    from engine.validation.settings import EffortSettings, ValidationSettings

__all__ = ["PARTS", "CloningData", "EncodedTrunk", "encode"]

PARTS = ("pixels", "state")
"""What a head sees, beside a constant."""
_CODES, _STEPS = "codes", "steps"


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


@dataclass(frozen=True, kw_only=True)
class EncodedTrunk:
    """The clips as one trunk's heads see them."""

    pool: Pool
    parts: dict[str, Rows]
    """Part of `PARTS` → its features' places."""
    damping: Floats
    """`(HORIZON,)`: how much of its velocity a hand keeps, as the trunk's own sources have it."""
    steps: int
    """After how many steps training stopped."""
    reused: bool
    """Whether the trunk's codes were in the cache."""


def encode(
    data: CloningData, rotation: Rotation, seed: int, stored: Path, progress: Callable[[float], None]
) -> EncodedTrunk:
    """Train a rotation's trunk and encode all clips by it, or take the codes from the cache."""
    known = load_arrays(stored)
    reused = known is not None and known.keys() >= {_CODES, _STEPS}
    arrays = known if known is not None and reused else _trained_codes(data, rotation, seed, progress)
    if not reused:
        save_arrays(stored, arrays)
    own = data.of_sources(rotation.trunk) | data.of_sources(rotation.held)
    features, parts = _features(data, arrays[_CODES], own)
    pool = Pool(
        video=data.video,
        features=features,
        target=(data.clips.target / data.scale).astype(np.float64),
        weight=clip_weights(data.moving),
    )
    return EncodedTrunk(
        pool=pool,
        parts=parts,
        damping=damping(data.clips.take(np.flatnonzero(own)), data.moving[own]),
        steps=int(arrays[_STEPS]),
        reused=reused,
    )


def _trained_codes(
    data: CloningData, rotation: Rotation, seed: int, progress: Callable[[float], None]
) -> dict[str, NDArray[np.float32]]:
    from engine.validation.training import CHOICES, HeldOut, train_best
    from engine.validation.trunk import CODE, trunk_code
    from engine.validation.trunk_batches import TrainingRows

    clips, learning, held = data.clips, data.of_sources(rotation.trunk), data.of_sources(rotation.held)
    trained = train_best(
        TrainingRows(clips.take(np.flatnonzero(learning)), data.scale),
        HeldOut(clips.take(np.flatnonzero(held)), data.moving[held], data.scale),
        data.effort,
        CHOICES,
        seed=seed,
        on_progress=progress,
    )
    seen = clips.there & (data.moving.any(axis=2) | data.resting.any(axis=2))
    codes = np.zeros((*clips.there.shape, CODE), np.float32)
    codes[seen] = trunk_code(trained.trunk, clips.frames[seen], clips.state[seen])
    return {_CODES: codes, _STEPS: np.array(trained.steps, np.float32)}


def _features(data: CloningData, codes: NDArray[np.float32], own: Flags) -> tuple[Floats, dict[str, Rows]]:
    """`(n, k, 2, d)`: a hand's head sees the code, the hand's own state, the other's, and a constant.

    Codes and states are standardised by the trunk's `own` clips.
    """
    state = data.clips.state
    mirrored = np.concatenate([state, state[:, :, ::-1]], axis=-1)
    both = np.concatenate([np.broadcast_to(codes[:, :, None], (*state.shape[:3], codes.shape[-1])), mirrored], axis=-1)
    counted = data.moving[own]
    seen = both[own][counted]
    mean, spread = seen.mean(axis=0), seen.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)
    standard = ((both - mean) / spread).astype(np.float64)
    features = np.concatenate([standard, np.ones((*standard.shape[:3], 1))], axis=-1)
    width = codes.shape[-1]
    return features, {"pixels": np.arange(width), "state": np.arange(width, width + 2 * STATE)}
