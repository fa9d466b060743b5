"""Rewards of clips by models that saw no label of their source: what ρ must be measured on."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import RewardError
from engine.features.device import free_device_memory, is_out_of_memory
from engine.validation.compute import ON_CPU, trained_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Floats, Rows
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.tables.types import ClipTable, PairTable
    from engine.validation.compute import Compute

    Fit = Callable[[ClipTable, PairTable, int], Floats]

__all__ = ["RewardFit", "UnseenReward", "folds_of", "unseen_rewards", "unseen_robot"]

FEWEST_PAIRS = 10
"""A reward learned from fewer answered pairs says nothing."""


@dataclass(frozen=True)
class UnseenReward:
    """Scores of all `n` clips, each by rewards that saw no label of its source, and how pairs came out."""

    reward: Floats
    """`(n,)`, in standard deviations of all clips' rewards; NaN where a clip could not be scored."""
    by_seed: Floats
    """`(seeds, n)`: the same by each seed."""
    pair_correct: Floats
    """`(n_pairs,)`: 1 where the reward agrees with the answer, 0 where not, ½ for equal rewards, by models that learned
    from neither the pair nor anything of at least one of its videos; NaN for ties and for pairs of no held-out clip."""


class RewardFit:
    """The training that a reward has, as a function of clips, pairs and seed that gives every clip's reward.

    It is done on the device of a measurement, where the reward's own settings name none, and on the CPU from the moment
    when the memory of a graphics card is full.
    """

    def __init__(self, model: ModelSettings, training: TrainingSettings, compute: Compute = ON_CPU) -> None:
        self._model, self._training, self._compute = model, trained_on(training, compute), compute
        self._used: dict[str, None] = {}

    @property
    def computed_on(self) -> str:
        """The device that trained rewards so far, as people call it."""
        return ", ".join(self._used)

    def __call__(self, clips: ClipTable, pairs: PairTable, seed: int) -> Floats:
        """`(n,)`."""
        found = self._fitted(clips, pairs, seed)
        if found is None:
            free_device_memory()
            self._compute.give_up("training rewards")
            self._training = trained_on(self._training, ON_CPU, whatever=True)
            found = self._fitted(clips, pairs, seed)
        if found is None:
            raise MemoryError("no memory to train a reward in")
        self._used[self._device] = None
        return found

    @property
    def _device(self) -> str:
        device = self._training.optimiser.device
        return ON_CPU.name if device == "cpu" else self._compute.name if self._compute.stacked else device

    def _fitted(self, clips: ClipTable, pairs: PairTable, seed: int) -> Floats | None:
        """None where the memory of the device is full."""
        from engine.reward.fit import fit_reward

        try:
            return fit_reward(clips, pairs, self._model, self._training, seed=seed).score(clips).reward
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        return None


def folds_of(video_ids: Sequence[str], n_folds: int, wanted: Sequence[str] | None = None) -> Rows:
    """`(n,)`: the fold of each clip, −1 for sources that are not `wanted`; a source's clips share one fold."""
    chosen = set(video_ids if wanted is None else wanted)
    sources = sorted(chosen, key=lambda name: (zlib.crc32(name.encode()), name))
    place = {name: i % n_folds for i, name in enumerate(sources)}
    return np.array([place.get(name, -1) for name in video_ids], np.intp)


