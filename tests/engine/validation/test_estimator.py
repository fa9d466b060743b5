"""The closed form against retraining by brute force, and what its bases promise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation.estimator import (
    Judge,
    Pool,
    add_one_in,
    base_keys,
    base_members,
    base_size,
    clip_weights,
    fit_head,
    huber,
)
from tests.engine.validation.made_pools import judge_of, linear_pool, names

RIDGE = 0.07


def brute_force_losses(pool: Pool, measuring, clips) -> np.ndarray:
    """Weighted ridge regression over stacked rows, and the summed losses of each measuring video's clips, all by hand:
    nothing of the estimator is used but its data."""
    weights = []
    for hand in range(2):
        rows, wanted = [], []
        for clip in clips:
            for row in range(pool.weight.shape[1]):
                root = np.sqrt(pool.weight[clip, row, hand])
                rows.append(root * pool.features[clip, row, hand])
                wanted.append(root * pool.target[clip, row, hand])
        width, numbers = pool.features.shape[-1], pool.target.shape[-1]
        stacked = np.vstack([*rows, np.sqrt(RIDGE) * np.eye(width)])
        weights.append(np.linalg.lstsq(stacked, np.vstack([*wanted, np.zeros((width, numbers))]), rcond=None)[0])
    losses = np.zeros(int(pool.video.max()) + 1)
    for clip in np.flatnonzero(measuring):
        for hand in range(2):
            for row in range(pool.weight.shape[1]):
                missed = np.abs(pool.features[clip, row, hand] @ weights[hand] - pool.target[clip, row, hand])
                loss = np.where(missed <= 0.5, missed**2 / 2, 0.5 * (missed - 0.25)).mean()
                losses[pool.video[clip]] += pool.weight[clip, row, hand] * loss
    return losses


def split(pool: Pool):
    """Candidates of the first videos, and the clips of the last three, which measure."""
    measuring = pool.video >= pool.video.max() - 2
    return ~measuring, measuring


def test_adding_one_clip_in_closed_form_equals_retraining_video_by_video():
    pool = linear_pool(1, n=36, videos=9)
    candidates, measuring = split(pool)
    for keys in base_keys(names(pool), 3, seed=3):
        gains = add_one_in(pool, candidates, judge_of(pool, measuring), base_share=0.15, ridge=RIDGE, keys=keys)
        assert not gains[measuring].any()
        for clip in np.flatnonzero(candidates):
            members = np.flatnonzero(
                base_members(
                    keys, candidates & (pool.video != pool.video[clip]), base_size(int(candidates.sum()), 0.15)
                )
            )
            assert len(members) == 4
            assert pool.video[clip] not in pool.video[members]
            before = brute_force_losses(pool, measuring, members)
            after = brute_force_losses(pool, measuring, [*members, clip])
            assert gains[clip] == pytest.approx(before - after, abs=1e-9)


def test_losses_equal_retraining():
    pool = linear_pool(4, n=30)
    candidates, measuring = split(pool)
    judge = judge_of(pool, measuring)
    for draw in np.random.default_rng(0).random((5, 30)):
        members = candidates & (draw < 0.5)
        found = judge.losses(fit_head(pool, members, RIDGE).weights)
        assert found == pytest.approx(brute_force_losses(pool, measuring, np.flatnonzero(members)), abs=1e-9)
    assert judge.clips.tolist() == [0] * 7 + [3] * 3


def test_a_clip_without_a_row_that_counts_changes_nothing_and_measures_nothing():
    pool = linear_pool(6, n=40)
    pool.weight[6] = 0
    pool.weight[38] = 0
    candidates, measuring = split(pool)
    judge = judge_of(pool, measuring)
    gains = add_one_in(pool, candidates, judge, base_share=0.2, ridge=RIDGE, keys=base_keys(names(pool), 1, 0)[0])
    assert not gains[6].any()
    assert np.all(gains[5, 7:] != 0)
    assert judge.clips.tolist() == [0] * 7 + [4, 3, 4]


def test_a_clip_weighs_the_same_however_many_rows_count():
    """Ten times the same row is the same clip, as a candidate and where it measures."""
    once, often = linear_pool(7, n=30, rows=10, missing=0.0), linear_pool(7, n=30, rows=10, missing=0.0)
    counts = np.ones((30, 10, 2), bool)
    for pool in (once, often):
        pool.features[:] = pool.features[:, :1]
        pool.target[:] = pool.target[:, :1]
    counts[::2, 1:] = False
    lone = Pool(video=once.video, features=once.features, target=once.target, weight=clip_weights(counts))
    candidates, measuring = split(often)
    keys = base_keys(names(often), 1, 0)[0]
    found = [
        add_one_in(pool, candidates, judge_of(pool, measuring), base_share=0.2, ridge=RIDGE, keys=keys)
        for pool in (often, lone)
    ]
    assert found[0] == pytest.approx(found[1], abs=1e-12)
    assert lone.weight.sum(axis=(1, 2)) == pytest.approx(np.ones(30))


def test_bases_are_not_re_indexed_by_another_clip():
    ids = names(linear_pool(8, n=40))
    keys = base_keys(ids, 6, seed=1)
    fewer = base_keys(ids[:20] + ids[21:], 6, seed=1)
    assert np.array_equal(np.delete(keys, 20, axis=1), fewer)
    assert not np.array_equal(keys, base_keys(ids, 6, seed=2))


def test_clips_with_less_noise_gain_more():
    noise = np.concatenate([np.linspace(0.05, 3.0, 120), np.full(30, 0.1)])
    pool = linear_pool(9, n=150, videos=150, noise=noise, missing=0.0)
    measuring = np.arange(150) >= 120
    judge = judge_of(pool, measuring)
    gains = np.mean(
        [
            add_one_in(pool, ~measuring, judge, base_share=0.1, ridge=RIDGE, keys=keys).sum(axis=1)
            for keys in base_keys(names(pool), 30, 0)
        ],
        axis=0,
    )[:120]
    assert np.corrcoef(np.argsort(np.argsort(gains)), -noise[:120])[0, 1] > 0.6


def test_huber_is_the_textbook_one():
    residual = np.array([-2.0, -0.5, -0.2, 0.0, 0.3, 0.5, 4.0])
    wanted = [0.5 * (2.0 - 0.25), 0.125, 0.02, 0.0, 0.045, 0.125, 0.5 * (4.0 - 0.25)]
    assert huber(residual) == pytest.approx(wanted)


def test_more_data_of_one_world_means_less_loss():
    pool = linear_pool(11, n=200, videos=50)
    candidates, measuring = split(pool)
    judge, few = Judge(pool, measuring, pool.weight, 50), np.zeros(200, bool)
    few[np.flatnonzero(candidates)[:5]] = True
    many, little = (judge.losses(fit_head(pool, members, RIDGE).weights).sum() for members in (candidates, few))
    assert many < little
