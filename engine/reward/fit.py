"""Fit a reward to labels, and score clips with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from engine.reward.crossval import cross_validate, group_index, label_weights, standardised_gains
from engine.reward.linear_part import linear_gains, linear_part
from engine.reward.normalise import Layout, Scaling, missing_groups
from engine.reward.prepare import Prepared, prepare
from engine.reward.split import source_folds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats
    from engine.reward.prepare import Gains
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.tables.types import ClipTable, PairTable

__all__ = ["Reward", "RewardScores", "fit_prepared", "fit_reward"]

EPOCHS_UNSEEN = 60
"""Passes over the labels where no source can be held out to tell when to stop."""
CHUNK = 20_000
"""Clips scored at once."""


@dataclass(frozen=True, kw_only=True)
class RewardScores:
    """Rewards of clips, row by row of the table that was scored; NaN where a clip could not be."""

    reward: Floats
    """`(n,)`: human head, mean over the members, in logits; 0 is the mean of the clips that there were at training."""
    reward_std: Floats
    """`(n,)`: standard deviation over the members."""
    robot_reward: Floats | None
    """`(n,)`: robot head, in the unit of the gains; None for a model that saw none."""
    robot_reward_std: Floats | None
    reasons: tuple[str, ...]
    """`(n,)`: why a clip has no reward; empty where it has one."""

    def __len__(self) -> int:
        return len(self.reward)


@dataclass(frozen=True, kw_only=True)
class Reward:
    """A trained reward: plain arrays and settings. `engine/reward/checkpoint.py` writes and reads it."""

    model: ModelSettings
    training: TrainingSettings
    seed: int
    layout: Layout
    scaling: Scaling
    weights: dict[str, NDArray[np.float32]]
    """The networks' parameters, by name."""
    offset: Floats
    """`(members,)`: taken from each member's rewards. Bradley–Terry fixes a reward only up to a constant; without this
    the members would disagree about nothing but that."""
    gain_mean: float
    gain_scale: float
    epochs: int
    training_clip_ids: tuple[str, ...] = field(repr=False)
    """The clips that labels or gains spoke of."""

    @property
    def robot(self) -> bool:
        """Whether it has a robot head."""
        return "robot.last.weight" in self.weights

    def score(self, clips: ClipTable, on_progress: Callable[[float], None] | None = None) -> RewardScores:
        """The rewards of clips. `on_progress(share done)` is called after every `CHUNK` clips.

        Raises `RewardError` where the clips lack a feature column altogether or have another model's embedding.
        """
        values, components = self.layout.raw(clips)
        absent = missing_groups(self.layout, values, components)
        scorable = ~np.asarray(absent.all(axis=1) if self.layout.learned_groups else absent.any(axis=1))
        rows = np.flatnonzero(scorable)
        human = np.full((self.model.ensemble.members, len(clips)), np.nan)
        robot = human.copy()
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            found = self.predict(self.scaling.inputs(self.layout, values[some], components[some]))
            human[:, some] = found[0]
            if found[1] is not None:
                robot[:, some] = found[1]
            if on_progress is not None:
                on_progress((start + len(some)) / len(rows))
        return RewardScores(
            reward=human.mean(axis=0),
            reward_std=human.std(axis=0),
            robot_reward=robot.mean(axis=0) if self.robot else None,
            robot_reward_std=robot.std(axis=0) if self.robot else None,
            reasons=reasons(self.layout.group_names, absent, scorable),
        )

    def predict(self, inputs: NDArray[np.float32]) -> tuple[Floats, Floats | None]:
        """Rewards and robot rewards, each `(members, n)`, of `(n, width)` inputs."""
        import torch

        from engine.reward.network.network import Ensemble

        members = self.model.ensemble.members
        network = Ensemble(members, inputs.shape[1], self.model.network, robot=self.robot, seed=0)
        network.load_state_dict({name: torch.as_tensor(array) for name, array in self.weights.items()})
        with torch.inference_mode():
            human, robot = network.eval()(torch.as_tensor(inputs).expand(members, -1, -1))
        rewards = human.double().numpy() - self.offset[:, None]
        return rewards, None if robot is None else robot.double().numpy() * self.gain_scale + self.gain_mean


