"""The gain of every candidate clip: trunks are trained, frozen, and read by the closed-form estimator. Needs torch.

What comes out depends on the clips and the settings, never on a reward: a cache serves the next reward in seconds.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from engine.cancel import Cancelled
from engine.errors import TooLittleData
from engine.validation.cloning import gather, robust_scale
from engine.validation.encoded_pools import EncodedPools, PoolFrames, encode_pools
from engine.validation.estimator import add_one_in, base_keys, set_losses
from engine.validation.from_scratch import Trainings
from engine.validation.measured import Measured, TrunkRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Floats
    from engine.validation.cloning import CloningClip
    from engine.validation.pools import Pools
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.video.types import CancelCheck


__all__ = ["measure"]

RIDGES = (30.0, 100.0, 300.0, 1000.0, 3000.0)
RIDGE_TOLERANCE = 0.02
"""The strongest ridge whose loss is within this share of the best one's is taken (see `_ridge`), much as the rule of
one standard error does (Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 7.10). The share was
chosen on three sample workspaces (seeds 101, 102, 103): what is found on those is no test of it."""
POOLS = ("trunk", "candidates", "validation")
OTHER_BASES = (0.05, 0.2, 0.3, 0.5, 0.9)


def measure(
    clips: Sequence[CloningClip],
    frames: Mapping[str, NDArray[np.uint8]],
    pools: Pools,
    settings: ValidationSettings,
    effort: EffortSettings,
    *,
    seed: int,
    cache: Path,
    workers: int = 2,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> Measured:
    """The gains of all candidate clips. Raises `TooLittleData` where a pool has nothing to learn from or to measure."""
    sets = _pool_frames(clips, frames, pools, settings, effort)
    key = _fingerprint(clips, pools, settings, effort)
    progress = _Progress(effort.trunk_seeds, on_progress, cancelled)

    def encoded(index: int) -> EncodedPools:
        stored = cache / f"world-{key}-{seed}-{index}.npz"
        return encode_pools(sets, seed * 1000 + index, stored, lambda share: progress.trunk(index, share))

    def gained(index: int, pools: EncodedPools, ridge: float) -> TrunkRun:
        keys = base_keys(pools.pool.clip_ids, effort.bases, seed * 1000 + index)
        gains = add_one_in(
            pools.pool,
            pools.validation,
            base_share=settings.pools.base_share,
            ridge=ridge,
            keys=keys,
            on_progress=lambda share: progress.gains(index, share),
        )
        return TrunkRun(
            seed=seed * 1000 + index,
            pool=pools.pool,
            validation=pools.validation,
            ridge=ridge,
            gains=gains,
            skill=pools.skill,
        )

    scratch = Trainings(
        sets.candidates,
        sets.validation,
        sets.sure,
        sets.scale,
        effort,
        seed=seed,
        stored=cache / f"full-{key}-{seed}-{effort.full_steps}.npz",
        on_progress=progress.full,
    )
    with ThreadPoolExecutor(max(1, workers)) as threads:
        try:
            encodings = [threads.submit(encoded, index) for index in range(effort.trunk_seeds)]
            trainings = scratch.start(threads)
            pools_by_trunk = [encoding.result() for encoding in encodings]
            ridge = _ridge(pools_by_trunk)
            runs = tuple(
                threads.map(lambda index: gained(index, pools_by_trunk[index], ridge), range(effort.trunk_seeds))
            )
            curve = _base_curve(runs, effort, settings, threads)
            for training in trainings:
                training.result()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)  # what has not begun need not
            raise
    found = scratch.found()
    return Measured(
        clip_ids=sets.candidates.clip_ids,
        video_ids=sets.candidates.video_ids,
        runs=runs,
        subsets=found.subsets,
        subset_losses=found.losses,
        subset_repeats=found.repeats,
        base_curve=curve,
        reused={"trunks": sum(one.reused for one in pools_by_trunk), "trainings": found.reused},
    )


def _pool_frames(
    clips: Sequence[CloningClip],
    frames: Mapping[str, NDArray[np.uint8]],
    pools: Pools,
    settings: ValidationSettings,
    effort: EffortSettings,
) -> PoolFrames:
    """The frames and actions of the clips, pool by pool. Raises `TooLittleData`."""
    cloning = settings.cloning
    mine: dict[str, list[CloningClip]] = {name: [] for name in POOLS}
    pool_of = {video_id: name for name in POOLS for video_id in getattr(pools, name)}
    for clip in clips:
        if clip.video_id in pool_of:
            mine[pool_of[clip.video_id]].append(clip)
    trunk_set = gather(mine["trunk"], frames, cloning, cloning.trunk_frames_per_clip)
    candidates = gather(mine["candidates"], frames, cloning, cloning.frames_per_clip)
    validation = gather(mine["validation"], frames, cloning, cloning.frames_per_clip)
    if not trunk_set.valid.any() or len(candidates) < 10:
        raise TooLittleData(
            f"{len(candidates)} candidate clips and {int(trunk_set.valid.any(axis=2).sum())} frames for the trunk "
            "are too little",
            remedy="Import more videos in which hands can be followed.",
        )
    scale = robust_scale(validation, cloning.least_confidence)
    return PoolFrames(
        trunk=trunk_set, candidates=candidates, validation=validation, scale=scale, settings=settings, effort=effort
    )


class _Progress:
    """One number over all that goes on side by side; asks at each step whether to go on."""

    PARTS = (("training networks", 0.25), ("measuring gains", 0.15), ("training from scratch", 0.6))

    def __init__(
        self, trunks: int, on_progress: Callable[[float, str], None] | None, cancelled: CancelCheck | None
    ) -> None:
        self._done = {name: [0.0] * trunks for name, _ in self.PARTS}
        self._on_progress, self._cancelled = on_progress, cancelled

    def trunk(self, index: int, share: float) -> None:
        self._tell("training networks", index, share)

    def gains(self, index: int, share: float) -> None:
        self._tell("measuring gains", index, share)

    def full(self, share: float) -> None:
        done = self._done["training from scratch"]
        done[:] = [share] * len(done)
        self._tell("training from scratch", 0, share)

    def _tell(self, name: str, index: int, share: float) -> None:
        """Raises `Cancelled`."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        self._done[name][index] = share
        if self._on_progress is not None:
            total = sum(weight * sum(self._done[part]) / len(self._done[part]) for part, weight in self.PARTS)
            self._on_progress(total, name)


