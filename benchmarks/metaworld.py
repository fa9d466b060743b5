"""Holds ΔM against counted success in a world that others know: Meta-World's robot arm, by physics, without pictures.

    python -m benchmarks.metaworld [--task pick-place-v3] [--seed 0] [--full] [--workers 2] [--json]

Scripted experts, disturbed to three tiers, demonstrate a task. Policies are cloned from random subsets of the
demonstrations and tried in unseen scenes: what each demonstration adds to success is Δsuccess. Beside it stands ΔM,
measured on the same demonstrations by the loss alone, exactly as a validation measures it. Hands are absent here: this
tests how ΔM is measured and the robot head, not the features of hands that a reward has.

Without the extra `sim` it says so and ends. `--full` takes 400 subsets and 30 rollouts of each.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from benchmarks._metaworld_gains import Gains, gains_of, looks, nearer_pairs, robot_and_reward
from benchmarks._metaworld_policy import ClonedPolicy, FirstLayer, cloned, pool_of, spread_rows
from benchmarks._metaworld_tiers import TIERS, random_subsets, success_gain, success_reliability
from engine.statistics.interval import Estimate
from engine.statistics.resampling import correlation, resampled_rows
from engine.validation.reliability import gain_reliability

if TYPE_CHECKING:
    from benchmarks._metaworld_world import Demonstrations, World
    from engine.arrays import Flags, Floats, Rows

INSTALL = '.venv/bin/uv pip install --overrides overrides.txt --constraints requirements.lock --editable ".[sim]"'
SUBSET_SHARE = 1 / 3
SUBSET_SCENES, TABLE_SCENES = np.arange(200, 400), np.arange(400, 500)
"""Demonstrations are of the first scenes."""
ROWS, PAIRS, RESAMPLES = 48, 400, 1000
POLICY_RIDGE = 0.1
"""Policies follow their demonstrations closely, as trained networks do. With the ridge of the least loss (about 3) the
noise of twenty demonstrations averages out, and it hardly matters which a policy has. Chosen on seed 5."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is computed."""

    each: int
    """Demonstrations of each tier."""
    subsets: int
    rollouts: int
    """Of each subset's policy."""
    seeds: int
    """First layers, and random choices, behind each line of the table of choices."""
    scenes: int
    """In which each of these is tried."""


QUICK = Size(each=20, subsets=160, rollouts=16, seeds=5, scenes=30)
FULL = Size(each=20, subsets=400, rollouts=30, seeds=5, scenes=100)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How often policies succeed that were trained on one choice of demonstrations."""

    name: str
    success: float
    error: float
    """The standard error over first layers (and over choices, where they are random)."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one run found."""

    task: str
    seed: int
    size: Size
    tiers: dict[str, float]
    """Tier → the share of its demonstrations that succeed."""
    tier_gains: dict[str, tuple[float, float, float]]
    """Tier → its mean Δsuccess, ΔM, and ΔM measured on those that succeeded."""
    ridge: float
    reliability_success: float
    reliability_gain: float
    reliability_target: float
    """Of ΔM measured on those that succeeded."""
    rho: dict[str, Estimate]
    """Measure → Spearman's ρ with Δsuccess, with a bootstrap over demonstrations."""
    choices: tuple[Choice, ...]
    taken_s: float


@cache
def _world(task: str, seed: int) -> World:
    """A process has one: scenes take seconds to draw."""
    from benchmarks._metaworld_world import World

    return World(task, seed)


def _try(task: str, seed: int, policy: ClonedPolicy, scenes: Rows) -> float:
    return float(_world(task, seed).success(policy, scenes).mean())


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Trains policies on subsets of demonstrations and counts their success, some at a time."""

    task: str
    seed: int
    states: Floats
    actions: Floats
    workers: ProcessPoolExecutor

    def success(self, subsets: Flags, scenes: list[Rows], layer_seed: int) -> Floats:
        """`(len(subsets),)`: the share of its own scenes in which each subset's policy succeeds."""
        layer = FirstLayer.drawn(self.states, layer_seed)
        pool = pool_of(layer, self.states, self.actions)
        policies = [cloned(layer, pool, members, POLICY_RIDGE) for members in subsets]
        return np.array(list(self.workers.map(partial(_try, self.task, self.seed), policies, scenes)))


def run(task: str, seed: int, size: Size, workers: int) -> Found:
    """Demonstrate, measure ΔM, count success, compare."""
    began = time.perf_counter()
    shown = _world(task, seed).demonstrations(size.each)
    states, actions = spread_rows(shown.state, shown.length, ROWS), spread_rows(shown.action, shown.length, ROWS)
    gains = gains_of(states, actions, seed, POLICY_RIDGE)
    measured, target = gains.measured, gains.measured_on(shown.succeeded)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as processes:
        trials = Trials(task=task, seed=seed, states=states, actions=actions, workers=processes)
        rng = np.random.default_rng([seed, 3])
        subsets = random_subsets(len(shown), size.subsets, SUBSET_SHARE, rng)
        scenes = [rng.permutation(SUBSET_SCENES)[: size.rollouts] for _ in subsets]
        success = trials.success(subsets, scenes, layer_seed=0)
        gain = success_gain(subsets, success)
        measures = _measures(shown, gains, gain, seed)
        choices = _choices(trials, shown, {**measures, "Δsuccess itself": gain}, size, rng)
    tier_of = [shown.tier == number for number in range(len(TIERS))]
    names = [tier.name for tier in TIERS]
    return Found(
        task=task,
        seed=seed,
        size=size,
        tiers={name: float(shown.succeeded[rows].mean()) for name, rows in zip(names, tier_of, strict=True)},
        tier_gains={
            name: (float(gain[rows].mean()), float(measured.gain[rows].mean()), float(target.gain[rows].mean()))
            for name, rows in zip(names, tier_of, strict=True)
        },
        ridge=measured.ridge,
        reliability_success=success_reliability(subsets, success, seed),
        reliability_gain=gain_reliability(measured, seed),
        reliability_target=gain_reliability(target, seed),
        rho={name: _rho(values, gain, seed) for name, values in measures.items()},
        choices=choices,
        taken_s=time.perf_counter() - began,
    )


