"""The behaviour-cloning network: a small pixel encoder whose last layer the estimator reads. Needs torch.

Two frames 0.2 s apart go through one encoder; each of its channels becomes the place where it fires, by spatial
softmax (S. Levine et al.: End-to-end training of deep visuomotor policies, 2016). The first two channels are taught to
be the palms. Places now, and how far they moved, feed a perceptron that ends in a narrow code; the code feeds a
linear head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine.validation.actions import OUTPUTS
from engine.validation.estimator import HUBER_DELTA
from engine.validation.hand_series import HANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.validation.cloning import CloningSet
    from engine.validation.settings import EffortSettings

__all__ = ["CODE", "Trunk", "train_trunk", "trunk_code"]

CODE = 16
KEYPOINTS = 24
_WIDTHS = (12, 16, 24)
_HIDDEN = 96
_BATCH_OUT = 256


class Trunk(nn.Module):
    """Pixels `(n, 6, height, width)` in [−1, 1] to a code, the hands' actions, and where the palms are."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = _WIDTHS
        self.conv1 = nn.Conv2d(3, first, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(first, second, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(second, third, 3, padding=1)
        self.conv4 = nn.Conv2d(third, third, 3, padding=2, dilation=2)
        self.keypoints = nn.Conv2d(third, KEYPOINTS, 1)
        self.hidden = nn.Linear(5 * KEYPOINTS, _HIDDEN)
        self.code = nn.Linear(_HIDDEN, CODE)
        self.head = nn.Linear(CODE, HANDS * OUTPUTS)

    def places(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Where each channel fires, `(n, KEYPOINTS, 2)` in [−1, 1], and how clearly, `(n, KEYPOINTS)`."""
        maps = functional.relu(self.conv2(functional.relu(self.conv1(image))))
        maps = functional.relu(self.conv3(maps))
        maps = self.keypoints(maps + functional.relu(self.conv4(maps)))
        count, channels, height, width = maps.shape
        flat = maps.flatten(2)
        share = torch.softmax(flat, dim=-1).view(count, channels, height, width)
        across = (torch.arange(width) + 0.5) / width * 2 - 1
        down = (torch.arange(height) + 0.5) / height * 2 - 1
        x, y = (share.sum(2) * across).sum(-1), (share.sum(3) * down).sum(-1)
        return torch.stack([x, y], dim=-1), flat.amax(-1) - flat.mean(-1)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """`(code, actions (n, 2, OUTPUTS), palms (n, 2, 2), presence logits (n, 2))`."""
        count = len(pixels)
        places, peaks = self.places(torch.cat([pixels[:, :3], pixels[:, 3:]]))
        now, before, clear = places[:count], places[count:], peaks[:count]
        seen = torch.cat([now.flatten(1), torch.tanh(clear / 8 - 1), 4 * (now - before).flatten(1)], dim=1)
        code = self.code(functional.relu(self.hidden(seen)))
        return code, self.head(code).view(count, HANDS, OUTPUTS), now[:, :HANDS], clear[:, :HANDS] / 4 - 2


def seeded(trunk: Trunk, seed: int) -> Trunk:
    """Draw all weights anew from `seed` alone, whatever other threads do with torch's own generator."""
    rng = np.random.default_rng([seed, 11])
    with torch.no_grad():
        for name, weight in trunk.named_parameters():
            fan_in = weight[0].numel() if weight.dim() > 1 else 1
            bound = 1 / np.sqrt(fan_in) if name.endswith("weight") else 0.02
            weight.copy_(torch.from_numpy(rng.uniform(-bound, bound, weight.shape).astype(np.float32)))
    return trunk


def train_trunk(
    data: CloningSet,
    scale: NDArray[np.float32],
    effort: EffortSettings,
    *,
    steps: int,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
) -> Trunk:
    """Train on a pool's frames. `scale` `(OUTPUTS,)` standardises the targets. The same seed gives the same network."""
    # Channels last, and one fused step of the optimiser: a sixth less time for a network as small as this.
    trunk = seeded(Trunk(), seed).to(memory_format=torch.channels_last)
    rows = _Rows(data, scale)
    rng = np.random.default_rng([seed, 12])
    optimiser = torch.optim.AdamW(trunk.parameters(), lr=effort.learning_rate, weight_decay=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, effort.learning_rate, total_steps=steps, pct_start=0.2)
    for step in range(steps):
        loss = _loss(trunk, *rows.batch(rng, effort.batch))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trunk.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if on_progress is not None and step % 5 == 4:
            on_progress((step + 1) / steps)
    return trunk.eval()


def trunk_code(trunk: Trunk, frames: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """`(code, actions)` of frames `(n, k, 6, height, width)`: `(n, k, CODE)` and `(n, k, 2, OUTPUTS)`."""
    flat = frames.reshape(-1, *frames.shape[2:])
    codes, actions = [np.empty((0, CODE), np.float32)], [np.empty((0, HANDS, OUTPUTS), np.float32)]
    with torch.no_grad():
        for start in range(0, len(flat), _BATCH_OUT):
            code, action, _, _ = trunk(_pixels(flat[start : start + _BATCH_OUT]))
            codes.append(code.numpy())
            actions.append(action.numpy())
    shape = frames.shape[:2]
    return np.concatenate(codes).reshape(*shape, CODE), np.concatenate(actions).reshape(*shape, HANDS, OUTPUTS)


def _pixels(frames: NDArray[np.uint8]) -> torch.Tensor:
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).float() / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last)


def _loss(
    trunk: Trunk,
    pixels: torch.Tensor,
    target: torch.Tensor,
    valid: torch.Tensor,
    palm: torch.Tensor,
    present: torch.Tensor,
) -> torch.Tensor:
    """Masked Huber loss of the actions, and two that help the encoder find hands: where palms are, and whether."""
    _, actions, palms, presence = trunk(pixels)
    action = functional.huber_loss(actions, target, reduction="none", delta=HUBER_DELTA).mean(-1)
    place = (palms - palm).abs().mean(-1)
    loss = 2 * (action * valid).sum() / valid.sum().clamp(min=1)
    loss = loss + (place * present).sum() / present.sum().clamp(min=1)
    loss = loss + 0.1 * functional.binary_cross_entropy_with_logits(presence, present)
    return torch.as_tensor(loss)


class _Rows:
    """The frames of a pool, one by one, as batches with random brightness, tint and mirroring."""

    def __init__(self, data: CloningSet, scale: NDArray[np.float32]) -> None:
        self._scale = scale
        self._frames = data.frames.reshape(-1, *data.frames.shape[2:])
        self._target = data.target.reshape(-1, HANDS, OUTPUTS)
        self._valid = data.valid.reshape(-1, HANDS)
        self._palm = data.palm.reshape(-1, HANDS, 2) * 2 - 1
        self._present = data.present.reshape(-1, HANDS)
        self._with_hands = np.flatnonzero(self._present.any(axis=1))

    def batch(self, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, ...]:
        """Pixels, targets, valid, palms, present of `size` random frames with hands."""
        picked = rng.choice(self._with_hands, size) if len(self._with_hands) else np.zeros(size, np.intp)
        frames, target = self._frames[picked].copy(), self._target[picked].copy()
        valid, palm, present = self._valid[picked].copy(), self._palm[picked].copy(), self._present[picked].copy()
        mirrored = np.flatnonzero(rng.random(size) < 0.5)
        frames[mirrored] = frames[mirrored][..., ::-1]
        # Left is right in the mirror: the hands change places, and what went one way goes the other.
        for values in (target, valid, palm, present):
            values[mirrored] = values[mirrored][:, ::-1]
        target[mirrored, :, 0 : OUTPUTS - 2 : 2] *= -1
        palm[mirrored, :, 0] *= -1
        gain = rng.uniform(0.7, 1.4, (size, 1, 1, 1)) * np.tile(rng.uniform(0.9, 1.1, (size, 3, 1, 1)), (1, 2, 1, 1))
        shift = rng.uniform(-0.3, 0.3, (size, 1, 1, 1))
        pixels = (_pixels(frames) + 1) * torch.from_numpy(gain.astype(np.float32)) - 1
        pixels = pixels + torch.from_numpy(shift.astype(np.float32))
        others = (target / self._scale, valid, palm, present)
        return pixels, *(torch.from_numpy(np.ascontiguousarray(value, np.float32)) for value in others)
