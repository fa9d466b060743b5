"""Trains the behaviour-cloning network, and stops where sources that it does not learn from say so. Needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from engine.validation.estimator import clip_weights, huber
from engine.validation.trunk import Trunk, seeded, training_loss, trunk_actions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Flags
    from engine.validation.cloning import CloningSet
    from engine.validation.settings import EffortSettings
    from engine.validation.trunk_batches import TrainingRows

__all__ = [
    "CHOICES",
    "LARGEST_NORM",
    "LOOK_EVERY",
    "PATIENCE",
    "HeldOut",
    "Regularisation",
    "Trained",
    "best_of",
    "optimiser_of",
    "train_best",
    "train_trunk",
]

LARGEST_NORM = 1.0
"""What the gradient of a step is shortened to."""
LOOK_EVERY = 20
PATIENCE = 4
"""Looks without a better loss after which training stops."""


@dataclass(frozen=True)
class Regularisation:
    """How hard the network is kept simple."""

    weight_decay: float
    dropout: float


CHOICES = (Regularisation(1e-2, 0.0), Regularisation(1e-1, 0.3))
"""Mild and strong; the sources held out choose."""


class HeldOut:
    """Rows of sources that a network does not learn from; each clip weighs the same."""

    def __init__(self, data: CloningSet, counts: Flags, scale: NDArray[np.float32]) -> None:
        """`counts` `(n, k, 2)` says which rows and hands are looked at."""
        kept = counts.any(axis=2)
        self._frames, self._state = data.frames[kept], data.state[kept]
        self._target = (data.target / scale)[kept]
        self._weight = clip_weights(counts)[kept]

    def __len__(self) -> int:
        return len(self._frames)

    def loss(self, trunk: Trunk) -> float:
        """Mean Huber loss of the network's own head; NaN where there is no row."""
        if not len(self):
            return float("nan")
        missed = trunk_actions(trunk, self._frames, self._state) - self._target
        return float((huber(missed.astype(np.float64)).mean(axis=-1) * self._weight).sum() / self._weight.sum())


@dataclass(frozen=True)
class Trained:
    """A network as it was when the held-out loss was least, that loss, and after how many steps."""

    trunk: Trunk
    held_loss: float
    steps: int
    choice: Regularisation


def train_trunk(
    rows: TrainingRows,
    held: HeldOut | None,
    effort: EffortSettings,
    choice: Regularisation,
    *,
    steps: int,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
) -> Trained:
    """Train for `steps` at most. The same seed gives the same network.

    With `held`, training stops once its loss has not fallen for a while, and the best network is returned; a fixed
    number of steps memorises small pools.
    """
    # Channels last, and one fused step of the optimiser: a sixth less time for a network as small as this.
    trunk = seeded(Trunk(choice.dropout, seed), seed).to(memory_format=torch.channels_last)
    rng = np.random.default_rng([seed, 12])
    optimiser, schedule = optimiser_of(trunk.parameters(), effort.learning_rate, choice.weight_decay, steps)
    best = Trained(trunk, float("inf"), 0, choice)
    since = 0
    for step in range(1, steps + 1):
        trunk.train()
        loss = training_loss(trunk, rows.batch(rng, effort.batch))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trunk.parameters(), LARGEST_NORM)
        optimiser.step()
        schedule.step()
        if on_progress is not None and step % 5 == 0:
            on_progress(step / steps)
        if held is not None and len(held) and (step % LOOK_EVERY == 0 or step == steps):
            found = held.loss(trunk)
            since = 0 if found < best.held_loss else since + 1
            if since == 0:
                best = Trained(_as_it_is(trunk, choice), found, step, choice)
            if since >= PATIENCE:
                break
    if not best.steps:
        best = Trained(trunk, float("nan"), steps, choice)
    best.trunk.eval()
    return best


def optimiser_of(
    parameters: Iterable[nn.Parameter], learning_rate: float, weight_decay: float, steps: int
) -> tuple[torch.optim.AdamW, torch.optim.lr_scheduler.OneCycleLR]:
    """The optimiser of a training of at most `steps`, and how its rate and momentum rise and fall meanwhile."""
    optimiser = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=weight_decay, fused=True)
    return optimiser, torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.15)


def _as_it_is(trunk: Trunk, choice: Regularisation) -> Trunk:
    """A copy of the network."""
    kept = Trunk(choice.dropout).to(memory_format=torch.channels_last)
    kept.load_state_dict(trunk.state_dict())
    return kept


def train_best(
    rows: TrainingRows,
    held: HeldOut,
    effort: EffortSettings,
    choices: Sequence[Regularisation],
    *,
    seed: int,
    on_progress: Callable[[float], None] | None = None,
) -> Trained:
    """Train once for each way to regularise, and keep the one whose held-out loss is least."""

    def progress(number: int) -> Callable[[float], None] | None:
        if on_progress is None:
            return None
        return lambda share: on_progress((number + share) / len(choices))

    found = [
        train_trunk(rows, held, effort, choice, steps=effort.trunk_steps, seed=seed, on_progress=progress(number))
        for number, choice in enumerate(choices)
    ]
    return best_of(found)


def best_of(found: Sequence[Trained]) -> Trained:
    """The one whose held-out loss is least."""
    return min(found, key=lambda trained: np.inf if np.isnan(trained.held_loss) else trained.held_loss)
