"""Random batches for the behaviour-cloning network: rows with other brightness and tint, some mirrored. Needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.validation.actions import GRIP, OUTPUTS, STATE, STATE_OFFSETS
from engine.validation.hand_series import HANDS
from engine.validation.trunk import Batch, as_pixels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.arrays import Flags, Rows
    from engine.validation.cloning import CloningSet

__all__ = ["TURNS", "Draw", "RowChance", "TrainingRows"]

_ACROSS = (STATE_OFFSETS["place"], *range(STATE_OFFSETS["way"], STATE_OFFSETS["way_known"], 2))
"""Numbers of the state that change sign in the mirror."""


@dataclass(frozen=True)
class Turns:
    """−1 for each number that changes its sign in the mirror, 1 for the others."""

    target: NDArray[np.float32]
    """`(OUTPUTS,)`."""
    state: NDArray[np.float32]
    """`(STATE,)`."""
    palm: NDArray[np.float32]
    """`(2,)`."""


def _signs(size: int, turned: Iterable[int]) -> NDArray[np.float32]:
    signs = np.ones(size, np.float32)
    signs[list(turned)] = -1
    return signs


TURNS = Turns(_signs(OUTPUTS, range(0, GRIP, 2)), _signs(STATE, _ACROSS), _signs(2, [0]))


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Which rows a training step learns from, and how each is disguised; `b` rows."""

    picked: Rows
    """`(b,)`: rows among all rows of the clips, clip after clip."""
    mirrored: Flags
    """`(b,)`."""
    gain: NDArray[np.float32]
    """`(b, 3)`: what each colour is multiplied by."""
    shift: NDArray[np.float32]
    """`(b,)`: what is added to all of them."""


class RowChance:
    """Draws rows of some clips: every clip equally often, and of its rows those with hands."""

    def __init__(self, present: Flags, there: Flags) -> None:
        """`present` `(n, k, 2)`, `there` `(n, k)`."""
        with_hands = present.any(axis=2) & there
        shares = with_hands / np.maximum(with_hands.sum(axis=1, keepdims=True), 1)
        self._rows = np.flatnonzero(with_hands.ravel())
        ends = (shares.ravel()[self._rows] / max(1e-9, float(shares.sum()))).cumsum()
        self._ends = ends / ends[-1:]

    def __len__(self) -> int:
        return len(self._rows)

    def draw(self, rng: np.random.Generator, size: int) -> Draw:
        """`size` random rows. There must be some."""
        # As `Generator.choice` does it, which would add up the shares again for every batch.
        picked = self._rows[self._ends.searchsorted(rng.random(size), side="right")]
        mirrored = rng.random(size) < 0.5
        gain = rng.uniform(0.7, 1.4, (size, 1)) * rng.uniform(0.9, 1.1, (size, 3))
        shift = rng.uniform(-0.3, 0.3, size)
        return Draw(picked=picked, mirrored=mirrored, gain=gain.astype(np.float32), shift=shift.astype(np.float32))


class TrainingRows:
    """The rows of some clips, one by one; every clip is drawn equally often, and each of its rows with hands."""

    def __init__(self, data: CloningSet, scale: NDArray[np.float32]) -> None:
        """`scale` `(OUTPUTS,)` standardises the targets."""
        self._scale = scale
        self._frames = data.frames.reshape(-1, *data.frames.shape[2:])
        self._state = data.state.reshape(-1, HANDS, STATE)
        self._target = data.target.reshape(-1, HANDS, OUTPUTS)
        self._valid = data.valid.reshape(-1, HANDS)
        self._palm = data.palm.reshape(-1, HANDS, 2) * 2 - 1
        self._present = data.present.reshape(-1, HANDS)
        self._chance = RowChance(data.present, data.there)

    def __len__(self) -> int:
        return len(self._chance)

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """`size` random rows. There must be some."""
        draw = self._chance.draw(rng, size)
        picked, mirrored = draw.picked, np.flatnonzero(draw.mirrored)
        frames, target, state = self._frames[picked], self._target[picked], self._state[picked]
        valid, palm, present = self._valid[picked], self._palm[picked], self._present[picked]
        frames[mirrored] = frames[mirrored][..., ::-1]
        # Left is right in the mirror: the hands change places, and what went one way goes the other.
        for values in (target, state, valid, palm, present):
            values[mirrored] = values[mirrored][:, ::-1]
        target[mirrored] *= TURNS.target
        state[mirrored] *= TURNS.state
        palm[mirrored] *= TURNS.palm
        gain = torch.from_numpy(np.tile(draw.gain, 2)[..., None, None])
        pixels = (as_pixels(frames) + 1) * gain - 1
        return Batch(
            pixels=pixels + torch.from_numpy(draw.shift[:, None, None, None]),
            state=_tensor(state),
            target=_tensor(target / self._scale),
            valid=_tensor(valid),
            palm=_tensor(palm),
            present=_tensor(present),
        )


def _tensor(values: NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
