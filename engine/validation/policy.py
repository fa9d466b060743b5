"""Policies from the behaviour-cloning network, for rollouts: `cloning_learner` joins the two. Needs torch.

Everything that rollouts need to know of the network is here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from engine.cancel import Cancelled
from engine.errors import TooLittleData
from engine.sample.live import Observation
from engine.validation.actions import LOOKS_BACK, STATE, STATE_OFFSETS, USUAL_LOG_SIZE
from engine.validation.cloning_data import cloning_data, moving_rows
from engine.validation.encoded_trunk import HeadInputs, train_rotation
from engine.validation.estimator import (
    Judge,
    Pool,
    base_keys,
    base_members,
    base_size,
    clip_weights,
    fit_head,
    huber,
)
from engine.validation.hand_series import HANDS
from engine.validation.learner import Learner
from engine.validation.pools import halves, rotations
from engine.validation.trials import RIDGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Flags
    from engine.validation.cloning import CloningClip
    from engine.validation.cloning_data import CloningData
    from engine.validation.learner import Policy
    from engine.validation.pools import Rotation
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.trunk import Trunk
    from engine.video.types import CancelCheck

__all__ = ["cloning_learner", "observed_state"]

_LEAST_CLIPS = 12
_BASES = 20
_AT = STATE_OFFSETS


def cloning_learner(
    clips: Sequence[CloningClip],
    frames: Mapping[str, NDArray[np.uint8]],
    settings: ValidationSettings,
    effort: EffortSettings,
    *,
    steps: int,
    seed: int,
    cancelled: CancelCheck | None = None,
) -> Learner:
    """Behaviour cloning on these clips, as a validation does it, but for whole networks, which train for `steps` on
    rows in motion alone. Raises `TooLittleData`."""
    data = cloning_data(clips, frames, settings, effort)
    counted = int(data.moving.any(axis=(1, 2)).sum())
    if counted < _LEAST_CLIPS:
        raise TooLittleData(
            f"hands move in {counted} clips, and a choice among them takes {_LEAST_CLIPS}",
            remedy="Import more videos in which hands can be followed.",
        )
    turn = rotations(moving_rows(data), Counter(data.clips.video_ids), settings.pools, seed=seed)[0]
    work = _Training(data, turn, steps, seed, cancelled)
    return Learner(
        clip_ids=data.clips.clip_ids,
        motion=np.asarray(data.moving.any(axis=2).sum(axis=1), np.int64),
        head_clips=work.heads_learn,
        networks=work.network,
        heads=work.head,
        loss=work.loss,
        frame=(settings.cloning.width_px, settings.cloning.height_px),
        fingerprint=_fingerprint(data, turn, steps, seed),
    )


class _Training:
    """Trains networks on chosen clips, and heads on one frozen trunk that is trained when it is first needed.

    One rotation's trunk is frozen; heads learn from half of the other videos, and the other half measures the loss.
    """

    def __init__(self, data: CloningData, turn: Rotation, steps: int, seed: int, cancelled: CancelCheck | None) -> None:
        self._data, self._turn, self._steps, self._seed, self._cancelled = data, turn, steps, seed, cancelled
        self._row = {clip_id: row for row, clip_id in enumerate(data.clips.clip_ids)}
        measuring = {data.clips.video_ids[row] for row in np.flatnonzero(data.measured.any(axis=(1, 2)))}
        marks = np.array([name in measuring for name in turn.others], bool)
        (first,) = halves(turn.others, marks, 1, seed=seed * 1000 + 999)
        learning = tuple(name for name, mine in zip(turn.others, first, strict=True) if mine)
        self.heads_learn: Flags = data.of_sources(learning) & data.moving.any(axis=(1, 2))
        """`(n,)`: the clips that heads may learn from."""
        self._held_out: Flags = data.of_sources(turn.others) & ~data.of_sources(learning)
        self._lock = Lock()
        self._frozen: tuple[Trunk, HeadInputs, Pool, float] | None = None

    def network(self, clip_ids: Sequence[str], seed: int, on_progress: Callable[[float], None]) -> Policy:
        """A whole network, from scratch."""
        from engine.validation.training import CHOICES, train_trunk
        from engine.validation.trunk import trunk_actions
        from engine.validation.trunk_batches import TrainingRows

        data = self._data
        rows = np.array([self._row[clip_id] for clip_id in clip_ids], np.intp)
        chosen = data.clips.take(rows)
        moving: Flags = data.moving[rows]
        if moving.any():
            present = chosen.present & np.asarray(moving.any(axis=2))[..., None]
            chosen = replace(chosen, valid=chosen.valid & moving, present=present)
        trunk = train_trunk(
            TrainingRows(chosen, data.scale),
            None,
            data.effort,
            CHOICES[0],
            steps=self._steps,
            seed=self._seed * 1000 + seed,
            on_progress=self._unless_cancelled(on_progress),
        ).trunk

        def policy(seen: Sequence[Observation]) -> NDArray[np.float32]:
            return np.asarray(trunk_actions(trunk, _pictures(seen), observed_state(seen)) * data.scale, np.float32)

        return policy

    def head(self, clip_ids: Sequence[str], seed: int, on_progress: Callable[[float], None]) -> Policy:
        """A head in closed form on the frozen trunk; `seed` changes nothing. The first one trains the trunk."""
        from engine.validation.trunk import trunk_code

        with self._lock:
            if self._frozen is None:
                self._frozen = self._frozen_trunk(self._unless_cancelled(on_progress))
        trunk, inputs, pool, ridge = self._frozen
        weights = fit_head(pool, np.isin(np.array(self._data.clips.clip_ids), np.array(clip_ids)), ridge).weights

        def policy(seen: Sequence[Observation]) -> NDArray[np.float32]:
            state = observed_state(seen)
            codes = trunk_code(trunk, _pictures(seen), state)
            features = inputs.features(codes[:, None].astype(np.float64), state[:, None].astype(np.float64))[:, 0]
            return np.asarray(np.einsum("nhd,hdo->nho", features, weights) * self._data.scale, np.float32)

        return policy

    def loss(self, policy: Policy) -> float:
        """Mean Huber loss on the held-out videos, in scales; every clip weighs the same."""
        clips = self._data.clips
        counts = self._data.measured & self._held_out[:, None, None]
        kept = counts.any(axis=2)
        seen = [
            _observation(frames, state, palm)
            for frames, state, palm in zip(clips.frames[kept], clips.state[kept], clips.palm[kept], strict=True)
        ]
        missed = huber(((policy(seen) - clips.target[kept]) / self._data.scale).astype(np.float64)).mean(axis=-1)
        weight = clip_weights(counts)[kept]
        return float((missed * weight).sum() / weight.sum())

    def _unless_cancelled(self, on_progress: Callable[[float], None]) -> Callable[[float], None]:
        def step(share: float) -> None:
            if self._cancelled is not None and self._cancelled():
                raise Cancelled
            on_progress(share)

        return step

    def _frozen_trunk(self, on_progress: Callable[[float], None]) -> tuple[Trunk, HeadInputs, Pool, float]:
        """The trunk, what heads see of it, the clips they learn from, and the ridge of the least loss at base size."""
        from engine.validation.trunk import trunk_code

        data, clips = self._data, self._data.clips
        trunk = train_rotation(data, self._turn, self._seed * 1000, on_progress).trunk
        codes = np.zeros((*clips.there.shape, trunk.code.out_features))
        codes[clips.there] = trunk_code(trunk, clips.frames[clips.there], clips.state[clips.there])
        own = data.of_sources((*self._turn.trunk, *self._turn.held))
        state = clips.state.astype(np.float64)
        inputs = HeadInputs.of(codes[own], state[own], data.moving[own])
        pool = Pool(
            video=data.video,
            features=inputs.features(codes, state),
            target=(clips.target / data.scale).astype(np.float64),
            weight=clip_weights(data.moving),
        )
        judge = Judge(pool, self._held_out, clip_weights(data.measured), len(data.video_ids))
        size = base_size(int(self.heads_learn.sum()), data.settings.pools.base_share)
        keys = base_keys(clips.clip_ids, _BASES, self._seed * 1000 + 56)
        bases = [base_members(row, self.heads_learn, size) for row in keys]
        losses = [
            sum(float(judge.losses(fit_head(pool, base, ridge).weights).sum()) for base in bases) for ridge in RIDGES
        ]
        return trunk, inputs, pool, RIDGES[int(np.argmin(losses))]


def observed_state(seen: Sequence[Observation]) -> NDArray[np.float32]:
    """`(n, 2, STATE)`: what the hands' tracks would say in these scenes (see `engine.validation.actions.STATE`)."""
    state = np.zeros((len(seen), HANDS, STATE), np.float32)
    for row, one in zip(state, seen, strict=True):
        there = one.present
        row[there, _AT["present"]] = 1
        row[there, _AT["way_known"] : _AT["way_known"] + len(LOOKS_BACK)] = 1
        row[there, _AT["place"] : _AT["place"] + 2] = one.palm[there] - 0.5
        row[there, _AT["size"]] = np.log(np.maximum(one.palm_length[there], 1e-3)) - USUAL_LOG_SIZE
        row[there, _AT["way"] : _AT["way_known"]] = one.way[there].reshape(-1, 2 * len(LOOKS_BACK))
        row[there, _AT["grip"]] = one.grip[there]
    return state


