"""The behaviour-cloning network: a small pixel encoder beside the hands' own state. Needs torch.

Two frames 0.2 s apart go through one encoder; each of its channels becomes the place where it fires, by spatial
softmax (S. Levine et al.: End-to-end training of deep visuomotor policies, 2016). The first two channels are taught to
be the palms. Places now, and how far they moved, feed a perceptron that ends in a narrow code. A linear head reads the
code and what the hands' tracks say of themselves, as a robot's policy reads its own joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from engine.validation.actions import OUTPUTS, STATE
from engine.validation.estimator import HUBER_DELTA
from engine.validation.hand_series import HANDS

if TYPE_CHECKING:
    from numpy.typing import NDArray


__all__ = [
    "CODE",
    "HIDDEN",
    "Batch",
    "Seen",
    "Trunk",
    "as_pixels",
    "loss_of",
    "seeded",
    "training_loss",
    "trunk_actions",
    "trunk_code",
]

CODE = 16
HIDDEN = 96
KEYPOINTS = 24
_WIDTHS = (12, 16, 24)
_BATCH_OUT = 256

Seen = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]
"""What the network makes of `n` rows: code, actions, palms, presence."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows as the network is trained on them; `b` rows."""

    pixels: torch.Tensor
    """`(b, 6, height, width)` in about [−1, 1]."""
    state: torch.Tensor
    """`(b, 2, STATE)`."""
    target: torch.Tensor
    """`(b, 2, OUTPUTS)`, in scales."""
    valid: torch.Tensor
    """`(b, 2)`, 1 where the action counts."""
    palm: torch.Tensor
    """`(b, 2, 2)` in [−1, 1]."""
    present: torch.Tensor
    """`(b, 2)`."""


