"""Gradient descent for many networks side by side, each with labels of its own to learn from and to be held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.reward.network.adamw import AdamW
from engine.reward.network.loss import bradley_terry_loss, davidson_loss, gain_loss
from engine.reward.network.network import Ensemble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.arrays import Floats, Rows
    from engine.reward.settings import ModelSettings, TrainingSettings

__all__ = ["EpochSnapshot", "Task", "device_of", "train"]

SNAPSHOT_EVERY = 5
"""Epochs between two snapshots, by which held-out labels are judged."""
GROUP_DROPOUT = 0.15
"""How often a group is hidden from a clip, where the model is to learn to do without."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What the members learn from. Members may differ in inputs (each standardised on its own clips) and weights."""

    inputs: NDArray[np.float32]
    """`(views, n_clips, width)`."""
    view: Rows
    """`(members,)`: which inputs each member sees."""
    left: Rows
    """`(n_pairs,)` rows of `inputs`."""
    right: Rows
    target: Floats
    weights: Floats
    """`(members, n_pairs)`: how much each label counts for each member; 0 where it is held out."""
    linear: Floats
    """`(members, width)`: the linear part of each member's reward."""
    gain_linear: Floats
    """`(members, width)`: that of the gains."""
    gain_rows: Rows
    """`(n_gains,)` rows of `inputs`."""
    gains: Floats
    """`(members, n_gains)`, standardised for each member."""
    gain_weights: Floats
    """`(members, n_gains)`."""
    groups: Rows | None = None
    """`(width,)`: the feature group of each input, where groups may be missing; the last `groups.max() + 1` inputs mark
    which are."""


@dataclass(frozen=True)
class EpochSnapshot:
    """The members' outputs after some epoch, dropout off."""

    epoch: int
    """Passes over the labels so far."""
    train_loss: Floats
    """`(members,)`: mean loss of what each member learns from."""
    reward: NDArray[np.float32]
    """`(members, n_clips)`."""
    gain: NDArray[np.float32]
    """`(members, n_gains)`: predicted gains, standardised."""


def device_of(training: TrainingSettings) -> torch.device:
    """Where to train: as the settings say, or on the GPU where there is one."""
    wanted = training.optimiser.device
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def train(
    task: Task,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    epochs: int,
    seed: int,
    on_snapshot: Callable[[EpochSnapshot], bool] | None = None,
    on_epoch: Callable[[float], None] | None = None,
) -> Ensemble:
    """Fit one network for each row of `task.weights`, for `epochs` passes or until `on_snapshot` returns true.
    `on_epoch(share of the passes done)` is called after each.

    The same seed gives the same networks on the CPU.
    """
    device = device_of(training)
    members, inputs = len(task.weights), task.inputs.shape[2]
    network = Ensemble(members, inputs, model.network, robot=bool(len(task.gain_rows)), seed=seed).to(device)
    network.human.linear.copy_(torch.as_tensor(task.linear[..., None], dtype=torch.float32))
    if network.robot is not None:
        network.robot.linear.copy_(torch.as_tensor(task.gain_linear[..., None], dtype=torch.float32))
    learner = Learner(task, network, training, device, seed)
    if on_snapshot is not None and on_snapshot(learner.snapshot(0)):
        return network.eval()
    for epoch in range(1, epochs + 1):
        learner.pass_once()
        if on_epoch is not None:
            on_epoch(epoch / epochs)
        if (
            on_snapshot is not None
            and (epoch % SNAPSHOT_EVERY == 0 or epoch == epochs)
            and on_snapshot(learner.snapshot(epoch))
        ):
            break
    return network.eval()