def _ridge(encodings: Sequence[EncodedPools]) -> float:
    """The strongest ridge with which heads trained on all candidates do almost as well as the best: one for all clips.

    The spirit of the one-standard-error rule (L. Breiman et al., 1984). The loss is flat over a decade of ridges there,
    but a weak one leaves small bases overfitted, and then any clip helps that merely calms the head, still hands first.
    """
    losses = np.array(
        [
            [set_losses(one.pool, one.validation, np.ones((1, len(one.pool)), bool), ridge)[0] for one in encodings]
            for ridge in RIDGES
        ]
    ).mean(axis=1)
    almost = np.flatnonzero(losses <= losses.min() * (1 + RIDGE_TOLERANCE))
    return RIDGES[int(almost.max())]


def _base_curve(
    runs: Sequence[TrunkRun], effort: EffortSettings, settings: ValidationSettings, threads: ThreadPoolExecutor
) -> dict[float, Floats]:
    """Gains at other base sizes, from fewer bases: the curve is for looking at."""
    n_bases = max(4, effort.bases // 10)

    def measured(share: float) -> Floats:
        rows = [
            add_one_in(
                run.pool,
                run.validation,
                base_share=share,
                ridge=run.ridge,
                keys=base_keys(run.pool.clip_ids, n_bases, run.seed),
            )
            for run in runs
        ]
        return np.asarray(np.concatenate(rows).mean(axis=0))

    curve = dict(zip(OTHER_BASES, threads.map(measured, OTHER_BASES), strict=True))
    curve[settings.pools.base_share] = np.concatenate([run.gains for run in runs]).mean(axis=0)
    return dict(sorted(curve.items()))


def _fingerprint(
    clips: Sequence[CloningClip], pools: Pools, settings: ValidationSettings, effort: EffortSettings
) -> str:
    """Names everything that gains depend on."""
    digest = hashlib.sha256()
    for clip in sorted(clips, key=lambda clip: clip.clip_id):
        digest.update(clip.clip_id.encode() + clip.actions.target.tobytes())
    parts = {
        "version": 2,
        "cloning": settings.cloning.model_dump(),
        "pools": [pools.trunk, pools.candidates, pools.validation],
        "effort": effort.model_dump(
            exclude={
                "trunk_seeds",
                "bases",
                "full_trainings",
                "full_steps",
                "full_repeats",
                "resamples",
                "reward_seeds",
                "reward_folds",
            }
        ),
    }
    digest.update(json.dumps(parts, sort_keys=True).encode())
    return digest.hexdigest()[:24]
