"""ΔM of demonstrations by the machinery of validations, and what a reward and a robot head make of how they look."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._metaworld_policy import FirstLayer, pool_of
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import ClipTable, PairTable
from engine.validation.actions import HORIZON, OUTPUTS, STATE
from engine.validation.cloning import CloningSet
from engine.validation.cloning_data import CloningData
from engine.validation.encoded_trunk import EncodedTrunk
from engine.validation.gains import measured_by
from engine.validation.heads import NumpyHeads
from engine.validation.measured import gain_of_cells
from engine.validation.pools import rotations
from engine.validation.settings import EffortSettings, PoolSettings, ValidationSettings
from engine.validation.trials import gain_cells
from engine.validation.unseen import RewardFit, unseen_rewards, unseen_robot

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats, Rows
    from engine.validation.measured import Measured

__all__ = ["COLUMNS", "Gains", "gains_of", "looks", "nearer_pairs", "robot_and_reward"]

_SETTINGS = ValidationSettings(pools=PoolSettings(base_share=0.5))
"""A base of half of the candidates, so that it is of the size that policies are trained on: of 60 demonstrations, 20
are candidates."""
_EFFORT = EffortSettings(trunk_seeds=2, splits=4, bases=8)
_FOLDS = 2
COLUMNS = ("path", "straightness", "speed", "roughness", "grip_share", "grip_changes", "height")


@dataclass(frozen=True)
class Gains:
    """ΔM of each of `n` demonstrations."""

    measured: Measured
    """As a validation measures it, with the ridge of the least loss."""
    at_ridge: Floats
    """`(n,)`: with another ridge."""

    def measured_on(self, target: Flags) -> Measured:
        """The same, with only the demonstrations `target` `(n,) bool` to measure the loss."""
        found = self.measured
        return replace(
            found,
            sums=found.sums[..., target],
            counts=found.counts[..., target],
            measuring=found.measuring[target],
        )


def gains_of(states: Floats, actions: Floats, seed: int, other_ridge: float) -> Gains:
    """The gain of each demonstration, `states` `(n, k, 10)` and `actions` `(n, k, ACTIONS)`.

    Trunks are first layers, standardised by their own sources.
    """
    data = _cloning_data(states, actions)
    rows = dict.fromkeys(data.video_ids, states.shape[1])
    turns = rotations(rows, rows, _SETTINGS.pools, seed=seed)
    plan = [turn for turn in range(len(turns)) for _ in range(_EFFORT.trunk_seeds)]
    trunks = []
    for number, turn in enumerate(plan):
        own = data.of_sources(turns[turn].trunk) | data.of_sources(turns[turn].held)
        layer = FirstLayer.drawn(states[own], seed * 100 + number + 1)
        trunks.append(_trunk(layer, states, actions))
    with ThreadPoolExecutor(2) as threads:
        measured = measured_by(data, turns, plan, trunks, seed=seed, threads=threads, on_progress=lambda *_: None)
        cells = gain_cells(data, measured.trials, other_ridge, seed, threads, NumpyHeads(), lambda *_: None)
    other = gain_of_cells(cells.sums.sum(axis=(0, 1)), cells.counts.sum(axis=(0, 1)), measured.measuring)
    return Gains(measured, other)


def _trunk(layer: FirstLayer, states: Floats, actions: Floats) -> EncodedTrunk:
    return EncodedTrunk(
        pool=pool_of(layer, states, actions),
        parts={"pixels": np.arange(0), "state": np.arange(layer.width - 1)},
        damping=np.zeros(HORIZON),
        steps=0,
        choice=0,
        reused=False,
    )


def _cloning_data(states: Floats, actions: Floats) -> CloningData:
    """Demonstrations as clips of an arm: no pictures, no hands' tracks, and every row counts."""
    n, k = states.shape[:2]
    every = np.ones((n, k, 1), bool)
    names = tuple(f"demonstration-{number:04d}" for number in range(n))
    blank = np.zeros((n, k, 1, OUTPUTS), np.float32)
    clips = CloningSet(
        clip_ids=names,
        video_ids=names,
        frames=np.zeros((n, k, 6, 1, 1), np.uint8),
        there=every[..., 0],
        target=pool_of(FirstLayer.drawn(states, 0), states, actions).target.astype(np.float32),
        valid=every,
        velocity=blank,
        state=np.zeros((n, k, 1, STATE), np.float32),
        palm=np.zeros((n, k, 1, 2), np.float32),
        present=every,
        confidence=every.astype(np.float32),
    )
    return CloningData(
        clips=clips,
        video_ids=names,
        video=np.arange(n),
        scale=np.ones(OUTPUTS, np.float32),
        moving=every,
        measured=every,
        resting=~every,
        settings=_SETTINGS,
        effort=_EFFORT,
    )


def looks(state: Floats, action: Floats, length: Rows) -> Floats:
    """`(n, len(COLUMNS))`: how the arm moved in each demonstration: neither whether it succeeded nor how long it took.

    `state` `(n, STEPS, 10)`, `action` `(n, STEPS, 4)`.
    """
    rows = []
    for seen, done, steps in zip(state, action, length, strict=True):
        hand, effort = seen[:steps, :3], done[:steps, 3]
        step = np.linalg.norm(np.diff(hand, axis=0), axis=1)
        path = float(step.sum())
        turns = np.linalg.norm(np.diff(hand, n=3, axis=0), axis=1)
        rows.append(
            (
                path / steps,
                float(np.linalg.norm(hand[-1] - hand[0])) / max(path, 1e-6),
                float(np.quantile(step, 0.9)),
                float(np.median(turns)),
                float((effort > 0).mean()),
                float((np.diff(effort > 0) != 0).mean()),
                float(hand[:, 2].std()),
            )
        )
    return np.array(rows)


def nearer_pairs(left_over: Floats, number: int, seed: int) -> PairTable:
    """Random pairs, answered by a simulated judge who prefers the attempt that left the thing nearer to its goal.

    `left_over` `(n,)`: the distance that was left, in metres.
    """
    rng = np.random.default_rng([seed, 41])
    pairs = np.array([rng.permutation(len(left_over))[:2] for _ in range(number)])
    left, right = pairs.T
    return PairTable(
        left=left,
        right=right,
        target=(left_over[left] < left_over[right]).astype(np.float64),
        annotators=("simulated",) * number,
        strategies=("random",) * number,
    )


def robot_and_reward(values: Floats, pairs: PairTable, gain: Floats, seed: int) -> tuple[Floats | None, Floats]:
    """`(what a robot head expects, reward)` of each demonstration, learned from the other half of them only.

    `values` `(n, len(COLUMNS))`; the robot head learns the `gain` `(n,)` of a half, as after `gains import`.
    """
    names = tuple(f"demonstration-{number:04d}" for number in range(len(values)))
    clips = ClipTable(
        clip_ids=names, video_ids=names, columns=COLUMNS, groups=("motion",) * len(COLUMNS), values=values
    )
    model, training = ModelSettings(), TrainingSettings()
    known = np.flatnonzero(np.isfinite(gain))
    robot = unseen_robot(clips, pairs, known, gain[known], model, training, folds=_FOLDS, seed=seed)
    everywhere = np.full(len(values), np.nan)
    if robot is not None:
        everywhere[known] = robot
    reward = unseen_rewards(clips, pairs, RewardFit(model, training), folds=_FOLDS, seeds=[seed]).reward
    return (everywhere if robot is not None else None), reward
