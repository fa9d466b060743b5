"""The one Bradley–Terry core against closed forms, published numbers, choix, and the developers' reference files; and
all who fit the model against each other."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import choix
import numpy as np
import pytest
from scipy import sparse

from engine.preference.answers import TARGETS, GivenAnswer
from engine.preference.bradley_terry import gradient_and_curvature, most_likely, newton_step, sigmoid
from engine.preference.linear import fit_linear
from engine.preference.skill import FEATURE_PRECISION, as_arrays, fit_weights
from engine.reward.judging.baselines import factor
from engine.reward.judging.strengths import PENALTY, clip_strengths
from engine.tables.types import PairTable

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED = Path(__file__).resolve().parents[4] / "shared" / "pairs"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the developers' files are not beside the checkout")

# S. M. Stigler, "Citation patterns in the journals of statistics and probability", Statistical Science 9, 1994: how
# often the first was cited by the second, and the second by the first. Abilities: H. Turner, D. Firth, "Bradley–Terry
# models in R: the BradleyTerry2 package", Journal of Statistical Software 48, 2012.
CITATIONS = [
    ("Biometrika", "Comm Statist", 730, 33),
    ("Biometrika", "JASA", 498, 320),
    ("Biometrika", "JRSS-B", 221, 284),
    ("Comm Statist", "JASA", 68, 813),
    ("Comm Statist", "JRSS-B", 17, 276),
    ("JASA", "JRSS-B", 142, 325),
]


def abilities(
    left: Sequence[str],
    right: Sequence[str],
    target: Any,
    times: Any = 1.0,
    *,
    over: str,
    at_home: bool = False,
) -> dict[str, float]:
    """Each item's score over that of the item `over`, without any prior; with `at_home`, the advantage of the left as
    `home` (the order effect of A. Agresti, "Categorical Data Analysis", section 10.6)."""
    items = [item for item in dict.fromkeys([*left, *right]) if item != over]
    one, other = ([[float(item == name) for item in items] for name in side] for side in (left, right))
    design = np.array(one) - np.array(other)
    if at_home:
        design = np.column_stack([design, np.ones(len(design))])
    found = most_likely(design, np.asarray(target, float), 0.0, times=np.asarray(times, float))
    return {over: 0.0, **dict(zip([*items, "home"], map(float, found), strict=False))}


def test_citations_of_journals_have_the_published_abilities() -> None:
    rows = [(a, b, y, n) for a, b, won, lost in CITATIONS for y, n in ((1.0, won), (0.0, lost))]
    found = abilities(*zip(*rows, strict=True), over="Biometrika")
    expected = {"Biometrika": 0.0, "Comm Statist": -2.94907, "JASA": -0.47957, "JRSS-B": 0.26895}
    assert found == pytest.approx(expected, abs=5e-6)


def test_two_items_and_the_left_side_have_the_closed_form() -> None:
    """The first wins 30 of 40 on the left and 24 of 40 on the right."""
    logit = lambda p: math.log(p / (1 - p))  # noqa: E731
    found = abilities("aabb", "bbaa", [1, 0, 1, 0], [30, 10, 16, 24], over="b", at_home=True)
    assert found["a"] == pytest.approx((logit(0.75) - logit(0.4)) / 2)
    assert found["home"] == pytest.approx((logit(0.75) + logit(0.4)) / 2)


def random_pairs(n_clips: int, n: int, seed: int = 0) -> PairTable:
    rng = np.random.default_rng(seed)
    worth = rng.normal(size=n_clips)
    left = rng.integers(n_clips, size=n)
    right = (left + rng.integers(1, n_clips, size=n)) % n_clips
    target = (rng.random(n) < sigmoid(worth[left] - worth[right])).astype(float)
    return PairTable(left=left, right=right, target=target, annotators=("a",) * n, strategies=("random",) * n)


def test_strengths_of_clips_are_those_of_choix() -> None:
    pairs = random_pairs(12, 400)
    rows = zip(pairs.left, pairs.right, pairs.target, strict=True)
    wins = [(int(i), int(j)) if t == 1 else (int(j), int(i)) for i, j, t in rows]
    expected = choix.opt_pairwise(12, wins, alpha=PENALTY)
    np.testing.assert_allclose(clip_strengths(pairs, 12), expected, atol=1e-4)


def test_dense_and_sparse_designs_have_the_same_slopes_steps_and_fits() -> None:
    rng = np.random.default_rng(2)
    design = rng.normal(size=(60, 4)) * (rng.random((60, 4)) < 0.5)
    target, times, weights = rng.random(60), rng.random(60), rng.normal(size=4)
    precision = np.array([0.1, 1.0, 3.0, 30.0])
    thin = sparse.csr_matrix(design)
    dense = gradient_and_curvature(design, target, design @ weights, weights, precision, times)
    other = gradient_and_curvature(thin, target, thin @ weights, weights, precision, times)
    np.testing.assert_allclose(dense[0], other[0])
    np.testing.assert_allclose(dense[1], other[1].toarray())
    np.testing.assert_allclose(newton_step(*dense), newton_step(*other))
    np.testing.assert_allclose(
        most_likely(design, target, precision, times=times), most_likely(thin, target, precision, times=times)
    )


def test_all_who_fit_the_model_agree() -> None:
    """The fit for choosing pairs, that of annotators' skill, that of one score and that of clips' strengths: the same
    answers and the same prior, the same numbers."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(15, 2))
    pairs = random_pairs(15, 200, seed=4)
    design = features[pairs.left] - features[pairs.right]
    expected = most_likely(design, pairs.target, FEATURE_PRECISION)
    np.testing.assert_allclose(fit_linear(design, pairs.target, FEATURE_PRECISION).weights, expected, atol=1e-5)
    said = [
        GivenAnswer(left_clip_id=f"c{i}", right_clip_id=f"c{j}", answer="left" if t == 1 else "right", annotator="anna")
        for i, j, t in zip(pairs.left, pairs.right, pairs.target, strict=True)
    ]
    data = as_arrays(said, {f"c{row}": features[row] for row in range(15)})
    assert data is not None
    weights = np.zeros(2)
    for _ in range(4):
        weights = fit_weights(data, np.ones(200), weights)
    np.testing.assert_allclose(weights, expected, atol=1e-9)
    alone = most_likely(design[:, :1], pairs.target, 1.0)
    assert factor(design[:, 0], pairs.target) == pytest.approx(float(alone[0]), abs=1e-9)
    items = np.eye(15)[pairs.left] - np.eye(15)[pairs.right]
    np.testing.assert_allclose(clip_strengths(pairs, 15), most_likely(items, pairs.target, 2 * PENALTY), atol=1e-9)