def unseen_rewards(
    clips: ClipTable,
    pairs: PairTable,
    fit: Fit,
    *,
    folds: int,
    seeds: Sequence[int],
    wanted: Sequence[str] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> UnseenReward:
    """Fit once a fold and seed on the pairs that touch no clip of the fold, and let that score the fold.

    Only the sources `wanted` are held out and scored (all, where None): labels of the others help every fit. Fits run
    one after the other: their dropout draws from one generator of the whole process.

    Rewards of two fits differ by a constant and a factor that no pair determines, so each is first brought to mean 0
    and standard deviation 1 over all clips. Raises `RewardError` where a fold leaves too few pairs.
    """
    fold, folds = _parts(clips, pairs, folds, wanted)
    left, right = fold[pairs.left], fold[pairs.right]
    jobs = [(seed_row, seed, f) for seed_row, seed in enumerate(seeds) for f in range(folds)]
    scores = np.full((len(seeds), len(clips)), np.nan)
    agreed, asked = np.zeros((len(seeds), len(pairs))), np.zeros((len(seeds), len(pairs)))

    for done, (seed_row, seed, f) in enumerate(jobs, start=1):
        kept = np.flatnonzero((left != f) & (right != f))
        raw = fit(clips, pairs.take(kept), seed)
        if not np.isfinite(raw).any():
            raise RewardError("no clip could be scored", remedy="Extract features of the clips first.")
        standard = (raw - np.nanmean(raw)) / (np.nanstd(raw) or 1.0)
        own = fold == f
        scores[seed_row, own] = standard[own]
        held = ((left == f) | (right == f)) & (pairs.target != 0.5)
        gap = standard[pairs.left] - standard[pairs.right]
        agrees = np.where(gap == 0, 0.5, (gap > 0) == (pairs.target > 0.5)).astype(np.float64)
        held &= np.isfinite(gap)
        agreed[seed_row, held] += agrees[held]
        asked[seed_row, held] += 1
        if on_progress is not None:
            on_progress(done / len(jobs))

    correct = np.where(asked > 0, agreed / np.maximum(asked, 1), np.nan)
    return UnseenReward(scores.mean(axis=0), scores, correct.mean(axis=0))


def _parts(clips: ClipTable, pairs: PairTable, folds: int, wanted: Sequence[str] | None) -> tuple[Rows, int]:
    """The fold of each clip, and how many there are: `folds`, or more where these would leave too few pairs, for the
    fewer sources are held out at once, the more pairs are left. Raises `RewardError` where none leaves enough."""
    most = len(set(clips.video_ids if wanted is None else wanted))
    fewest: list[int] = []
    for count in dict.fromkeys((folds, *(min(most, folds * more) for more in (2, 4)), most)):
        fold = folds_of(clips.video_ids, count, wanted)
        left, right = fold[pairs.left], fold[pairs.right]
        fewest.append(min(int(np.sum((left != f) & (right != f))) for f in range(count)))
        if fewest[-1] >= FEWEST_PAIRS:
            return fold, count
    raise RewardError(
        f"{len(pairs)} answered pairs are too few to score clips by rewards that saw nothing of their source: "
        f"without the pairs about one of {folds} groups of videos {fewest[0]} are left, and it takes {FEWEST_PAIRS}",
        remedy="Label more pairs, of clips from more videos.",
    )


def unseen_robot(
    clips: ClipTable,
    pairs: PairTable,
    places: Rows,
    gain: Floats,
    model: ModelSettings,
    training: TrainingSettings,
    *,
    folds: int,
    seed: int,
) -> Floats | None:
    """`(len(places),)`: the gains that a robot head expects which learned from labels and gains of other sources only.

    `gain` belongs to the rows `places` of `clips`. None where there are too few sources to hold some out.
    """
    from engine.reward.fit import fit_reward

    fold = folds_of(clips.video_ids, folds, [clips.video_ids[place] for place in places])
    found = np.full(len(places), np.nan)
    for f in range(folds):
        learning, held = fold[places] != f, fold[places] == f
        kept = np.flatnonzero((fold[pairs.left] != f) & (fold[pairs.right] != f))
        if learning.sum() < FEWEST_PAIRS or len(kept) < FEWEST_PAIRS or not held.any():
            return None
        gains = places[learning], gain[learning]
        scores = fit_reward(clips, pairs.take(kept), model, training, seed=seed, gains=gains).score(clips)
        if scores.robot_reward is None:
            return None
        found[held] = scores.robot_reward[places[held]]
    return found
