"""The closed form against retraining by brute force, and what its bases promise."""

from __future__ import annotations

import numpy as np
import pytest

from engine.validation.estimator import (
    add_one_in,
    base_keys,
    base_members,
    base_size,
    fit_head,
    huber,
    loss_of,
    set_losses,
)
from tests.engine.validation.made_pools import linear_pool

RIDGE = 0.7


def brute_force_loss(pool, validation, clips):
    """Ridge regression by the normal equations over stacked rows, and its mean Huber loss."""
    total, count = 0.0, 0
    for hand in range(pool.hands):
        features, target = pool.take(clips).rows(hand)
        width = pool.features.shape[-1]
        augmented = np.vstack([features, np.sqrt(RIDGE) * np.eye(width)])
        wanted = np.vstack([target, np.zeros((width, target.shape[1]))])
        weights = np.linalg.lstsq(augmented, wanted, rcond=None)[0]
        seen, truth = validation.rows(hand)
        residual = np.abs(seen @ weights - truth)
        total += np.where(residual <= 0.5, residual**2 / 2, 0.5 * (residual - 0.25)).sum()
        count += truth.size
    return total / count


def test_adding_one_clip_in_closed_form_equals_retraining():
    pool, validation = linear_pool(1, n=30, sources=6), linear_pool(2, n=12, prefix="v")
    keys = base_keys(pool.clip_ids, 4, seed=3)
    gains = add_one_in(pool, validation, base_share=0.1, ridge=RIDGE, keys=keys)
    videos = np.array(pool.video_ids)
    for base in range(4):
        for clip in range(30):
            members = np.flatnonzero(base_members(keys[base], videos != videos[clip], base_size(30, 0.1)))
            assert len(members) == 3
            assert clip not in members
            before = brute_force_loss(pool, validation, members)
            after = brute_force_loss(pool, validation, [*members, clip])
            assert gains[base, clip] == pytest.approx(before - after, abs=1e-6)


def test_losses_of_sets_equal_retraining():
    pool, validation = linear_pool(4, n=20), linear_pool(5, n=10, prefix="v")
    sets = np.random.default_rng(0).random((5, 20)) < 0.4
    for loss, members in zip(set_losses(pool, validation, sets, RIDGE), sets, strict=True):
        assert loss == pytest.approx(brute_force_loss(pool, validation, np.flatnonzero(members)), abs=1e-9)


def test_a_clip_without_a_valid_frame_changes_nothing():
    pool = linear_pool(6, n=20)
    pool.valid[7] = False
    gains = add_one_in(
        pool, linear_pool(7, prefix="v"), base_share=0.2, ridge=RIDGE, keys=base_keys(pool.clip_ids, 3, 0)
    )
    assert np.all(gains[:, 7] == 0)
    assert np.all(gains[:, 8] != 0)


def test_bases_take_none_from_the_source_and_are_not_re_indexed_by_another_clip():
    pool = linear_pool(8, n=40, sources=8)
    keys = base_keys(pool.clip_ids, 6, seed=1)
    fewer = base_keys(pool.clip_ids[:20] + pool.clip_ids[21:], 6, seed=1)
    assert np.array_equal(np.delete(keys, 20, axis=1), fewer)
    videos = np.array(pool.video_ids)
    for row in keys:
        members = base_members(row, videos != videos[0], 10)
        assert members.sum() == 10
        assert not members[videos == videos[0]].any()
    assert not np.array_equal(keys, base_keys(pool.clip_ids, 6, seed=2))


def test_clips_with_less_noise_gain_more():
    noise = np.linspace(0.05, 3.0, 120)
    pool = linear_pool(9, n=120, sources=20, noise=noise, missing=0.0)
    gains = add_one_in(
        pool, linear_pool(10, prefix="v", noise=0.1), base_share=0.1, ridge=RIDGE, keys=base_keys(pool.clip_ids, 30, 0)
    ).mean(axis=0)
    assert np.corrcoef(np.argsort(np.argsort(gains)), -noise)[0, 1] > 0.6


def test_huber_is_the_textbook_one():
    residual = np.array([-2.0, -0.5, -0.2, 0.0, 0.3, 0.5, 4.0])
    wanted = [0.5 * (2.0 - 0.25), 0.125, 0.02, 0.0, 0.045, 0.125, 0.5 * (4.0 - 0.25)]
    assert huber(residual) == pytest.approx(wanted)


def test_more_data_of_one_world_means_less_loss():
    pool, validation = linear_pool(11, n=200), linear_pool(12, prefix="v")
    few, many = np.zeros(200, bool), np.ones(200, bool)
    few[:5] = True
    assert loss_of(fit_head(pool, many, RIDGE).weights, validation) < loss_of(
        fit_head(pool, few, RIDGE).weights, validation
    )
