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
    from engine.validation.cloning_data import CloningData
    from engine.validation.pools import Rotation
    from engine.validation.training import Trained

__all__ = [
    "PARTS",
    "Codes",
    "EncodedTrunk",
    "HeadInputs",
    "codes_of",
    "encode",
    "encoded_by",
    "encoded_rows",
    "load_codes",
    "train_rotation",
]

Codes = dict[str, "NDArray[np.float32]"]
"""The arrays of a trunk in the cache."""
PARTS = ("pixels", "state")
"""What a head sees, beside a constant."""
_CODES, _STEPS, _CHOICE = "codes", "steps", "choice"


@dataclass(frozen=True)
class HeadInputs:
    """How codes and states become what a head sees: standardised by the clips that the trunk learned from."""

    mean: Floats
    """`(CODE + 2 · STATE,)`."""
    spread: Floats

    @classmethod
    def of(cls, codes: Floats, state: Floats, counts: Flags) -> HeadInputs:
        """From the rows and hands `counts` `(n, k, 2)` of some clips."""
        seen = _side_by_side(codes, state)[counts]
        mean, spread = seen.mean(axis=0), seen.std(axis=0)
        return cls(mean, np.where(spread > 1e-6, spread, 1.0))

    def features(self, codes: Floats, state: Floats) -> Floats:
        """`(n, k, 2, d)` of codes `(n, k, CODE)` and states `(n, k, 2, STATE)`: the code, the hand's own state, the
        other hand's, and a constant."""
        standard = (_side_by_side(codes, state) - self.mean) / self.spread
        return np.concatenate([standard, np.ones((*standard.shape[:3], 1))], axis=-1)


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
    choice: int
    """Which of `training.CHOICES` the sources held out preferred."""
    reused: bool
    """Whether the trunk's codes were in the cache."""


def encode(
    data: CloningData,
    rotation: Rotation,
    seed: int,
    stored: Path,
    progress: Callable[[float], None],
    choice: int | None = None,
) -> EncodedTrunk:
    """Train a rotation's trunk and encode all clips by it, or take the codes from the cache.

    `choice`: how it is regularised, where that was chosen before; None tries all.
    """
    known = load_codes(stored)
    arrays = known or _trained_codes(data, rotation, seed, progress, choice)
    if known is None:
        save_arrays(stored, arrays)
    return encoded_by(data, rotation, arrays, reused=known is not None)


def load_codes(stored: Path) -> Codes | None:
    """What a trunk left in the cache; None where nothing is there."""
    known = load_arrays(stored)
    return known if known is not None and known.keys() >= {_CODES, _STEPS, _CHOICE} else None


def codes_of(codes: NDArray[np.float32], trained: Trained) -> Codes:
    """What a trunk leaves in the cache: `codes` `(n, k, CODE)` of all rows, and how it was trained."""
    from engine.validation.training import CHOICES

    chosen = CHOICES.index(trained.choice)
    return {_CODES: codes, _STEPS: np.array(trained.steps, np.float32), _CHOICE: np.array(chosen, np.float32)}


def encoded_by(data: CloningData, rotation: Rotation, arrays: Codes, *, reused: bool) -> EncodedTrunk:
    """All clips as the trunk of a rotation sees them."""
    own = data.of_sources(rotation.trunk) | data.of_sources(rotation.held)
    codes, state = arrays[_CODES].astype(np.float64), data.clips.state.astype(np.float64)
    inputs = HeadInputs.of(codes[own], state[own], data.moving[own])
    width = codes.shape[-1]
    pool = Pool(
        video=data.video,
        features=inputs.features(codes, state),
        target=(data.clips.target / data.scale).astype(np.float64),
        weight=clip_weights(data.moving),
    )
    return EncodedTrunk(
        pool=pool,
        parts={"pixels": np.arange(width), "state": np.arange(width, width + 2 * STATE)},
        damping=damping(data.clips.take(np.flatnonzero(own)), data.moving[own]),
        steps=int(arrays[_STEPS]),
        choice=int(arrays[_CHOICE]),
        reused=reused,
    )


def train_rotation(
    data: CloningData, rotation: Rotation, seed: int, progress: Callable[[float], None], choice: int | None = None
) -> Trained:
    """A rotation's trunk, stopped and regularised by the sources that it holds out."""
    from engine.validation.training import CHOICES, HeldOut, train_best
    from engine.validation.trunk_batches import TrainingRows

    learning, held = data.of_sources(rotation.trunk), data.of_sources(rotation.held)
    return train_best(
        TrainingRows(data.clips.take(np.flatnonzero(learning)), data.scale),
        HeldOut(data.clips.take(np.flatnonzero(held)), data.moving[held], data.scale),
        data.effort,
        CHOICES if choice is None else CHOICES[choice : choice + 1],
        seed=seed,
        on_progress=progress,
    )


def _trained_codes(
    data: CloningData, rotation: Rotation, seed: int, progress: Callable[[float], None], choice: int | None
) -> Codes:
    from engine.validation.trunk import CODE, trunk_code

    trained, clips = train_rotation(data, rotation, seed, progress, choice), data.clips
    seen = encoded_rows(data)
    codes = np.zeros((*clips.there.shape, CODE), np.float32)
    codes[seen] = trunk_code(trained.trunk, clips.frames[seen], clips.state[seen])
    return codes_of(codes, trained)


def encoded_rows(data: CloningData) -> Flags:
    """`(n, k)`: the rows whose codes are needed."""
    return np.asarray(data.clips.there & (data.moving.any(axis=2) | data.resting.any(axis=2)))


def _side_by_side(codes: Floats, state: Floats) -> Floats:
    """`(n, k, 2, CODE + 2 · STATE)`: for each hand, the code, its own state and the other's."""
    seen = np.broadcast_to(codes[:, :, None], (*state.shape[:3], codes.shape[-1]))
    return np.concatenate([seen, state, state[:, :, ::-1]], axis=-1)
