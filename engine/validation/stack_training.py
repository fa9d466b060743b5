"""Trains many behaviour-cloning networks as one stack; each comes out as `train_trunk` would train it. Needs torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from engine.features.device import free_device_memory, is_out_of_memory
from engine.validation.compute import DeviceFull
from engine.validation.device_rows import MemberRows, StackDraw
from engine.validation.estimator import HUBER_DELTA
from engine.validation.training import LARGEST_NORM, LOOK_EVERY, PATIENCE, Trained, optimiser_of
from engine.validation.trunk import HIDDEN, Trunk, seeded
from engine.validation.trunk_stack import TrunkStack, as_trunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from engine.arrays import Floats, Rows
    from engine.validation.cloning import CloningSet
    from engine.validation.compute import Compute
    from engine.validation.device_rows import DeviceRows, Watched
    from engine.validation.settings import EffortSettings
    from engine.validation.training import Regularisation

__all__ = ["MOST_STACKED", "StackTask", "train_in_stacks", "train_stack", "watched_losses"]

MOST_STACKED = 64
"""Networks in one stack: at the usual sizes each takes 40 MB of the device, and more would make it no quicker."""
_ROWS_AT_ONCE = 2048
"""Rows of all networks together that one look passes through them at once."""
_BETA_2, _EPSILON = 0.999, 1e-8
"""AdamW's usual numbers, as torch has them."""


@dataclass(frozen=True, kw_only=True)
class StackTask:
    """One network to be trained."""

    clips: Rows
    """The clips that it learns from."""
    held: Watched | None
    """Rows whose loss says when to stop; None for all steps."""
    choice: Regularisation
    seed: int


def train_in_stacks(
    rows: DeviceRows,
    data: CloningSet,
    tasks: Sequence[StackTask],
    effort: EffortSettings,
    compute: Compute,
    *,
    steps: int,
    on_progress: Callable[[float], None],
    most: int = MOST_STACKED,
) -> Iterator[tuple[Rows, list[Trained]]]:
    """Train all tasks in stacks of at most `most`: `(places of the tasks, their networks)` for each stack.

    Where the device's memory is full, stacks are halved; raises `DeviceFull` where it can't hold one network.
    """
    begun = 0
    while begun < len(tasks):
        some = range(begun, min(len(tasks), begun + most))
        found = _if_it_fits(
            lambda some=some: train_stack(  # type: ignore[misc]
                rows,
                data,
                [tasks[place] for place in some],
                effort,
                steps=steps,
                on_progress=lambda share: on_progress((some.start + share * len(some)) / len(tasks)),
            )
        )
        if found is None:
            if len(some) == 1:
                raise DeviceFull
            most = (len(some) + 1) // 2
            compute.say(f"{compute.name}: its memory is full; networks are trained {most} at a time from here on.")
            continue
        yield np.array(some), found
        begun = some.stop


def _if_it_fits(work: Callable[[], list[Trained]]) -> list[Trained] | None:
    """What `work` gives; None where the device's memory was full, which is free again then."""
    try:
        return work()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    free_device_memory()  # only now: the error held the frames, and these the tensors
    return None


def train_stack(
    rows: DeviceRows,
    data: CloningSet,
    tasks: Sequence[StackTask],
    effort: EffortSettings,
    *,
    steps: int,
    on_progress: Callable[[float], None] | None = None,
) -> list[Trained]:
    """Train the networks of all `tasks` at once, for `steps` at most; `rows` are those of `data`.

    Each begins with the weights, and draws the rows and the dropout, that `train_trunk` gives its seed; one that stops
    leaves the stack. `on_progress` may raise `Cancelled`.
    """
    training = _StackTraining(rows, data, tasks, effort, steps)
    step = 0
    while step < steps and training.going:
        for draw, kept in training.draws(min(LOOK_EVERY, steps - step)):
            training.step(draw, kept)
            step += 1
            if on_progress is not None and step % 5 == 0:
                on_progress(step / steps)
        training.look(step)
    return training.found()