def test_ties_are_half_wins_and_sides_do_not_matter() -> None:
    whole = np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0], [-1.0, 0.0, 1.0]])
    tied = most_likely(whole, np.array([0.5, 1.0, 0.5]), 0.1)
    halves = whole[[0, 0, 1, 2, 2]] * np.array([[1.0], [-1.0], [1.0], [1.0], [-1.0]])
    split = most_likely(halves, np.ones(5), 0.1, times=np.array([0.5, 0.5, 1.0, 0.5, 0.5]))
    np.testing.assert_allclose(tied, split)


def test_a_prior_holds_an_item_that_always_won() -> None:
    won = most_likely(np.array([[1.0, -1.0]] * 2), np.ones(2), 1.0)
    assert 0 < won[0] < 2
    assert won[0] == pytest.approx(-won[1])


def test_nothing_to_fit_is_nought() -> None:
    assert most_likely(np.empty((0, 3)), np.empty(0), 1.0).tolist() == [0.0, 0.0, 0.0]
    assert most_likely(np.empty((5, 0)), np.ones(5), 1.0).tolist() == []


@pytest.mark.shared
@needs_shared
def test_baseball_has_the_abilities_and_the_home_advantage_of_agresti() -> None:
    """A. Agresti, "Categorical Data Analysis", section 10.6. The abilities are those of the model without an order
    effect, the home advantage that of the model with one, in which the abilities are a little further apart."""
    with (SHARED / "baseball.csv").open(encoding="utf-8") as file:
        games = list(csv.DictReader(file))
    rows = [
        (g["home.team"], g["away.team"], y, float(g[key]))
        for g in games
        for y, key in ((1.0, "home.wins"), (0.0, "away.wins"))
    ]
    plain = abilities(*zip(*rows, strict=True), over="Baltimore")
    assert sorted(plain.values()) == pytest.approx([0, 0.68, 1.11, 1.25, 1.29, 1.44, 1.58], abs=0.006)
    at_home = abilities(*zip(*rows, strict=True), over="Baltimore", at_home=True)
    assert at_home["home"] == pytest.approx(0.302, abs=0.0006)
    # Turner and Firth 2012 (see above) print these two with the order effect.
    assert at_home["Boston"] == pytest.approx(1.1438, abs=5e-5)
    assert at_home["Cleveland"] == pytest.approx(0.7047, abs=5e-5)


@pytest.mark.shared
@needs_shared
def test_language_models_have_the_scores_of_the_golden_file() -> None:
    with (SHARED / "llmfao.csv").open(encoding="utf-8") as file:
        said = list(csv.DictReader(file))
    with (SHARED / "llmfao-golden.csv").open(encoding="utf-8") as file:
        golden = {r["item"]: float(r["score"]) for r in csv.DictReader(file) if r["algorithm"] == "bradley_terry"}
    target = [TARGETS[row["winner"]] for row in said]
    found = abilities([r["left"] for r in said], [r["right"] for r in said], target, over=next(iter(golden)))
    mine = {item: math.exp(found[item]) for item in golden}
    total, scale = sum(mine.values()), sum(golden.values())
    assert {item: value / total for item, value in mine.items()} == pytest.approx(
        {item: value / scale for item, value in golden.items()}, rel=1e-3
    )