class Trunk(nn.Module):
    """Pixels `(n, 6, height, width)` in [−1, 1] and states `(n, 2, STATE)` to a code, actions, and palms."""

    def __init__(self, dropout: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        self.dropout = dropout
        # Its own generator: networks are trained side by side, and torch has one for the whole process.
        self._chance = torch.Generator().manual_seed(seed)
        first, second, third = _WIDTHS
        self.conv1 = nn.Conv2d(3, first, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(first, second, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(second, third, 3, padding=1)
        self.conv4 = nn.Conv2d(third, third, 3, padding=2, dilation=2)
        self.keypoints = nn.Conv2d(third, KEYPOINTS, 1)
        self.hidden = nn.Linear(5 * KEYPOINTS, HIDDEN)
        self.code = nn.Linear(HIDDEN, CODE)
        self.head = nn.Linear(CODE + HANDS * STATE, HANDS * OUTPUTS)

    def places(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Where each channel fires, `(n, KEYPOINTS, 2)` in [−1, 1], and how clearly, `(n, KEYPOINTS)`."""
        maps = functional.relu(self.conv2(functional.relu(self.conv1(image))))
        maps = functional.relu(self.conv3(maps))
        maps = self.keypoints(maps + functional.relu(self.conv4(maps)))
        count, channels, height, width = maps.shape
        flat = maps.flatten(2)
        share = torch.softmax(flat, dim=-1).view(count, channels, height, width)
        across = (torch.arange(width, device=image.device) + 0.5) / width * 2 - 1
        down = (torch.arange(height, device=image.device) + 0.5) / height * 2 - 1
        x, y = (share.sum(2) * across).sum(-1), (share.sum(3) * down).sum(-1)
        return torch.stack([x, y], dim=-1), flat.amax(-1) - flat.mean(-1)

    def forward(
        self,
        pixels: torch.Tensor,
        state: torch.Tensor,
        kept: torch.Tensor | None = None,
        share: float | torch.Tensor = 1.0,
    ) -> Seen:
        """`(code, actions (n, 2, OUTPUTS), palms (n, 2, 2), presence logits (n, 2))`.

        `kept` `(n, HIDDEN)` says which hidden units stay on, None for all; `share` is how many do on average.
        """
        count = len(pixels)
        places, peaks = self.places(torch.cat([pixels[:, :3], pixels[:, 3:]]))
        now, before, clear = places[:count], places[count:], peaks[:count]
        seen = torch.cat([now.flatten(1), torch.tanh(clear / 8 - 1), 4 * (now - before).flatten(1)], dim=1)
        hidden = functional.relu(self.hidden(seen))
        code = self.code(hidden if kept is None else hidden * kept / share)
        actions = self.head(torch.cat([code, state.flatten(1)], dim=1)).view(count, HANDS, OUTPUTS)
        return code, actions, now[:, :HANDS], clear[:, :HANDS] / 4 - 2

    def kept(self, count: int) -> torch.Tensor | None:
        """`(count, HIDDEN)`: which hidden units stay on in the next training step; None where there is no dropout."""
        if not self.dropout:
            return None
        return torch.rand((count, HIDDEN), generator=self._chance) >= self.dropout


def seeded(trunk: Trunk, seed: int) -> Trunk:
    """Draw all weights anew from `seed` alone, whatever other threads do with torch's own generator."""
    rng = np.random.default_rng([seed, 11])
    with torch.no_grad():
        for name, weight in trunk.named_parameters():
            fan_in = weight[0].numel() if weight.dim() > 1 else 1
            bound = 1 / np.sqrt(fan_in) if name.endswith("weight") else 0.02
            weight.copy_(torch.from_numpy(rng.uniform(-bound, bound, weight.shape).astype(np.float32)))
    return trunk


def trunk_code(trunk: Trunk, frames: NDArray[np.uint8], state: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(m, CODE)`: the code of frames `(m, 6, height, width)` with states `(m, 2, STATE)`."""
    return _run(trunk, frames, state)[0]


def trunk_actions(trunk: Trunk, frames: NDArray[np.uint8], state: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(m, 2, OUTPUTS)`: what the network's own head would do, in units of the scale that it was trained with."""
    return _run(trunk, frames, state)[1]


def _run(
    trunk: Trunk, frames: NDArray[np.uint8], state: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    trunk.eval()
    codes, actions = [np.empty((0, CODE), np.float32)], [np.empty((0, HANDS, OUTPUTS), np.float32)]
    with torch.no_grad():
        for start in range(0, len(frames), _BATCH_OUT):
            batch = slice(start, start + _BATCH_OUT)
            code, action, _, _ = trunk(as_pixels(frames[batch]), torch.from_numpy(np.ascontiguousarray(state[batch])))
            codes.append(code.numpy())
            actions.append(action.numpy())
    return np.concatenate(codes), np.concatenate(actions)


def as_pixels(frames: NDArray[np.uint8]) -> torch.Tensor:
    """Frames `(m, 6, height, width)` as the network sees them, in [−1, 1]."""
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).float() / 127.5 - 1
    return pixels.contiguous(memory_format=torch.channels_last)


def training_loss(trunk: Trunk, batch: Batch) -> torch.Tensor:
    """The loss of one training step, with dropout."""
    return loss_of(trunk(batch.pixels, batch.state, trunk.kept(len(batch.pixels)), 1 - trunk.dropout), batch)


def loss_of(seen: Seen, batch: Batch) -> torch.Tensor:
    """Masked Huber loss of the actions, and two that help the encoder find hands: where palms are, and whether."""
    _, actions, palms, presence = seen
    action = functional.huber_loss(actions, batch.target, reduction="none", delta=HUBER_DELTA).mean(-1)
    place = (palms - batch.palm).abs().mean(-1)
    loss = 2 * (action * batch.valid).sum() / batch.valid.sum().clamp(min=1)
    loss = loss + (place * batch.present).sum() / batch.present.sum().clamp(min=1)
    loss = loss + 0.1 * functional.binary_cross_entropy_with_logits(presence, batch.present)
    return torch.as_tensor(loss)
