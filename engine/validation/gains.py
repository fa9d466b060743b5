"""The gain of every clip: trunks are trained, frozen, and read by the closed-form estimator. Needs torch.

What comes out depends on the clips and the settings, never on a reward: a cache serves the next reward in seconds.
"""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.encoded_trunk import EncodedTrunk, encode
from engine.validation.from_scratch import Trainings
from engine.validation.head_losses import head_losses
from engine.validation.measured import Measured
from engine.validation.progress import Progress
from engine.validation.trials import gain_cells, least_loss_ridge, measuring_clips, other_gains, trials_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from engine.validation.cloning_data import CloningData
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
    on_progress: Callable[[float, str], None] | None = None,
    cancelled: CancelCheck | None = None,
) -> Measured:
    """The gains of all clips of the rotations `turns`. Raises `TooLittleData` where a half has nothing to measure."""
    key = _fingerprint(data, turns)
    # The first trunk of each rotation chooses how it is regularised; the others of the rotation follow it.
    plan = [(rotation, trunk) for trunk in range(data.effort.trunk_seeds) for rotation in range(len(turns))]
    encodings: list[Future[EncodedTrunk]] = []
    progress = Progress(len(plan), on_progress, cancelled, from_scratch=data.effort.full_trainings > 0)

    def encoded(number: int) -> EncodedTrunk:
        rotation, trunk = plan[number]
        stored = cache / f"trunk-{key}-{seed}-{rotation}-{trunk}.npz"
        trunk_seed = (seed * 100 + rotation) * 100 + trunk
        choice = encodings[rotation].result().choice if trunk else None
        return encode(data, turns[rotation], trunk_seed, stored, lambda share: progress.trunk(number, share), choice)

    scratch = Trainings(
        data,
        turns[0],
        seed=seed,
        stored=cache / f"full-{key}-{seed}-{data.effort.full_steps}.npz",
        on_progress=progress.full,
    )
    with ThreadPoolExecutor(max(1, workers)) as threads:
        try:
            for number in range(len(plan)):
                encodings.append(threads.submit(encoded, number))  # noqa: PERF401  # each looks up those before it
            trainings = scratch.start(threads)
            if not trainings:
                progress.full(1.0)
            trunks = [encoding.result() for encoding in encodings]
            found = measured_by(
                data,
                turns,
                [rotation for rotation, _ in plan],
                trunks,
                seed=seed,
                threads=threads,
                on_progress=progress.gains,
            )
            for training in trainings:
                training.result()
        except BaseException:
            threads.shutdown(wait=True, cancel_futures=True)  # what has not begun need not
            raise
    reused = {"trunks": sum(trunk.reused for trunk in trunks), "trainings": scratch.reused}
    return found.with_more(scratch.found(), reused)


def measured_by(
    data: CloningData,
    turns: Sequence[Rotation],
    rotation: Sequence[int],
    trunks: Sequence[EncodedTrunk],
    *,
    seed: int,
    threads: ThreadPoolExecutor,
    on_progress: Callable[[int, float], None],
) -> Measured:
    """What these trunks measure; each is of the turn that `rotation` names. `on_progress(trunk, share)`."""
    trials = [
        trial
        for number, trunk in enumerate(trunks)
        for trial in trials_of(data, trunk, turns[rotation[number]], number, seed)
    ]
    ridge = least_loss_ridge(data, trials, seed, threads)
    cells = gain_cells(data, trials, ridge, seed, threads, on_progress)
    other_ridges, other_bases = other_gains(data, trials, ridge, seed, threads)
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