def _observation(frames: NDArray[np.uint8], state: NDArray[np.float32], palm: NDArray[np.float32]) -> Observation:
    """A row of a clip as a scene would show it."""
    return Observation(
        frames=frames,
        palm=palm,
        palm_length=np.exp(state[:, _AT["size"]] + USUAL_LOG_SIZE),
        way=state[:, _AT["way"] : _AT["way_known"]].reshape(HANDS, len(LOOKS_BACK), 2),
        grip=state[:, _AT["grip"]],
        present=state[:, _AT["present"]] > 0,
    )


def _pictures(seen: Sequence[Observation]) -> NDArray[np.uint8]:
    """`(n, 6, height, width)`."""
    return np.stack([one.frames for one in seen])


def _fingerprint(data: CloningData, turn: Rotation, steps: int, seed: int) -> str:
    digest = hashlib.sha256()
    for clip_id, target, state in zip(data.clips.clip_ids, data.clips.target, data.clips.state, strict=True):
        digest.update(clip_id.encode() + target.tobytes() + state.tobytes())
    settings, effort = data.settings, data.effort
    parts = [
        3,
        steps,
        settings.cloning.model_dump(),
        settings.pools.model_dump(),
        effort.model_dump(),
        turn.trunk,
        seed,
    ]
    digest.update(json.dumps(parts, sort_keys=True).encode())
    return digest.hexdigest()[:24]
