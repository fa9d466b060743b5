"""Agreement, habits and outliers against published numbers, closed forms and annotators made to be odd."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.preference.agreement import agreements, cohen_kappa, krippendorff_alpha, self_agreement, side_bias
from engine.preference.answers import GivenAnswer, share
from engine.preference.habits import coverage, response_times
from engine.preference.outliers import outliers
from engine.preference.skill import Skill


def said(answer: str, who: str = "a", left: str = "x", right: str = "y", ms: int | None = None) -> GivenAnswer:
    return GivenAnswer(left_clip_id=left, right_clip_id=right, answer=answer, annotator=who, response_ms=ms)


def test_kappa_of_the_grant_proposals() -> None:
    """20 yes–yes, 5 yes–no, 10 no–yes, 15 no–no: κ = 0.4, the standard textbook table."""
    one = ["yes"] * 25 + ["no"] * 25
    other = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(one, other) == pytest.approx(0.4)


def test_kappa_of_nothing_and_of_one_word_says_nothing() -> None:
    assert math.isnan(cohen_kappa([], []))
    assert math.isnan(cohen_kappa([1, 1], [1, 1]))
    with pytest.raises(ValueError, match="2 and 1"):
        cohen_kappa([1, 2], [1])


def two(verdicts: str, others: str) -> list[GivenAnswer]:
    """Two annotators on as many pairs; l, r, t, s."""
    words = {"l": "left", "r": "right", "t": "tie", "s": "skip"}
    return [
        GivenAnswer(left_clip_id=f"x{k}", right_clip_id=f"y{k}", answer=words[letter], annotator=who)
        for who, row in (("a", verdicts), ("b", others))
        for k, letter in enumerate(row)
    ]


def test_agreement_counts_shared_pairs_and_leaves_skips_out() -> None:
    (found,) = agreements(two("llrts", "lrrtl"))
    assert (found.one, found.other) == ("a", "b")
    assert (found.agreed.count, found.agreed.total) == (3, 4)
    # Both ways round: 8 verdicts, 6 agree. a: 3 first, 3 second, 2 ties; b the same: chance (9 + 9 + 4) / 64.
    assert found.kappa == pytest.approx((0.75 - 22 / 64) / (1 - 22 / 64))


def test_who_answered_no_pair_in_common_is_not_compared() -> None:
    assert agreements([said("left", "a"), said("left", "b", "x", "z")]) == []
    assert math.isnan(krippendorff_alpha([said("left", "a"), said("left", "b", "x", "z")]))


def test_alpha_is_one_for_the_same_and_minus_for_the_opposite_and_nothing_for_ties_alone() -> None:
    assert krippendorff_alpha(two("lrlt", "lrlt")) == pytest.approx(1.0)
    assert krippendorff_alpha(two("lrlr", "rlrl")) < -0.5
    assert math.isnan(krippendorff_alpha(two("tt", "tt")))


def test_alpha_has_its_closed_form() -> None:
    """Interval level, two raters: 1 − (n − 1) Σ d² / (n Σ v²) with n = 2 · 2 · pairs values of mean 0."""
    a, b = np.array([1, 1, -1, 0, 1, -1]), np.array([1, -1, -1, 0, 0, -1])
    words = {1: "l", -1: "r", 0: "t"}
    found = krippendorff_alpha(two("".join(words[v] for v in a), "".join(words[v] for v in b)))
    both = np.concatenate([a, b, -a, -b])
    n = len(both)
    observed = 2 * np.sum((a - b) ** 2) * 2 / n  # each pair both ways round, each value paired with the other
    expected = 2 * np.sum(both**2) / (n - 1)
    assert found == pytest.approx(1 - observed / expected)


@given(st.lists(st.tuples(st.sampled_from("lrt"), st.sampled_from("lrt"), st.booleans()), min_size=1, max_size=12))
def test_the_side_that_a_clip_was_on_changes_no_measure_of_agreement(rows: list[tuple[str, str, bool]]) -> None:
    straight = two("".join(a for a, _, _ in rows), "".join(b for _, b, _ in rows))
    swap = {"left": "right", "right": "left"}
    turned = [
        GivenAnswer(
            left_clip_id=s.right_clip_id,
            right_clip_id=s.left_clip_id,
            answer=swap.get(s.answer, s.answer),
            annotator=s.annotator,
        )
        if rows[int(s.left_clip_id[1:])][2]
        else s
        for s in straight
    ]
    for one, other in zip(agreements(straight), agreements(turned), strict=True):
        assert one.agreed == other.agreed
        assert one.kappa == pytest.approx(other.kappa, nan_ok=True)
    assert krippendorff_alpha(straight) == pytest.approx(krippendorff_alpha(turned), nan_ok=True)


def test_self_agreement_compares_with_the_first_answer_whatever_the_side() -> None:
    found = self_agreement(
        [
            said("left"),
            said("right", left="y", right="x"),  # the same clip again
            said("left", left="y", right="x"),  # the other
            said("skip"),
            said("left", who="b"),
        ]
    )
    assert (found.count, found.total) == (1, 2)


def test_side_bias_and_wilson_s_interval() -> None:
    found = side_bias([said("left")] * 8 + [said("right")] * 2 + [said("tie")] * 5)
    assert (found.value, found.total) == (0.8, 10)
    # Wilson 1927, as in A. Agresti, B. Coull, The American Statistician 52, 1998: 8 of 10 gives 0.490 to 0.943.
    assert (found.low, found.high) == (pytest.approx(0.490, abs=5e-4), pytest.approx(0.943, abs=5e-4))
    assert math.isnan(share(0, 0).value)


def test_response_times_and_coverage() -> None:
    times = response_times([said("left", ms=ms) for ms in (100, 300, 1000, 2000, 3000)] + [said("left")])
    assert times is not None
    assert (times.answers, times.median_ms, times.hasty_share) == (5, 1000, 0.4)
    assert response_times([said("left")]) is None
    seen = coverage([said("left"), said("right", left="x", right="z"), said("skip", left="z", right="q")], enough=2)
    assert (seen.clips, seen.histogram, seen.median) == (3, {1: 2, 2: 1}, 1)
    assert seen.enough_share == pytest.approx(1 / 3)


def many(answers: list[str], who: str = "a", ms: int = 2000) -> list[GivenAnswer]:
    return [
        GivenAnswer(left_clip_id=f"x{k}", right_clip_id=f"y{k}", answer=answer, annotator=who, response_ms=ms)
        for k, answer in enumerate(answers)
    ]


def test_odd_annotators_are_pointed_out_with_the_reason_and_others_are_not() -> None:
    fair = ["left", "right", "right", "left", "tie"] * 8
    assert outliers(many(fair)) == []
    assert outliers(many(["left"] * 19)) == []  # too few to judge
    reasons = {
        "sided": many((["left"] * 8 + ["right"] * 2) * 5, "sided"),
        "hasty": many(fair, "hasty", ms=150),
        "running": many(fair + ["right"] * 22 + ["left"] * 22, "running"),
        "undecided": many(["tie"] * 30 + ["left", "right"] * 3, "undecided"),
        "fickle": [
            given
            for k in range(20)
            for given in (said("left", "fickle", f"x{k}", f"y{k}"), said("left", "fickle", f"y{k}", f"x{k}"))
        ],
    }
    found = outliers([answer for group in reasons.values() for answer in group])
    words = {"sided": "left clip in 80%", "hasty": "0.4 s", "running": "22 times", "undecided": "decides only 17%"}
    for name, words_of in words.items():
        assert any(o.annotator == name and words_of in o.reason for o in found), name
    assert any(o.annotator == "fickle" and "0 of 20 repeated" in o.reason for o in found)


def test_little_skill_is_pointed_out_where_the_interval_bears_it_out() -> None:
    fair = many(["left", "right"] * 20)
    assert outliers(fair, [Skill(annotator="a", answers=40, skill=0.3, low=0.1, high=0.6, left_habit=0.5)]) == []
    (found,) = outliers(fair, [Skill(annotator="a", answers=40, skill=0.2, low=0.1, high=0.45, left_habit=0.5)])
    assert "at most 45%" in found.reason
