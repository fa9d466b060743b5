"""Policies from the behaviour-cloning network, for rollouts: `cloning_learner` joins the two. Needs torch.

Everything that rollouts need to know of the network is here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cancel import Cancelled
from engine.errors import TooLittleData
from engine.sample.live import Observation
from engine.validation.cloning import CloningSet, gather, robust_scale
from engine.validation.estimator import Pool, fit_head, huber, set_losses
from engine.validation.learner import Learner
from engine.validation.pools import split_sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from engine.arrays import Floats, Rows
    from engine.validation.cloning import CloningClip
    from engine.validation.learner import Policy
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.trunk import Trunk
    from engine.video.types import CancelCheck

__all__ = ["cloning_learner"]

_LEAST_CLIPS = 12
_RIDGES = (1.0, 10.0, 100.0, 1000.0, 10_000.0)
_IN_MOTION = 0.3
"""A row is in motion where the largest number of its target is above so many scales."""


def cloning_learner(
    clips: Sequence[CloningClip],
    frames: Mapping[str, NDArray[np.uint8]],
    settings: ValidationSettings,
    effort: EffortSettings,
    *,
    seed: int,
    cancelled: CancelCheck | None = None,
) -> Learner:
    """Behaviour cloning on these clips, as a validation does it. Raises `TooLittleData`."""
    cloning = settings.cloning
    data = gather(clips, frames, cloning, cloning.trunk_frames_per_clip)
    if len(data) < _LEAST_CLIPS:
        raise TooLittleData(
            f"{len(data)} clips show hands that can be followed, and a choice among them takes {_LEAST_CLIPS}",
            remedy="Import more videos in which hands can be followed.",
        )
    actions = _summed(data.video_ids, data.valid.any(axis=2).sum(axis=1))
    pools = split_sources(actions, _summed(data.video_ids, np.ones(len(data), int)), settings.pools, seed=seed)
    pool_of = np.array([pools.of(video_id) for video_id in data.video_ids])
    held_out = _take(data, np.flatnonzero(pool_of == "validation"))
    scale = robust_scale(held_out, cloning.least_confidence)
    work = _Training(data, pool_of, scale, settings, effort, seed, cancelled)
    moving = data.valid & ((np.abs(data.target) / scale).max(axis=-1) > _IN_MOTION)
    return Learner(
        clip_ids=data.clip_ids,
        motion=np.asarray(moving.any(axis=2).sum(axis=1), np.int64),
        head_clips=np.asarray(pool_of == "candidates"),
        networks=work.network,
        heads=work.head,
        loss=work.loss,
        frame=(cloning.width_px, cloning.height_px),
        fingerprint=_fingerprint(data, settings, effort, seed),
    )


class _Training:
    """Trains networks on chosen clips, and heads on one frozen trunk that is trained when it is first needed."""

    def __init__(
        self,
        data: CloningSet,
        pool_of: NDArray[np.str_],
        scale: NDArray[np.float32],
        settings: ValidationSettings,
        effort: EffortSettings,
        seed: int,
        cancelled: CancelCheck | None,
    ) -> None:
        self._data, self._pool_of, self._scale, self._effort, self._seed = data, pool_of, scale, effort, seed
        self._held_out = _take(data, np.flatnonzero(pool_of == "validation"))
        self._sure = self._held_out.sure(settings.cloning.least_confidence)
        self._base_share = settings.pools.base_share
        self._cancelled = cancelled
        self._row = {clip_id: row for row, clip_id in enumerate(data.clip_ids)}
        self._lock = Lock()
        self._frozen: tuple[Trunk, Pool, float] | None = None

    def network(self, clip_ids: Sequence[str], seed: int) -> Policy:
        """A whole network, from scratch."""
        chosen = np.array([self._row[clip_id] for clip_id in clip_ids], np.intp)
        trunk = self._trained(_take(self._data, chosen), self._seed * 1000 + seed)

        def policy(seen: Sequence[Observation]) -> NDArray[np.float32]:
            return _actions(trunk, seen) * self._scale

        return policy

    def head(self, clip_ids: Sequence[str], seed: int) -> Policy:
        """A head in closed form on the frozen trunk; `seed` changes nothing."""
        with self._lock:
            if self._frozen is None:
                self._frozen = self._frozen_trunk()
        trunk, pool, ridge = self._frozen
        chosen = np.isin(np.array(pool.clip_ids), np.array(clip_ids))
        weights = fit_head(pool, chosen, ridge).weights

        def policy(seen: Sequence[Observation]) -> NDArray[np.float32]:
            features = _features(_codes(trunk, _pictures(seen)))[:, 0]
            return np.asarray(np.einsum("nd,hdo->nho", features, weights) * self._scale, np.float32)

        return policy

    def loss(self, policy: Policy) -> float:
        """Mean Huber loss on the held-out videos, in scales."""
        counted = self._sure.any(axis=2)
        seen = [
            Observation(
                frames=frame, palm=palm, palm_length=np.zeros(2, np.float32), velocity=velocity[:, 2:4],
                grip=np.zeros(2, np.float32), present=present,
            )
            for frame, palm, velocity, present in zip(
                *(getattr(self._held_out, name)[counted] for name in ("frames", "palm", "velocity", "present")),
                strict=True,
            )
        ]  # fmt: skip
        missed = (policy(seen) - self._held_out.target[counted]) / self._scale
        return float(huber(missed[self._sure[counted]].astype(np.float64)).mean())

    def _trained(self, data: CloningSet, seed: int) -> Trunk:
        from engine.validation.trunk import train_trunk

        def asked(_share: float) -> None:
            if self._cancelled is not None and self._cancelled():
                raise Cancelled

        steps = self._effort.trunk_steps
        return train_trunk(data, self._scale, self._effort, steps=steps, seed=seed, on_progress=asked)

    def _frozen_trunk(self) -> tuple[Trunk, Pool, float]:
        """The trunk, the clips that heads learn from as it sees them, and the ridge of the least loss at base size."""
        trunk = self._trained(_take(self._data, np.flatnonzero(self._pool_of == "trunk")), self._seed * 1000)
        candidates = _take(self._data, np.flatnonzero(self._pool_of == "candidates"))
        pool = _pool(trunk, candidates, candidates.valid, self._scale)
        held_out = _pool(trunk, self._held_out, self._sure, self._scale)
        rng = np.random.default_rng([self._seed, 56])
        bases = rng.random((20, len(pool))) < max(self._base_share, 2 / len(pool))
        losses = [set_losses(pool, held_out, bases, ridge).mean() for ridge in _RIDGES]
        return trunk, pool, _RIDGES[int(np.argmin(losses))]


def _pictures(seen: Sequence[Observation]) -> NDArray[np.uint8]:
    """`(n, 1, 6, height, width)`."""
    return np.stack([one.frames for one in seen])[:, None]


def _actions(trunk: Trunk, seen: Sequence[Observation]) -> NDArray[np.float32]:
    from engine.validation.trunk import trunk_code

    return trunk_code(trunk, _pictures(seen))[1][:, 0]


def _codes(trunk: Trunk, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    from engine.validation.trunk import trunk_code

    return trunk_code(trunk, frames)[0]


def _features(codes: NDArray[np.float32]) -> Floats:
    return np.concatenate([codes.astype(np.float64), np.ones((*codes.shape[:2], 1))], axis=-1)


def _pool(trunk: Trunk, data: CloningSet, valid: NDArray[np.bool_], scale: NDArray[np.float32]) -> Pool:
    return Pool(
        clip_ids=data.clip_ids,
        video_ids=data.video_ids,
        features=_features(_codes(trunk, data.frames)),
        target=(data.target / scale).astype(np.float64),
        valid=valid,
    )


def _take(data: CloningSet, rows: Rows) -> CloningSet:
    """These clips, in this order."""
    ids = {name: tuple(getattr(data, name)[row] for row in rows) for name in ("clip_ids", "video_ids")}
    arrays = {field.name: getattr(data, field.name)[rows] for field in fields(data) if field.name not in ids}
    taken: dict[str, Any] = {**ids, **arrays}
    return replace(data, **taken)


def _summed(video_ids: Sequence[str], counts: NDArray[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for video_id, count in zip(video_ids, counts, strict=True):
        found[video_id] = found.get(video_id, 0) + int(count)
    return found


def _fingerprint(data: CloningSet, settings: ValidationSettings, effort: EffortSettings, seed: int) -> str:
    digest = hashlib.sha256()
    for clip_id, target in zip(data.clip_ids, data.target, strict=True):
        digest.update(clip_id.encode() + target.tobytes())
    parts = [1, settings.cloning.model_dump(), settings.pools.model_dump(), effort.model_dump(), seed]
    digest.update(json.dumps(parts, sort_keys=True).encode())
    return digest.hexdigest()[:24]