def reasons(names: tuple[str, ...], absent: Flags, scorable: Flags) -> tuple[str, ...]:
    """`(n,)`: why each clip that is not `scorable` `(n,)` has no reward, given the groups `absent` `(n, groups)`; empty
    for the others. Few clips differ in what they lack, so each sentence is made once, whatever their number."""
    found = [""] * len(absent)
    rows = np.flatnonzero(~scorable)
    patterns, kind = np.unique(absent[rows], axis=0, return_inverse=True)
    said = [reason(tuple(name for name, gone in zip(names, row, strict=True) if gone)) for row in patterns]
    for row, number in zip(rows.tolist(), kind.reshape(-1).tolist(), strict=True):
        found[row] = said[number]
    return tuple(found)


def reason(groups: tuple[str, ...]) -> str:
    """Why a clip that lacks these groups has no reward."""
    return f"no features of {', '.join(groups)}"


def fit_reward(
    clips: ClipTable,
    pairs: PairTable,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    seed: int = 0,
    gains: Gains | None = None,
    on_progress: Callable[[float, str], None] | None = None,
) -> Reward:
    """Fit a reward to answered pairs of `clips`, jointly with `gains` (rows of the clips, and their ΔM).

    Sources are held out to tell when to stop; the ensemble then learns from all labels for as long. `on_progress(share
    done, note)`. Raises `RewardError` where there is nothing to learn from.
    """
    say = on_progress or (lambda _fraction, _note: None)
    prepared = prepare(clips, pairs, model, training, gains)
    folds = source_folds(prepared.video_ids, prepared.pairs, folds=training.split.folds, repeats=1, seed=seed)
    epochs = min(EPOCHS_UNSEEN, training.optimiser.epochs)
    if folds:

        def snapshot(epoch: int, _train_loss: float, held_out_loss: float) -> None:
            say(0.8 * epoch / training.optimiser.epochs, f"held-out loss {held_out_loss:.3f}")

        epochs = cross_validate(prepared, folds, model, training, seed=seed, on_snapshot=snapshot).epochs
    note = f"Training the ensemble for {epochs} epochs"
    say(0.8, note)
    reward = fit_prepared(
        clips, prepared, model, training, epochs=epochs, seed=seed, on_epoch=lambda done: say(0.8 + 0.2 * done, note)
    )
    say(1.0, "")
    return reward


def fit_prepared(
    clips: ClipTable,
    prepared: Prepared,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    epochs: int,
    seed: int,
    on_epoch: Callable[[float], None] | None = None,
) -> Reward:
    """The ensemble, trained on all that was prepared for a given number of epochs; `on_epoch(share done)`."""
    from engine.reward.network.train import Task, train

    members = model.ensemble.members
    pairs = prepared.pairs
    everything = np.ones(len(pairs), np.bool_)
    scaling = prepared.scaling(np.arange(len(prepared)))
    gains, gain_mean, gain_scale = standardised_gains(prepared.gains, np.ones(len(prepared.gains), np.bool_))
    inputs = prepared.inputs(scaling)
    weights = label_weights(everything, members, seed=seed, resample=model.ensemble.resample)
    task = Task(
        inputs=inputs[None],
        view=np.zeros(members, np.intp),
        left=pairs.left,
        right=pairs.right,
        target=pairs.target,
        weights=weights,
        linear=linear_part(prepared.layout, inputs, pairs, weights, training.preference.beta),
        gain_linear=np.tile(linear_gains(prepared.layout, inputs, prepared.gain_rows, gains), (members, 1)),
        gain_rows=prepared.gain_rows,
        gains=np.tile(gains, (members, 1)),
        gain_weights=np.ones((members, len(gains))),
        groups=group_index(prepared),
    )
    network = train(task, model, training, epochs=epochs, seed=seed, on_epoch=on_epoch)
    numbers = {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
    reward = Reward(
        model=model,
        training=training,
        seed=seed,
        layout=prepared.layout,
        scaling=scaling,
        weights=numbers,
        offset=np.zeros(members),
        gain_mean=gain_mean,
        gain_scale=gain_scale,
        epochs=epochs,
        training_clip_ids=tuple(clips.clip_ids[i] for i in prepared.clip_rows),
    )
    return centred(reward, clips)


def centred(reward: Reward, clips: ClipTable) -> Reward:
    """The same, with each member's mean reward over all clips that can be scored at 0."""
    from dataclasses import replace

    values, components = reward.layout.raw(clips)
    whole = np.flatnonzero(~missing_groups(reward.layout, values, components).any(axis=1))
    some = whole[:: max(1, len(whole) // CHUNK)]
    if not len(some):
        return reward
    rewards, _ = reward.predict(reward.scaling.inputs(reward.layout, values[some], components[some]))
    return replace(reward, offset=rewards.mean(axis=1))
