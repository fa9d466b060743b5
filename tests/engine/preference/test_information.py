"""What an answer is expected to tell, against sums and draws by brute force; and what a batch does about it."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from engine.preference.answers import AskedPair
from engine.preference.belief import Belief
from engine.preference.bradley_terry import sigmoid
from engine.preference.choosing import choose_pairs
from engine.preference.information import Posterior, bald, d_optimal, group_information, pair_scores
from engine.preference.settings import PairSettings
from tests.engine.preference.tables import table


def test_taking_in_a_pair_is_the_inverse_of_the_grown_precision() -> None:
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 4))
    covariance, mean = root @ root.T + np.eye(4), rng.normal(size=4)
    belief = Posterior(mean.copy(), covariance.copy())
    belief.observe(1, 3)
    e = np.array([0.0, 1.0, 0.0, -1.0])
    p = 1 / (1 + math.exp(-(mean[1] - mean[3])))
    expected = np.linalg.inv(np.linalg.inv(covariance) + p * (1 - p) * np.outer(e, e))
    np.testing.assert_allclose(belief.covariance, expected, rtol=1e-9)


def test_d_optimal_is_the_growth_of_the_log_determinant_to_first_order() -> None:
    root = np.random.default_rng(0).normal(size=(5, 5))
    covariance = 0.01 * (root @ root.T)
    belief = Posterior(np.zeros(5), covariance)
    first, second = np.triu_indices(5, 1)
    scores = dict(zip(zip(first, second, strict=True), pair_scores(belief, "d_optimal", first, second), strict=True))
    after = Posterior(np.zeros(5), covariance.copy())
    after.observe(0, 4)
    grown = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(after.covariance)[1]
    assert scores[0, 4] == pytest.approx(grown, rel=0.05)


def test_information_is_largest_for_uncertain_pairs_and_nothing_for_what_is_known() -> None:
    mean, variance = np.array([0.0, 0.0, 3.0]), np.array([1.0, 0.0, 1.0])
    for how in (bald, d_optimal):
        certain, known, decided = how(mean, variance)
        assert certain > decided > known == pytest.approx(0, abs=1e-9)


def test_bald_is_the_mutual_information() -> None:
    """Against a fine sum over the posterior."""
    grid = np.linspace(-8, 8, 20001)
    weight = norm.pdf(grid)
    weight /= weight.sum()
    p = sigmoid(0.7 + 1.3 * grid)
    h = lambda q: -(q * np.log(q) + (1 - q) * np.log(1 - q))  # noqa: E731
    expected = h(weight @ p) - weight @ h(p)
    assert bald(np.array([0.7]), np.array([1.69]))[0] == pytest.approx(expected, rel=2e-3)


def test_bald_of_a_pair_is_what_draws_of_the_rewards_give() -> None:
    """The whole way from a covariance of four clips: entropy of the mean answer less the mean entropy."""
    random = np.random.default_rng(4)
    root = random.normal(size=(4, 4))
    belief = Posterior(np.array([0.5, -1.0, 0.0, 2.0]), 0.3 * root @ root.T)
    first, second = np.triu_indices(4, 1)
    rewards = random.multivariate_normal(belief.mean, belief.covariance, 400_000)
    for i, j, score in zip(first, second, pair_scores(belief, "bald", first, second), strict=True):
        p = np.clip(sigmoid(rewards[:, i] - rewards[:, j]), 1e-12, 1 - 1e-12)
        h = -(p * np.log(p) + (1 - p) * np.log(1 - p))
        q = p.mean()
        drawn = -(q * np.log(q) + (1 - q) * np.log(1 - q)) - h.mean()
        assert score == pytest.approx(drawn, rel=0.015, abs=1e-3)
        assert score > 0.003


def test_nothing_is_learned_of_a_pair_whose_answer_is_certain_and_nothing_of_two_clips_that_are_one() -> None:
    """Two sure clips far apart, and two clips whose rewards move together: only chance is left in the answer."""
    sure = np.array([[0.01, 0.0], [0.0, 0.01]])
    far = pair_scores(Posterior(np.array([9.0, 0.0]), sure), "bald", np.array([0]), np.array([1]))
    alike = pair_scores(Posterior(np.zeros(2), np.full((2, 2), 4.0)), "bald", np.array([0]), np.array([1]))
    unknown = pair_scores(Posterior(np.zeros(2), 4 * np.eye(2)), "bald", np.array([0]), np.array([1]))
    assert far[0] == pytest.approx(0, abs=1e-5)
    assert alike[0] == pytest.approx(0, abs=1e-12)
    assert unknown[0] > 0.2


def test_of_two_clips_with_equal_features_only_their_own_deviations_can_be_learned() -> None:
    clips, _ = table(40)
    clips.values[1] = clips.values[0]
    asked = [AskedPair(clips.clip_ids[k], clips.clip_ids[k + 20], "left", "a", "random") for k in range(2, 20)]
    belief = Belief(clips, asked, list(clips.clip_ids), set(), 9)
    twins = belief.belief.differences(np.array([0]), np.array([1]))
    assert twins[0][0] == 0
    assert twins[1][0] == pytest.approx(2 * 0.5**2)  # of two clips with no answers yet
    scores = pair_scores(belief.belief, "bald", belief.first, belief.second)
    assert scores[0] == pytest.approx(bald(np.zeros(1), np.full(1, 0.5))[0])
    assert scores[0] < np.quantile(scores, 0.1)


@given(mean=st.floats(0, 12), spread=st.floats(0, 4), more=st.floats(0.01, 2))
def test_both_criteria_rise_with_the_variance_so_an_earlier_score_is_a_bound(
    mean: float, spread: float, more: float
) -> None:
    means, variances = np.full(2, mean), np.array([spread, spread + more]) ** 2
    for how in (bald, d_optimal):
        less, greater = how(means, variances)
        assert greater >= less - 2e-3 * max(less, 1e-6)


@pytest.mark.parametrize("how", ["bald", "d_optimal"])
def test_the_best_pair_by_bounds_is_the_best_of_all_pairs(how: str) -> None:
    """A batch of 30, each compared with scoring every open pair."""
    clips, _ = table(60)
    asked = [AskedPair(clips.clip_ids[k], clips.clip_ids[k + 30], "left", "a", "random") for k in range(30)]
    belief = Belief(clips, asked, list(clips.clip_ids), {pair.clips for pair in asked}, 4)
    for _ in range(30):
        fresh = belief.shown < belief.cap
        allowed = np.flatnonzero(belief.open & fresh[belief.first] & fresh[belief.second])
        scores = pair_scores(belief.belief, how, belief.first[allowed], belief.second[allowed])  # type: ignore[arg-type]
        best = allowed[int(np.argmax(scores))]
        expected = clips.clip_ids[belief.first[best]], clips.clip_ids[belief.second[best]]
        found = belief.most_informative(how)  # type: ignore[arg-type]
        assert found == expected
        belief.ask(*found)


def test_no_informative_pair_shows_a_clip_more_often_than_the_limit_while_there_are_others() -> None:
    clips, worth = table(60, columns=2)
    mix = PairSettings(first_random=0, random_share=0, repeat_share=0, most_per_clip=9)
    row = {clip_id: k for k, clip_id in enumerate(clips.clip_ids)}
    asked: list[AskedPair] = []
    while len(asked) < 200:
        for pair in choose_pairs(clips, asked, "a", 25, mix, seed=0):
            left = worth[row[pair.left_clip_id]] > worth[row[pair.right_clip_id]]
            asked.append(
                AskedPair(pair.left_clip_id, pair.right_clip_id, "left" if left else "right", "a", "information")
            )
    shown = Counter(clip_id for pair in asked for clip_id in pair.clips)
    assert max(shown.values()) == 9


def test_the_limit_is_never_below_what_labels_are_concentrated_for() -> None:
    assert PairSettings(labels_per_clip=20).most_shown == 21
    assert PairSettings(most_per_clip=30).most_shown == 30


def test_a_batch_does_not_ask_the_same_thing_again() -> None:
    """Without regard to each other the 25 best pairs would be about few clips; in a batch each takes in the others."""
    clips, _ = table(80, columns=10)
    asked = [AskedPair(clips.clip_ids[k], clips.clip_ids[k + 40], "left", "a", "random") for k in range(40)]
    belief = Belief(clips, asked, list(clips.clip_ids), {pair.clips for pair in asked}, 99)
    scores = np.where(belief.open, pair_scores(belief.belief, "bald", belief.first, belief.second), 0)
    top = np.argsort(-scores)[:25]
    alone = Counter([*belief.first[top].tolist(), *belief.second[top].tolist()])
    mix = PairSettings(first_random=0, random_share=0, repeat_share=0, most_per_clip=99)
    made = choose_pairs(clips, asked, "a", 25, mix, seed=0)
    batch = Counter(clip_id for pair in made for clip_id in (pair.left_clip_id, pair.right_clip_id))
    assert len(batch) > 1.5 * len(alone)


def test_what_a_pair_tells_about_videos_is_how_far_their_means_variance_shrinks() -> None:
    root = np.random.default_rng(0).normal(size=(6, 6))
    belief = Posterior(np.random.default_rng(1).normal(size=6), root @ root.T)
    group = np.array([0, 0, 1, 1, 2, 2])
    first, second = np.triu_indices(6, 1)
    means = np.kron(np.eye(3), [0.5, 0.5])
    centred = means - means.mean(axis=0)
    for i, j, told in zip(first, second, group_information(belief, group, first, second), strict=True):
        after = Posterior(belief.mean, belief.covariance.copy())
        after.observe(int(i), int(j))
        shrunk = np.trace(centred @ (belief.covariance - after.covariance) @ centred.T)
        assert told == pytest.approx(shrunk)


def test_the_share_across_videos_compares_two_videos_and_is_a_share_of_the_informative_pairs() -> None:
    clips, _ = table(60)
    video = dict(zip(clips.clip_ids, clips.video_ids, strict=True))
    mix = PairSettings(first_random=0, random_share=0.2, repeat_share=0, across_share=0.5)
    made = choose_pairs(clips, [], "a", 100, mix, seed=0)
    assert Counter(pair.strategy for pair in made) == {"random": 20, "information": 40, "across": 40}
    assert all(video[p.left_clip_id] != video[p.right_clip_id] for p in made if p.strategy == "across")