class Learner:
    """The state of one training: network, optimiser, data on the device."""

    def __init__(
        self, task: Task, network: Ensemble, training: TrainingSettings, device: torch.device, seed: int
    ) -> None:
        self._network, self._training, self._device = network, training, device
        self._random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 1])))
        self._inputs = torch.as_tensor(task.inputs, device=device)
        self._view = torch.as_tensor(task.view, device=device)
        self._left, self._right = (torch.as_tensor(side, device=device) for side in (task.left, task.right))
        self._target = torch.as_tensor(task.target, dtype=torch.float32, device=device)
        self._weights = torch.as_tensor(task.weights, dtype=torch.float32, device=device)
        self._gain_rows = torch.as_tensor(task.gain_rows, device=device)
        self._gains = torch.as_tensor(task.gains, dtype=torch.float32, device=device)
        self._gain_weights = torch.as_tensor(task.gain_weights, dtype=torch.float32, device=device)
        self._groups = None if task.groups is None else torch.as_tensor(task.groups, device=device)
        self._optimiser = AdamW(network, training.optimiser.learning_rate, training.optimiser.weight_decay)

    # --- learning ---------------------------------------------------------------------------------------------------

    def pass_once(self) -> None:
        """One pass over the labels, in random order, a step for each batch."""
        self._network.train()
        for batch in self._batches():
            # The sum over members: each one's gradient is that of its own loss alone.
            self._loss(batch).sum().backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()  # and forgets the gradients

    def _batches(self) -> Iterator[Tensor]:
        count, size = len(self._target), self._training.optimiser.batch_size
        order = torch.as_tensor(self._random.permutation(count), device=self._device)
        return (order[start : start + size] for start in range(0, count, size))

    def _loss(self, batch: Tensor) -> Tensor:
        """`(members,)`: mean loss of the labels in the batch, and of the gains."""
        rows, place = torch.unique(
            torch.cat([self._left[batch], self._right[batch], self._gain_rows]), return_inverse=True
        )
        x = self._inputs[:, rows][self._view]
        rewards, gains = self._network(self._hide_groups(x))
        left, right = place[: len(batch)], place[len(batch) : 2 * len(batch)]
        losses = self._preference_loss(rewards[:, left] - rewards[:, right], self._target[batch])
        weights = self._weights[:, batch]
        total = (losses * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
        if gains is not None:
            errors = gain_loss(gains[:, place[2 * len(batch) :]], self._gains) * self._gain_weights
            total = total + self._training.robot.weight * errors.sum(dim=1) / self._gain_weights.sum(dim=1).clamp(
                min=1e-9
            )
        return total

    def _preference_loss(self, difference: Tensor, target: Tensor) -> Tensor:
        preference = self._training.preference
        if preference.ties == "davidson":
            return davidson_loss(difference, target, self._network.tie[:, None], preference.beta)
        return bradley_terry_loss(difference, target, preference.beta)

    def _hide_groups(self, x: Tensor) -> Tensor:
        """Now and then hide a group of features from a clip and say so, as if it had never been measured."""
        if self._groups is None:
            return x
        count = int(self._groups.max()) + 1
        drawn = self._random.random((*x.shape[:2], count)) < GROUP_DROPOUT
        hidden = torch.as_tensor(drawn, device=x.device)
        values = x[..., :-count].masked_fill(hidden[..., self._groups[:-count]], 0.0)
        return torch.cat([values, torch.maximum(x[..., -count:], hidden.to(x.dtype))], dim=-1)

    # --- judging ----------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def snapshot(self, epoch: int) -> EpochSnapshot:
        """What the members say of all clips and gains now."""
        self._network.eval()
        rewards, gains = self._network(self._inputs[self._view])
        losses = self._preference_loss(rewards[:, self._left] - rewards[:, self._right], self._target) * self._weights
        loss = losses.sum(dim=1) / self._weights.sum(dim=1).clamp(min=1e-9)
        predicted = gains[:, self._gain_rows] if gains is not None else rewards[:, :0]
        return EpochSnapshot(epoch, loss.cpu().double().numpy(), rewards.cpu().numpy(), predicted.cpu().numpy())
