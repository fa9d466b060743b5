"""Item-level scores against closed forms, published numbers, choix, and the developers' reference files."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.preference.bradley_terry import item_scores

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


def test_citations_of_journals_have_the_published_abilities() -> None:
    rows = [(a, b, y, n) for a, b, won, lost in CITATIONS for y, n in ((1.0, won), (0.0, lost))]
    left, right, target, weight = zip(*rows, strict=True)
    found = item_scores(left, right, target, weight)
    ability = {item: found.of(item) - found.of("Biometrika") for item in found.items}
    expected = {"Biometrika": 0.0, "Comm Statist": -2.94907, "JASA": -0.47957, "JRSS-B": 0.26895}
    assert ability == pytest.approx(expected, abs=5e-6)


def test_two_items_and_the_left_side_have_the_closed_form() -> None:
    """The first wins 30 of 40 on the left and 24 of 40 on the right."""
    logit = lambda p: math.log(p / (1 - p))  # noqa: E731
    found = item_scores("aabb", "bbaa", [1, 0, 1, 0], [30, 10, 16, 24], left_advantage=True)
    assert found.of("a") - found.of("b") == pytest.approx((logit(0.75) - logit(0.4)) / 2)
    assert found.left_advantage == pytest.approx((logit(0.75) + logit(0.4)) / 2)
    # Fisher information of a logit from n answers is n p (1 − p); the two logits are independent.
    spread = math.sqrt(1 / (40 * 0.75 * 0.25) + 1 / (40 * 0.4 * 0.6))
    assert found.left_advantage_error == pytest.approx(spread / 2)
    assert found.errors[0] == pytest.approx(spread / 4)


def test_scores_are_those_of_choix() -> None:
    import choix

    rng = np.random.default_rng(0)
    worth = rng.normal(size=12)
    pairs = [tuple(map(int, rng.choice(12, 2, replace=False))) for _ in range(400)]
    wins = [(i, j) if rng.random() < 1 / (1 + math.exp(worth[j] - worth[i])) else (j, i) for i, j in pairs]
    found = item_scores([str(i) for i, _ in wins], [str(j) for _, j in wins], np.ones(400))
    expected = choix.opt_pairwise(12, wins)
    mine = np.array([found.of(str(i)) for i in range(12)])
    np.testing.assert_allclose(mine, expected - np.mean(expected), atol=2e-4)


def test_ties_are_half_wins_and_sides_do_not_matter_without_an_advantage() -> None:
    tied = item_scores(["a", "b", "c"], ["b", "c", "a"], [0.5, 1, 0.5], precision=0.1)
    halves = [0.5, 0.5, 1, 0.5, 0.5]
    split = item_scores("abbca", "bacac", [1, 1, 1, 1, 1], halves, precision=0.1)
    for item in "abc":
        assert tied.of(item) == pytest.approx(split.of(item))


def test_an_item_that_always_won_needs_a_prior() -> None:
    with pytest.raises(EngineError, match="prior precision"):
        item_scores(["a", "a"], ["b", "b"], [1, 1])
    found = item_scores(["a", "a"], ["b", "b"], [1, 1], precision=1.0)
    assert 0 < found.of("a") < 2


def test_nothing_has_no_scores() -> None:
    assert item_scores([], [], []).items == ()


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
    left, right, target, weight = zip(*rows, strict=True)
    plain = item_scores(left, right, target, weight)
    relative = {item: plain.of(item) - plain.of("Baltimore") for item in plain.items}
    assert sorted(relative.values()) == pytest.approx([0, 0.68, 1.11, 1.25, 1.29, 1.44, 1.58], abs=0.006)
    at_home = item_scores(left, right, target, weight, left_advantage=True)
    assert at_home.left_advantage == pytest.approx(0.302, abs=0.0006)
    # Turner and Firth 2012 (see above) print these two with the order effect.
    assert at_home.of("Boston") - at_home.of("Baltimore") == pytest.approx(1.1438, abs=5e-5)
    assert at_home.of("Cleveland") - at_home.of("Baltimore") == pytest.approx(0.7047, abs=5e-5)


@pytest.mark.shared
@needs_shared
def test_language_models_have_the_scores_of_the_golden_file() -> None:
    with (SHARED / "llmfao.csv").open(encoding="utf-8") as file:
        said = list(csv.DictReader(file))
    with (SHARED / "llmfao-golden.csv").open(encoding="utf-8") as file:
        golden = {r["item"]: float(r["score"]) for r in csv.DictReader(file) if r["algorithm"] == "bradley_terry"}
    target = [{"left": 1.0, "right": 0.0, "tie": 0.5}[row["winner"]] for row in said]
    found = item_scores([r["left"] for r in said], [r["right"] for r in said], target)
    mine = {item: math.exp(found.of(item)) for item in golden}
    total, scale = sum(mine.values()), sum(golden.values())
    assert {item: value / total for item, value in mine.items()} == pytest.approx(
        {item: value / scale for item, value in golden.items()}, rel=1e-3
    )