class _StackTraining:
    """The state of one stack: its weights, its optimiser, and the best that each network has been."""

    def __init__(
        self, rows: DeviceRows, data: CloningSet, tasks: Sequence[StackTask], effort: EffortSettings, steps: int
    ) -> None:
        self._rows, self._tasks, self._batch, self._steps = rows, tasks, effort.batch, steps
        self._trunks = [seeded(Trunk(task.choice.dropout, task.seed), task.seed) for task in tasks]
        self._learning = [MemberRows(data, task.clips) for task in tasks]
        self._random = [np.random.default_rng([task.seed, 12]) for task in tasks]
        self.going = list(range(len(tasks)))
        """The tasks whose networks are still trained, in the order of the stack."""
        self._stack = TrunkStack(self._trunks, rows.device)
        decay = [task.choice.weight_decay for task in tasks]
        self._optimiser = _StackAdamW(self._stack, decay, _schedule(effort.learning_rate, steps))
        self._best: dict[int, tuple[Tensor, float, int]] = {}
        self._since = [0] * len(tasks)

    def draws(self, count: int) -> Iterator[tuple[StackDraw, Tensor]]:
        """What the next `count` steps learn from, sent to the device at once."""
        drawn = [[self._learning[at].draw(self._random[at], self._batch) for at in self.going] for _ in range(count)]
        picked, mirrored, colour = (
            torch.from_numpy(np.array([[one[part] for one in step] for step in drawn])).to(self._rows.device)
            for part in range(3)
        )
        every = torch.ones((self._batch, HIDDEN), dtype=torch.bool)
        masks = [[self._trunks[at].kept(self._batch) for at in self.going] for _ in range(count)]
        kept = torch.stack([torch.stack([every if one is None else one for one in step]) for step in masks])
        kept = kept.to(self._rows.device)
        for step in range(count):
            yield StackDraw(picked[step], mirrored[step], colour[step]), kept[step]

    def step(self, draw: StackDraw, kept: Tensor) -> None:
        """One step of every network."""
        self._stack.losses(self._rows.batch(draw), kept).sum().backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()

    def look(self, step: int) -> None:
        """Measure held-out losses; keep the best networks, and let those go that have not got better for a while."""
        held = [self._tasks[at].held for at in self.going]
        if not any(held):
            return
        losses = watched_losses(self._stack, self._rows, held).tolist()
        for place, (at, loss) in enumerate(zip(self.going, losses, strict=True)):
            if not held[place]:
                continue
            better = loss < (self._best[at][1] if at in self._best else np.inf)
            self._since[at] = 0 if better else self._since[at] + 1
            if better:
                self._best[at] = self._row(place), loss, step
        on = [place for place, at in enumerate(self.going) if self._since[at] < PATIENCE]
        if len(on) < len(self.going):
            # A network that was never better than nothing is taken as it is now.
            for place in set(range(len(self.going))) - set(on):
                self._best.setdefault(self.going[place], (self._row(place), float("nan"), self._steps))
            self._stack.only(on)
            self._optimiser.only(on)
            self.going = [self.going[place] for place in on]

    def found(self) -> list[Trained]:
        """The networks of all tasks, in their order."""
        for place, at in enumerate(self.going):
            self._best.setdefault(at, (self._row(place), float("nan"), self._steps))
        return [self._trained(at) for at in range(len(self._tasks))]

    def _trained(self, at: int) -> Trained:
        weights, loss, step = self._best[at]
        choice = self._tasks[at].choice
        return Trained(as_trunk(weights, choice.dropout), loss, step, choice)

    def _row(self, place: int) -> Tensor:
        return self._stack.weights.detach()[place].clone()


class _StackAdamW:
    """AdamW for all networks of a stack, each with its own weight decay, and with its own gradient shortened."""

    def __init__(self, stack: TrunkStack, decay: Sequence[float], schedule: Sequence[tuple[float, float]]) -> None:
        self._stack, self._schedule = stack, schedule
        self._decay = torch.tensor(decay, device=stack.weights.device)[:, None]
        self._mean, self._square = torch.zeros_like(stack.weights), torch.zeros_like(stack.weights)
        self._steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Take one step, and forget the gradients."""
        weights, gradient = self._stack.weights, self._stack.weights.grad
        if gradient is None:
            return
        rate, beta_1 = self._schedule[self._steps]
        self._steps += 1
        gradient.mul_((LARGEST_NORM / (gradient.norm(dim=1, keepdim=True) + 1e-6)).clamp(max=1.0))
        weights.mul_(1 - rate * self._decay)
        self._mean.lerp_(gradient, 1 - beta_1)
        self._square.mul_(_BETA_2).addcmul_(gradient, gradient, value=1 - _BETA_2)
        below = (self._square.sqrt() / (1 - _BETA_2**self._steps) ** 0.5).add_(_EPSILON)
        weights.addcdiv_(self._mean, below, value=-rate / (1 - beta_1**self._steps))
        self._stack.weights.grad = None

    def only(self, places: Sequence[int]) -> None:
        """Go on with these networks alone."""
        kept = torch.tensor(places, dtype=torch.long, device=self._mean.device)
        self._decay, self._mean, self._square = self._decay[kept], self._mean[kept], self._square[kept]


def _schedule(learning_rate: float, steps: int) -> list[tuple[float, float]]:
    """The rate and the momentum of each step, as `train_trunk` has them."""
    optimiser, schedule = optimiser_of([nn.Parameter(torch.zeros(1))], learning_rate, 0.0, steps)
    found = []
    for _ in range(steps):
        group = optimiser.param_groups[0]
        found.append((float(group["lr"]), float(group["betas"][0])))
        optimiser.step()
        schedule.step()
    return found


@torch.no_grad()
def watched_losses(stack: TrunkStack, rows: DeviceRows, watched: Sequence[Watched | None]) -> Floats:
    """`(m,)`: the mean Huber loss of each network's own head on its own rows; NaN where it has none."""
    most = max((len(one) for one in watched if one), default=0)
    places = np.zeros((len(stack), most), np.intp)
    weight = np.zeros((len(stack), most, 2))
    for at, one in enumerate(watched):
        if one:
            places[at, : len(one)], weight[at, : len(one)] = one.rows, one.weight
    picked, weights = torch.from_numpy(places).to(rows.device), torch.from_numpy(weight).to(rows.device)
    total = torch.zeros(len(stack), dtype=torch.float64, device=rows.device)
    width = max(1, _ROWS_AT_ONCE // max(1, len(stack)))
    for some, own in zip(torch.split(picked, width, 1), torch.split(weights, width, 1), strict=True):
        _, actions, _, _ = stack.seen(*rows.seen(some))
        missed = nn.functional.huber_loss(
            actions.double(), rows.target(some).double(), reduction="none", delta=HUBER_DELTA
        )
        total += (missed.mean(-1) * own).sum(dim=(1, 2))
    found: Floats = (total / weights.sum(dim=(1, 2))).cpu().numpy()
    return found
