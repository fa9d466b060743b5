"""All rows of a measurement on one device, and the batches and held-out rows of many networks gathered there.

Needs torch. Pixels go to the device once, as bytes; after that a training step sends numbers of rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from engine.validation.estimator import clip_weights
from engine.validation.trunk import Batch
from engine.validation.trunk_batches import TURNS, RowChance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.validation.cloning import CloningSet

__all__ = ["DeviceRows", "MemberRows", "StackDraw", "Watched"]


class MemberRows:
    """The rows that one network of a stack learns from: those of some clips."""

    def __init__(self, data: CloningSet, clips: Rows) -> None:
        """`clips` `(c,)` are places in `data`."""
        self._chance = RowChance(data.present[clips], data.there[clips])
        self._rows = (clips[:, None] * data.there.shape[1] + np.arange(data.there.shape[1])).ravel()

    def draw(self, rng: np.random.Generator, size: int) -> tuple[Rows, Flags, NDArray[np.float32]]:
        """`(rows of all clips (size,), mirrored (size,), gain of each colour and shift (size, 4))`: the numbers that
        `TrainingRows` of the same clips draws."""
        draw = self._chance.draw(rng, size)
        return self._rows[draw.picked], draw.mirrored, np.column_stack([draw.gain, draw.shift])


@dataclass(frozen=True)
class Watched:
    """Rows that measure how good a network is: those of `HeldOut`, among the rows of all clips."""

    rows: Rows
    """`(r,)`."""
    weight: Floats
    """`(r, 2)`: the weight of each hand."""

    @classmethod
    def of(cls, counts: Flags) -> Watched:
        """From `counts` `(n, k, 2)`: which rows and hands of all clips are looked at."""
        seen = counts.any(axis=2)
        return cls(np.flatnonzero(seen), clip_weights(counts)[seen])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class StackDraw:
    """What a step of `m` networks learns from: `rows` and `mirrored` `(m, b)`, `colour` `(m, b, 4)`."""

    rows: Tensor
    mirrored: Tensor
    colour: Tensor


class DeviceRows:
    """Frames, states and targets of all clips on a device, row by row."""

    def __init__(self, data: CloningSet, scale: NDArray[np.float32], device: str) -> None:
        """`scale` `(OUTPUTS,)` standardises the targets."""
        self.device = device

        def rows(values: NDArray[np.generic]) -> NDArray[np.generic]:
            return np.ascontiguousarray(values.reshape(-1, *values.shape[2:]))

        def sent(values: NDArray[np.generic]) -> Tensor:
            return torch.from_numpy(rows(values).astype(np.float32)).to(device)

        self._frames = torch.from_numpy(rows(data.frames)).to(device)
        self._state, self._target = sent(data.state), sent(data.target / scale)
        self._palm = sent(data.palm * 2 - 1)
        self._valid, self._present = sent(data.valid), sent(data.present)
        self._turns = {name: torch.from_numpy(getattr(TURNS, name)).to(device) for name in ("target", "state", "palm")}

    def batch(self, draw: StackDraw) -> Batch:
        """The batch of every network: all of it `(m, b, …)`; rows as `TrainingRows.batch` makes them."""
        mirrored, rows = draw.mirrored, draw.rows

        def turned(values: Tensor, signs: Tensor | None = None) -> Tensor:
            """Left is right in the mirror: the hands, on the third axis, change places."""
            other = values.flip(2) if signs is None else values.flip(2) * signs
            return torch.where(mirrored.view(*mirrored.shape, *[1] * (values.dim() - 2)), other, values)

        frames = self._frames[rows]
        frames = torch.where(mirrored[..., None, None, None], frames.flip(-1), frames)
        gain = draw.colour[..., :3].repeat(1, 1, 2)[..., None, None]
        return Batch(
            pixels=(_as_pixels(frames) + 1) * gain - 1 + draw.colour[..., 3, None, None, None],
            state=turned(self._state[rows], self._turns["state"]),
            target=turned(self._target[rows], self._turns["target"]),
            valid=turned(self._valid[rows]),
            palm=turned(self._palm[rows], self._turns["palm"]),
            present=turned(self._present[rows]),
        )

    def seen(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """`(pixels, states)` of rows of any shape, as they are."""
        return _as_pixels(self._frames[rows]), self._state[rows]

    def target(self, rows: Tensor) -> Tensor:
        """Their targets, in scales."""
        return self._target[rows]


def _as_pixels(frames: Tensor) -> Tensor:
    return frames.float() / 127.5 - 1
