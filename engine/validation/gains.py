"""The gain of every clip: trunks are trained, frozen, and read by the closed-form estimator. Needs torch.

What comes out depends on the clips and the settings, never on a reward: a cache serves the next reward in seconds.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.compute import ON_CPU, Compute
from engine.validation.head_losses import head_losses
from engine.validation.heads import NumpyHeads
from engine.validation.measured import Measured
from engine.validation.networks import Networks
from engine.validation.progress import Progress
from engine.validation.trials import gain_cells, least_loss_ridge, measuring_clips, other_gains, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.validation.cloning_data import CloningData
    from engine.validation.encoded_trunk import EncodedTrunk
    from engine.validation.heads import Heads
    from engine.validation.pools import Rotation
    from engine.video.types import CancelCheck


__all__ = ["measure", "measured_by"]


def measure(
    data: CloningData,
    turns: Sequence[Rotation],
    *,
    seed: int,
    cache: Path,
    workers: int = 2,
    compute: Compute = ON_CPU,
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> Measured:
    """The gains of all clips of the rotations `turns`, computed on `compute` as far as its memory allows.

    Raises `TooLittleData` where a half has nothing to measure.
    """
    effort, heads = data.effort, _heads(compute)
    progress = Progress(effort.trunk_seeds * len(turns), on_progress, cancelled, from_scratch=effort.full_trainings > 0)
    networks = Networks(data, turns, _fingerprint(data, turns), seed=seed, cache=cache, progress=progress)
    with ThreadPoolExecutor(max(1, workers)) as threads:
        try:
            networks.train(compute, threads)
            found = measured_by(
                data,
                turns,
                networks.rotation,
                networks.trunks(),
                seed=seed,
                threads=threads,
                on_progress=progress.gains,
                heads=heads,
            )
            scratch = networks.from_scratch()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)  # what has not begun need not
            raise
    computed_on = {**networks.computed_on, "gains": heads.computed_on}
    return found.with_more(scratch, networks.reused, computed_on)


def _heads(compute: Compute) -> Heads:
    """What solves heads there."""
    if not compute.stacked:
        return NumpyHeads()
    from engine.validation.device_heads import DeviceHeads

    return DeviceHeads(compute)


def measured_by(
    data: CloningData,
    turns: Sequence[Rotation],
    rotation: Sequence[int],
    trunks: Sequence[EncodedTrunk],
    *,
    seed: int,
    threads: ThreadPoolExecutor,
    on_progress: Callable[[int, float], None],
    heads: Heads | None = None,
) -> Measured:
    """What these trunks measure; each is of the turn that `rotation` names. `on_progress(trunk, share)`.

    `heads` solves them; None for the CPU.
    """
    heads = heads or NumpyHeads()
    trials = [
        trial
        for number, trunk in enumerate(trunks)
        for trial in trials_of(data, trunk, turns[rotation[number]], number, seed)
    ]
    ridge = least_loss_ridge(data, trials, seed, threads, heads)
    cells = gain_cells(data, trials, ridge, seed, threads, heads, on_progress)
    other_ridges, other_bases = other_gains(data, trials, ridge, seed, threads, heads)
    return Measured(
        clip_ids=data.clips.clip_ids,
        video_ids=data.clips.video_ids,
        sums=cells.sums,
        counts=cells.counts,
        measuring=measuring_clips(data),
        rotation=np.array(rotation, np.intp),
        rows_in_motion=data.moving.any(axis=2).sum(axis=1).astype(np.float64),
        ridge=ridge,
        trials=tuple(trials),
        losses=head_losses(data, trunks, trials, ridge, seed, threads),
        other_ridges=other_ridges,
        other_bases=other_bases,
        steps=tuple(trunk.steps for trunk in trunks),
        heads=heads,
    )


def _fingerprint(data: CloningData, turns: Sequence[Rotation]) -> str:
    """Names everything that a trunk depends on."""
    digest = hashlib.sha256()
    for row, clip_id in enumerate(data.clips.clip_ids):
        digest.update(clip_id.encode() + data.clips.target[row].tobytes() + data.clips.state[row].tobytes())
    parts = {
        "version": 4,
        "cloning": data.settings.cloning.model_dump(exclude={"least_skill"}),
        "rotations": [[turn.trunk, turn.held, turn.others] for turn in turns],
        "effort": data.effort.model_dump(include={"trunk_steps", "batch", "learning_rate"}),
    }
    digest.update(json.dumps(parts, sort_keys=True).encode())
    digest.update(data.moving.tobytes())
    return digest.hexdigest()[:24]
