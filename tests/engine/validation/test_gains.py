"""ΔM over all trials, against a reimplementation by loops; which rows count, and who measures."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import EngineError
from engine.validation.actions import pseudo_actions
from engine.validation.cloning import CloningClip
from engine.validation.cloning_data import cloning_data
from engine.validation.estimator import base_keys, base_members, base_size, huber
from engine.validation.reliability import gain_reliability
from engine.validation.settings import ValidationSettings
from engine.video.windows import Window
from tests.engine.validation.made_world import EFFORT, N, world
from tests.engine.validation.test_actions import series_of


@pytest.fixture(scope="module")
def found():
    return world(7, np.random.default_rng(2).uniform(0.05, 3.0, N))


def by_hand(pool, members, ridge):
    """Ridge heads by the normal equations, hand by hand, row by row."""
    weights = []
    for hand in range(2):
        gram = ridge * np.eye(pool.features.shape[-1])
        cross = np.zeros((pool.features.shape[-1], pool.target.shape[-1]))
        for clip in np.flatnonzero(members):
            for row in range(pool.weight.shape[1]):
                seen, weight = pool.features[clip, row, hand], pool.weight[clip, row, hand]
                gram += weight * np.outer(seen, seen)
                cross += weight * np.outer(seen, pool.target[clip, row, hand])
        weights.append(np.linalg.solve(gram, cross))
    return weights


def loss_by_hand(pool, weights, clip):
    """A clip's loss: the weighted mean over its rows and hands."""
    return sum(
        pool.weight[clip, row, hand]
        * huber(pool.features[clip, row, hand] @ weights[hand] - pool.target[clip, row, hand]).mean()
        for hand in range(2)
        for row in range(pool.weight.shape[1])
    )


def test_gains_of_all_trials_are_those_of_a_reimplementation_by_loops(found):
    """One clip: retrained with and without it on every base of every trial in which it was a candidate."""
    clip = 17
    sums, counts = np.zeros(len(found.measuring)), np.zeros(len(found.measuring))
    for trial in found.trials:
        if not trial.candidates[clip]:
            continue
        pool = trial.pool
        others = trial.candidates & (pool.video != pool.video[clip])
        size = base_size(int(trial.candidates.sum()), 0.1)
        for keys in base_keys(found.clip_ids, EFFORT.bases, (0 * 1000 + trial.trunk) * 1000 + trial.number):
            base = base_members(keys, others, size)
            more = base.copy()
            more[clip] = True
            before, after = by_hand(pool, base, found.ridge), by_hand(pool, more, found.ridge)
            for other in np.flatnonzero(trial.judge.clips[pool.video] > 0):
                gain = loss_by_hand(pool, before, other) - loss_by_hand(pool, after, other)
                sums[pool.video[other]] += gain
            counts += trial.judge.clips > 0
        assert not (trial.judge.clips[pool.video[trial.candidates]] > 0).any(), "no video is on both sides"
    assert found.counts[:, :, clip].sum(axis=(0, 1)) == pytest.approx(counts)
    assert found.sums[:, :, clip].sum(axis=(0, 1)) == pytest.approx(sums, abs=1e-9)
    known = counts > 0
    assert found.gain[clip] == pytest.approx((sums[known] / counts[known]).sum() / found.measuring[known].sum())


def test_every_clip_has_a_gain_that_every_other_video_measured(found):
    assert np.isfinite(found.gain).all()
    measured = found.counts.sum(axis=(0, 1)) > 0
    own = np.arange(N)[:, None] % len(found.measuring) == np.arange(len(found.measuring))
    assert not measured[own].any()
    assert measured[~own].mean() > 0.99
    assert gain_reliability(found, 0) > 0.9


def test_the_standard_error_is_smaller_where_more_videos_measure(found):
    every = np.ones(len(found.measuring), bool)
    few = every.copy()
    few[8:] = False
    assert found.gain_on(every) == pytest.approx(found.gain)
    assert np.nanmean(np.abs(found.gain_on(few) - found.gain)) > 0
    assert (found.gain_std > 0).all()
    assert np.median(found.gain_std) < found.gain.std()


def clips_of(n: int, speed_px: float) -> list[CloningClip]:
    places = np.column_stack([200 + speed_px * np.arange(20), np.full(20, 180.0)])
    return [
        CloningClip(
            clip_id=f"c{i}",
            video_id=f"v{i}",
            path=f"/v{i}.mp4",
            window=Window(0.0, 2.0),
            actions=pseudo_actions(series_of(places if i % 2 else places[:1].repeat(20, axis=0))),
        )
        for i in range(n)
    ]


def pixels(clips: list[CloningClip]):
    return {clip.clip_id: np.zeros((len(clip.actions.spread(24)), 6, 54, 96), np.uint8) for clip in clips}


def test_rows_in_motion_count_and_clips_at_rest_have_none():
    settings, clips = ValidationSettings(), clips_of(24, 8.0)
    data = cloning_data(clips, pixels(clips), settings, settings.quick)
    moving = data.moving.any(axis=(1, 2))
    assert moving.tolist() == [bool(i % 2) for i in range(24)]
    assert data.clips.there.sum(axis=1).tolist() == [13] * 24, "20 rows less two before and five behind"
    assert not data.clips.valid[~data.clips.there].any()


def test_with_a_target_its_clips_alone_measure_and_all_others_still_teach():
    settings, clips = ValidationSettings(), clips_of(24, 8.0)
    data = cloning_data(clips, pixels(clips), settings, settings.quick, frozenset({"c1", "c3", "c4"}))
    assert np.flatnonzero(data.measured.any(axis=(1, 2))).tolist() == [1, 3]
    assert int(data.moving.any(axis=(1, 2)).sum()) == 12


def test_too_few_clips_in_motion_are_said_in_numbers():
    settings, clips = ValidationSettings(), clips_of(12, 8.0)
    with pytest.raises(EngineError, match="hands move in 6 clips, and it takes 10"):
        cloning_data(clips, pixels(clips), settings, settings.quick)