def _measures(shown: Demonstrations, gains: Gains, gain: Floats, seed: int) -> dict[str, Floats]:
    """What may tell Δsuccess, each `(n,)`, the more the better."""
    values = looks(shown.state, shown.action, shown.length)
    last = shown.state[np.arange(len(shown)), shown.length - 1]
    pairs = nearer_pairs(np.linalg.norm(last[:, 7:10] - last[:, 4:7], axis=1), PAIRS, seed)
    robot, reward = robot_and_reward(values, pairs, gain, seed)
    found = {
        "ΔM": gains.measured.gain,
        "ΔM, measured on those that succeeded": gains.measured_on(shown.succeeded).gain,
        "ΔM at the policies' ridge": gains.at_ridge,
        "the tier itself": -shown.tier.astype(np.float64),
        "shortness": -shown.length.astype(np.float64),
        "smoothness": -values[:, 3],
        "reward from pairs": reward,
    }
    return found if robot is None else {**found, "robot head": robot}


def _choices(
    trials: Trials, shown: Demonstrations, measures: dict[str, Floats], size: Size, rng: np.random.Generator
) -> tuple[Choice, ...]:
    """The success of policies trained on tiers, on all, on the best third by each measure, and on random thirds."""
    n = len(shown)
    third = max(1, round(SUBSET_SHARE * n))
    fixed = {f"{tier.name} {third}": shown.tier == number for number, tier in enumerate(TIERS)}
    fixed[f"all {n}"] = np.ones(n, bool)
    for name, values in measures.items():
        if name != "the tier itself":  # that is the better tier
            fixed[f"best third by {name}"] = np.isin(np.arange(n), np.argsort(-values, kind="stable")[:third])
    drawn = random_subsets(n, size.seeds, SUBSET_SHARE, rng)
    by_seed = [
        trials.success(
            np.array([*fixed.values(), drawn[number]]),
            [TABLE_SCENES[: size.scenes]] * (len(fixed) + 1),
            layer_seed=number + 1,
        )
        for number in range(size.seeds)
    ]
    mean = np.mean(by_seed, axis=0)
    error = np.std(by_seed, axis=0, ddof=1) / np.sqrt(size.seeds)
    return tuple(
        Choice(name=name, success=float(value), error=float(spread))
        for name, value, spread in zip((*fixed, "random third"), mean, error, strict=True)
    )


def _rho(values: Floats, gain: Floats, seed: int) -> Estimate:
    known = np.flatnonzero(np.isfinite(values) & np.isfinite(gain))
    samples = resampled_rows([str(row) for row in known], RESAMPLES, seed)
    return Estimate.of(correlation(values[known], gain[known], samples))


def tell(found: Found) -> None:
    """Print the tables."""
    size = found.size
    print(
        f"{found.task}, seed {found.seed}: {len(TIERS) * size.each} demonstrations, {size.subsets} subsets of a third "
        f"× {size.rollouts} rollouts, ridge of ΔM {found.ridge:.3g}, {found.taken_s:.0f} s"
    )
    for name, share in found.tiers.items():
        success, loss, on_target = found.tier_gains[name]
        print(
            f"  {name:8s} experts succeed {share:.2f}; mean Δsuccess {success:+.3f}, mean ΔM {loss:+.5f}, "
            f"measured on those that succeeded {on_target:+.5f}"
        )
    print(
        f"  reliability of Δsuccess {found.reliability_success:.2f}, of ΔM {found.reliability_gain:.2f}, "
        f"of ΔM measured on those that succeeded {found.reliability_target:.2f}"
    )
    print("\n  Spearman's ρ with Δsuccess, 95 % over demonstrations")
    for name, rho in found.rho.items():
        said = "–" if rho.value is None else f"{rho.value:+.2f} [{rho.low:+.2f}, {rho.high:+.2f}]"
        print(f"    {name:38s} {said}")
    print(f"\n  trained on; success in {size.scenes} unseen scenes, ± over {size.seeds} policies")
    for choice in found.choices:
        print(f"    {choice.name:52s} {choice.success:.2f} ± {choice.error:.2f}")


def main() -> None:
    """Run once and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", default="pick-place-v3")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if find_spec("metaworld") is None:
        print(f"Needs Meta-World, the extra `sim`:\n{INSTALL}")
        sys.exit(0)
    found = run(options.task, options.seed, FULL if options.full else QUICK, options.workers)
    if options.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        tell(found)


if __name__ == "__main__":
    main()
