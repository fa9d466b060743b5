"""Random batches for the behaviour-cloning network: rows with other brightness and tint, some mirrored. Needs torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.validation.actions import GRIP, OUTPUTS, STATE, STATE_OFFSETS
from engine.validation.hand_series import HANDS
from engine.validation.trunk import Batch, as_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.validation.cloning import CloningSet

__all__ = ["TrainingRows"]

_ACROSS = (STATE_OFFSETS["place"], *range(STATE_OFFSETS["way"], STATE_OFFSETS["way_known"], 2))
"""Numbers of the state that change sign in the mirror."""


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
        with_hands = data.present.any(axis=2) & data.there
        shares = with_hands / np.maximum(with_hands.sum(axis=1, keepdims=True), 1)
        self._rows = np.flatnonzero(with_hands.ravel())
        self._shares = shares.ravel()[self._rows] / max(1e-9, float(shares.sum()))

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rng: np.random.Generator, size: int) -> Batch:
        """`size` random rows. There must be some."""
        picked = rng.choice(self._rows, size, p=self._shares)
        frames, target, state = self._frames[picked].copy(), self._target[picked].copy(), self._state[picked].copy()
        valid, palm, present = self._valid[picked].copy(), self._palm[picked].copy(), self._present[picked].copy()
        mirrored = np.flatnonzero(rng.random(size) < 0.5)
        frames[mirrored] = frames[mirrored][..., ::-1]
        # Left is right in the mirror: the hands change places, and what went one way goes the other.
        for values in (target, state, valid, palm, present):
            values[mirrored] = values[mirrored][:, ::-1]
        target[mirrored, :, 0:GRIP:2] *= -1
        for number in _ACROSS:
            state[mirrored, :, number] *= -1
        palm[mirrored, :, 0] *= -1
        gain = rng.uniform(0.7, 1.4, (size, 1, 1, 1)) * np.tile(rng.uniform(0.9, 1.1, (size, 3, 1, 1)), (1, 2, 1, 1))
        shift = rng.uniform(-0.3, 0.3, (size, 1, 1, 1))
        pixels = (as_pixels(frames) + 1) * torch.from_numpy(gain.astype(np.float32)) - 1
        return Batch(
            pixels=pixels + torch.from_numpy(shift.astype(np.float32)),
            state=_tensor(state),
            target=_tensor(target / self._scale),
            valid=_tensor(valid),
            palm=_tensor(palm),
            present=_tensor(present),
        )


def _tensor(values: NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
