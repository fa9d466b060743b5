"""A ranking taken apart: videos against videos, clips against clips of one video."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from engine.reward.judging.ranking import HeldOutClips, video_ranking


def held_out(strength: np.ndarray, reward: np.ndarray, source: np.ndarray, fold: np.ndarray) -> HeldOutClips:
    return HeldOutClips(fold=fold, piece=np.zeros_like(source), source=source, strength=strength, reward=reward)


def test_a_reward_that_ranks_clips_but_puts_videos_upside_down_is_found_out() -> None:
    """One number over all clips would be about zero."""
    source = np.repeat(np.arange(6), 4)
    own, video = np.tile(np.arange(4.0), 6), source * 2.0
    found = video_ranking(
        held_out(video + own, own - video, source, np.zeros_like(source)), sources=6, rounds=200, seed=0
    )
    assert (found.between.value, found.within.value) == (-1.0, 1.0)
    assert found.between.high == -1.0
    assert found.within.low == 1.0


def test_both_are_kendalls_tau_over_what_one_fold_held_out() -> None:
    random = np.random.default_rng(0)
    source = np.repeat(np.arange(8), 5)
    fold = source // 4
    strength, reward = random.normal(size=(2, 40))
    reward = reward + strength + 100 * fold  # rewards of two folds can't be compared
    found = video_ranking(held_out(strength, reward, source, fold), sources=8, rounds=200, seed=0)
    means = [np.array([x[source == s].mean() for s in range(8)]) for x in (strength, reward)]
    between = [kendalltau(means[0][part], means[1][part]).statistic for part in (slice(0, 4), slice(4, 8))]
    within = [kendalltau(strength[source == s], reward[source == s]).statistic for s in range(8)]
    assert found.between.value == pytest.approx(np.mean(between))
    assert found.within.value == pytest.approx(np.mean(within))
    assert found.between.low < found.between.value < found.between.high


def test_clips_that_no_answers_connect_are_not_compared() -> None:
    source = np.repeat(np.arange(2), 3)
    clips = HeldOutClips(
        fold=np.zeros(6, int), piece=source, source=source, strength=np.arange(6.0), reward=np.arange(6.0)
    )
    found = video_ranking(clips, sources=2, rounds=50, seed=0)
    assert found.between.value is None
    assert "no two videos" in str(found.between.why)
    assert found.within.value == 1.0


def test_without_any_clip_both_are_unknown_with_a_reason() -> None:
    none = np.zeros(0, int)
    found = video_ranking(held_out(np.zeros(0), np.zeros(0), none, none), sources=3, rounds=50, seed=0)
    assert found.between.value is None is found.within.value
    assert found.between.why
    assert found.within.why
