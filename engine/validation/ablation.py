"""What the reward loses without a group of features: Δρ and Δ pair accuracy, paired, and the power to see a drop."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from engine.statistics.correlation import spearman
from engine.statistics.finite import without_nan
from engine.statistics.interval import Estimate, Interval, percentile_interval
from engine.statistics.resampling import resampled_rows
from engine.validation.ablation_report import AblationReport, Drop
from engine.validation.unseen import unseen_rewards
from engine.validation.verdict import DROP_BAR, drop_verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from engine.arrays import Floats, Rows
    from engine.tables.types import ClipTable, PairTable
    from engine.validation.unseen import Fit, UnseenReward


__all__ = ["ablate", "default_groups", "drop_power", "known_groups", "rounds"]


def known_groups(clips: ClipTable) -> list[str]:
    """The feature groups that these clips have, the embedding among them."""
    return [*dict.fromkeys(clips.groups), *(["embedding"] if clips.embedding is not None else [])]


def default_groups(clips: ClipTable) -> list[tuple[str, ...]]:
    """Each group alone, and motion and hands together."""
    known = known_groups(clips)
    both = [("motion", "hands")] if {"motion", "hands"} <= set(known) else []
    return [*both, *((group,) for group in known)]


def rounds(groups: Sequence[tuple[str, ...]]) -> tuple[tuple[str, float], ...]:
    """What is trained, in order, and where in the progress it ends: with everything, then without each of `groups`."""
    names = ("training with all features", *(f"training without {' and '.join(group)}" for group in groups))
    return tuple((name, number / len(names)) for number, name in enumerate(names, start=1))


def ablate(
    clips: ClipTable,
    pairs: PairTable,
    gain: Floats,
    candidates: Rows,
    groups: Sequence[tuple[str, ...]],
    fit: Fit,
    *,
    folds: int,
    seeds: Sequence[int],
    resamples: int,
    seed: int,
    on_progress: Callable[[float, str], None] | None = None,
) -> AblationReport:
    """Train the reward anew without each of `groups`; compare on the same clips, pairs, folds and seeds.

    `gain` `(m,)` belongs to the rows `candidates` `(m,)` of `clips`. Raises `RewardError` for too few pairs.
    """
    videos = [clips.video_ids[i] for i in candidates]
    samples = resampled_rows(videos, resamples, seed)

    def train(table: ClipTable, number: int, name: str) -> UnseenReward:
        def progress(share: float) -> None:
            if on_progress is not None:
                on_progress((number + share) / (len(groups) + 1), name)

        return unseen_rewards(table, pairs, fit, folds=folds, seeds=seeds, wanted=videos, on_progress=progress)

    names = [name for name, _ in rounds(groups)]
    whole = train(clips, 0, names[0])
    own = whole.reward[candidates]
    pair_samples = _pair_samples(clips, pairs, resamples, seed)
    rows = []
    for number, group in enumerate(groups, start=1):
        without = train(clips.without(*group), number, names[number])
        bare = without.reward[candidates]
        draws = np.array([spearman(own[r], gain[r]) - spearman(bare[r], gain[r]) for r in samples])
        drop = percentile_interval(spearman(own, gain) - spearman(bare, gain), draws)
        accuracy_gap = whole.pair_correct - without.pair_correct
        accuracy = percentile_interval(
            float(np.nanmean(accuracy_gap)) if np.isfinite(accuracy_gap).any() else float("nan"),
            [float(np.nanmean(accuracy_gap[r])) for r in pair_samples if np.isfinite(accuracy_gap[r]).any()],
        )
        power = drop_power(draws)
        standing, sentence = drop_verdict(" and ".join(group), drop, power)
        by_seed = [
            spearman(a[candidates], gain) - spearman(b[candidates], gain)
            for a, b in zip(whole.by_seed, without.by_seed, strict=True)
        ]
        rows.append(
            Drop(
                groups=tuple(group),
                rho=spearman(bare, gain),
                drop=Estimate.of(drop),
                drop_by_seed=tuple(by_seed),
                accuracy=_accuracy(without),
                accuracy_drop=Estimate.of(accuracy),
                power=power,
                standing=standing,
                sentence=sentence,
            )
        )
    return without_nan(
        AblationReport(
            rho=Estimate.of(_rho(own, gain, samples)),
            accuracy=_accuracy(whole),
            pairs=int(np.isfinite(whole.pair_correct).sum()),
            clips=len(candidates),
            sources=len(set(videos)),
            rows=tuple(rows),
        )
    )


def drop_power(draws: Floats, drop: float = DROP_BAR) -> float:
    """The probability that a true drop of `drop` gives an interval above 0, from the spread of bootstrap draws.

    Two-sided at 95 %, by the normal approximation.
    """
    spread = float(np.nanstd(draws))
    if not np.isfinite(spread):
        return float("nan")
    return float(NormalDist().cdf(drop / spread - NormalDist().inv_cdf(0.975))) if spread > 0 else 1.0


def _rho(reward: Floats, gain: Floats, samples: list[Rows]) -> Interval:
    return percentile_interval(spearman(reward, gain), [spearman(reward[r], gain[r]) for r in samples])


def _accuracy(unseen: UnseenReward) -> float:
    known = unseen.pair_correct[np.isfinite(unseen.pair_correct)]
    return float(known.mean()) if len(known) else float("nan")


def _pair_samples(clips: ClipTable, pairs: PairTable, n: int, seed: int) -> list[Rows]:
    """Bootstrap samples of pairs, whole sources of their left clips at a time."""
    return resampled_rows([clips.video_ids[i] for i in pairs.left], n, seed + 1)
