"""The simulated annotator answers as Bradley–Terry says, the same in any order, and says that it is simulated."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.preference.simulated import SimulatedAnnotator, SimulatedAnswer, annotator_ceiling

N = 4000


def answers(who: SimulatedAnnotator, left: float, right: float, n: int = N) -> list[SimulatedAnswer]:
    return [who.answer(f"clip {i}", f"clip {i + n}", left, right) for i in range(n)]


def share(given_answers: list[SimulatedAnswer], name: str) -> float:
    return float(np.mean([a.answer == name for a in given_answers]))


@pytest.mark.parametrize(("difference", "noise"), [(0.0, 1.0), (0.8, 1.0), (-1.5, 1.0), (0.8, 2.0), (0.8, 0.5)])
def test_frequencies_are_bradley_terry(difference: float, noise: float) -> None:
    who = SimulatedAnnotator(name="a", noise=noise, tie_rate=0.0)
    expected = 1 / (1 + math.exp(-difference / noise))
    assert share(answers(who, difference, 0.0), "left") == pytest.approx(expected, abs=0.025)


def test_ties_leave_the_odds_of_left_to_right_alone() -> None:
    p = SimulatedAnnotator(name="a", tie_rate=0.3).probabilities(1.2, 0.2)
    assert math.log(p["left"] / p["right"]) == pytest.approx(1.0)


def test_ties_come_at_the_rate_between_equals_and_fade_with_the_difference() -> None:
    who = SimulatedAnnotator(name="a", tie_rate=0.25)
    assert share(answers(who, 1.0, 1.0), "tie") == pytest.approx(0.25, abs=0.02)
    rates = [who.probabilities(d, 0.0)["tie"] for d in (0, 0.5, 1, 2, 4)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.1


def test_side_bias_favours_the_left() -> None:
    who = SimulatedAnnotator(name="a", tie_rate=0.0, side_bias=0.7)
    assert share(answers(who, 0.0, 0.0), "left") == pytest.approx(1 / (1 + math.exp(-0.7)), abs=0.025)


def test_without_skill_quality_does_not_matter() -> None:
    p = SimulatedAnnotator(name="a", skill=0.0, tie_rate=0.0).probabilities(5.0, -5.0)
    assert p["left"] == pytest.approx(0.5)
    half = SimulatedAnnotator(name="a", skill=0.5, tie_rate=0.0).probabilities(50.0, -50.0)
    assert half["left"] == pytest.approx(0.75)


def test_skips_come_at_their_rate() -> None:
    assert share(answers(SimulatedAnnotator(name="a", skip_rate=0.1), 0, 0), "skip") == pytest.approx(0.1, abs=0.015)


@given(st.permutations(list(range(12))))
def test_the_order_of_asking_changes_nothing(order: list[int]) -> None:
    who = SimulatedAnnotator(name="a", seed=4)
    straight = {i: who.answer(f"c{i}", f"d{i}", i / 10, 0.5) for i in range(12)}
    assert {i: who.answer(f"c{i}", f"d{i}", i / 10, 0.5) for i in order} == straight


def test_seed_name_sides_and_repeat_draw_anew() -> None:
    base = [a.answer for a in answers(SimulatedAnnotator(name="a"), 0, 0, 200)]
    others = [
        [a.answer for a in answers(SimulatedAnnotator(name="a", seed=1), 0, 0, 200)],
        [a.answer for a in answers(SimulatedAnnotator(name="b"), 0, 0, 200)],
        [
            SimulatedAnnotator(name="a").answer(f"clip {i}", f"clip {i + 200}", 0, 0, repeat=1).answer
            for i in range(200)
        ],
    ]
    for other in others:
        assert 0.2 < np.mean([x == y for x, y in zip(base, other, strict=True)]) < 0.7


def test_every_answer_is_marked_and_takes_a_plausible_time() -> None:
    close, clear = answers(SimulatedAnnotator(name="a"), 0, 0, 400), answers(SimulatedAnnotator(name="a"), 3, 0, 400)
    assert all(a.kind == "simulated" and a.annotator == "a" for a in close + clear)
    times = [a.response_ms for a in close + clear]
    assert 250 <= min(times) < max(times) < 20_000
    assert np.median([a.response_ms for a in close]) > 1.5 * np.median([a.response_ms for a in clear])


def test_the_ceiling_is_what_repeated_answers_reach() -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=3000), rng.normal(size=3000)
    who = SimulatedAnnotator(name="a", skill=0.9, noise=0.6, tie_rate=0.15, side_bias=0.4)
    ceiling = annotator_ceiling(who, left, right)
    first, again = [], []
    for i, (a, b) in enumerate(zip(left, right, strict=True)):
        first.append(who.answer(f"x{i}", f"y{i}", a, b).answer)
        flip = i % 2 == 0
        other = (
            who.answer(f"y{i}", f"x{i}", b, a).answer if flip else who.answer(f"x{i}", f"y{i}", a, b, repeat=1).answer
        )
        again.append({"left": "right", "right": "left"}.get(other, other) if flip else other)
    decided = [k for k in range(3000) if first[k] != "tie"]
    right_ones = np.mean([(first[k] == "left") == (left[k] > right[k]) for k in decided])
    assert right_ones == pytest.approx(ceiling.against_truth, abs=0.02)
    both = [k for k in decided if again[k] != "tie"]
    assert np.mean([first[k] == again[k] for k in both]) == pytest.approx(ceiling.against_itself, abs=0.03)
    assert 0.5 < ceiling.against_itself < ceiling.against_truth < 1


def test_a_perfect_annotator_has_no_ceiling_below_one() -> None:
    ceiling = annotator_ceiling(SimulatedAnnotator(name="a", noise=1e-3), np.array([1.0, 2.0]), np.array([0.0, 5.0]))
    assert ceiling.against_truth == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"skill": 1.1}, {"tie_rate": 1.0}, {"noise": 0.0}, {"skip_rate": -0.1}])
def test_wrong_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SimulatedAnnotator(name="a", **wrong)


def test_a_ceiling_needs_pairs() -> None:
    with pytest.raises(ValueError, match="give one of each a pair"):
        annotator_ceiling(SimulatedAnnotator(name="a"), np.zeros(0), np.zeros(0))
