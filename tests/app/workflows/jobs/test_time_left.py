"""Time left is shown while it is steady, as a range that holds what comes, and never leaps."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.workflows.jobs.time_left import FACTOR, MIN_WATCHED_S, TimeLeft

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.workflows.jobs.time_left import TimeRange

STRETCHES = st.lists(st.tuples(st.integers(2, 80), st.floats(0.0, 1.0)), min_size=1, max_size=4)
"""Stretches of a progress curve: how long each takes, and how much it gets done, relative to the others."""


def curve(stretches: Iterable[tuple[int, float]]) -> list[tuple[float, float]]:
    """`(second, share)`, once a second, of progress at another rate in every stretch."""
    stretches = list(stretches)
    whole = sum(amount for _, amount in stretches) or 1.0
    found, at_s, share = [], 0.0, 0.0
    for seconds, amount in stretches:
        for _ in range(seconds):
            at_s, share = at_s + 1.0, min(1.0, share + amount / whole / seconds)
            found.append((at_s, share))
    return found


def shown(points: Iterable[tuple[float, float]]) -> list[tuple[float, TimeRange]]:
    """What is shown along a curve, where anything is."""
    watch, found = TimeLeft(), []
    for at_s, share in points:
        watch.saw(at_s, share)
        left = watch.left()
        if left is not None:
            found.append((at_s, left))
    return found


@pytest.mark.parametrize("minutes", [1, 5, 30])
def test_steady_work_soon_has_a_range_that_holds_the_truth(minutes: int) -> None:
    whole_s = minutes * 60.0
    points = [(float(s), s / whole_s) for s in range(int(whole_s))]
    found = shown(points)
    assert found[0][0] <= max(4 * MIN_WATCHED_S, 0.1 * whole_s)
    assert all(left.low_s <= whole_s - at_s <= left.high_s for at_s, left in found)
    assert all(left.high_s / left.low_s <= FACTOR**2 for _, left in found)


def test_nothing_is_shown_of_work_that_stands_still() -> None:
    points = [(float(s), min(s, 100) / 1000) for s in range(2000)]
    late = [at_s for at_s, _ in shown(points) if at_s > 100 + 100]
    assert late == []


def test_nothing_is_shown_while_the_rate_falls_sixfold_and_then_the_new_truth() -> None:
    """What Validate did: three minutes left became nineteen."""
    points = [(float(s), s / 400) for s in range(200)]
    points += [(200.0 + s, 0.5 + s / 2400) for s in range(1200)]
    found = shown(points)
    ends = [(at_s, at_s + left.low_s, at_s + left.high_s) for at_s, left in found]
    turn = [at_s for at_s, _, _ in ends if 240 < at_s < 330]
    assert turn == [], "it says nothing while it learns the new rate"
    assert all(low <= 1400 <= high for at_s, low, high in ends if at_s > 800)


def test_work_that_is_begun_again_is_watched_again() -> None:
    watch = TimeLeft()
    for second in range(60):
        watch.saw(float(second), second / 100)
    assert watch.left() is not None
    watch.saw(61.0, 0.0)
    assert watch.left() is None


@settings(max_examples=60, deadline=None)
@given(STRETCHES)
def test_what_is_shown_never_leaps(stretches: list[tuple[int, float]]) -> None:
    found = shown(curve(stretches))
    for (before_s, before), (now_s, now) in pairwise(found):
        if now_s - before_s <= 1.0:
            was, is_now = middle(before), middle(now) + now_s - before_s
            assert max(was / is_now, is_now / was) <= FACTOR * 1.001


@settings(max_examples=40, deadline=None)
@given(STRETCHES, st.integers(0, 2**32))
def test_a_range_is_wide_enough_for_every_prediction_of_the_half_before(
    stretches: list[tuple[int, float]], seed: int
) -> None:
    """Whatever the rate did before: two ranges shown within the later half of the watch agree on the end."""
    noise = random.Random(seed)
    points, share = [], 0.0
    for at_s, ideal in curve(stretches):
        share = max(share, min(1.0, ideal * noise.uniform(0.97, 1.0)))
        points.append((at_s, share))
    found = shown(points)
    for at_s, left in found:
        for before_s, before in found:
            if (points[0][0] + at_s) / 2 <= before_s < at_s:
                hindsight = middle(left) + at_s - before_s
                assert (
                    max(middle(before) / hindsight, hindsight / middle(before)) <= FACTOR * 1.05
                )  # some are thinned out


@settings(max_examples=60, deadline=None)
@given(STRETCHES)
def test_a_range_is_positive_and_ordered(stretches: list[tuple[int, float]]) -> None:
    assert all(0 < left.low_s < left.high_s for _, left in shown(curve(stretches)))


def middle(left: TimeRange) -> float:
    """The prediction in the middle of a range: its bounds lie as many times above and below."""
    return (left.low_s * left.high_s) ** 0.5
