"""Hands move by minimum jerk, and things move with the hand that holds them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sample import hands
from engine.sample.motion import HandPath, minimum_jerk
from engine.sample.plan import SIDES, plan
from engine.sample.script import episode, sample_scripts, single


def test_minimum_jerk_matches_flash_and_hogan() -> None:
    shares = np.linspace(0, 1, 2001)
    way = np.array([minimum_jerk(s) for s in shares])
    assert way[0] == 0
    assert way[-1] == 1
    assert way[1000] == pytest.approx(0.5)
    speed = np.gradient(way, shares)
    assert speed.max() == pytest.approx(1.875, rel=1e-4)
    assert np.allclose(speed, 30 * shares**2 * (1 - shares) ** 2, atol=1e-3), "the derivative that they publish"


@given(st.floats(0.02, 0.5), st.floats(0.2, 2.0))
def test_a_reach_peaks_at_1_875_times_distance_over_time(distance_m: float, duration_s: float) -> None:
    path = HandPath(hands.pose((0, 0, 0)))
    path.go(0.5, 0.5 + duration_s, hands.pose((distance_m, 0, 0)))
    step_s = duration_s / 1000
    times = 0.5 + np.arange(1001) * step_s
    x = np.array([path.at(t)[0] for t in times])
    assert np.abs(np.diff(x)).max() / step_s == pytest.approx(1.875 * distance_m / duration_s, rel=1e-3)
    assert x[0] == 0
    assert path.at(9.0)[0] == pytest.approx(distance_m)


def test_moves_that_overlap_are_refused() -> None:
    path = HandPath(hands.pose((0, 0, 0)))
    path.go(0.0, 1.0, hands.pose((0.1, 0, 0)))
    with pytest.raises(ValueError, match="before the last one ends"):
        path.go(0.5, 1.5, hands.pose((0, 0, 0)))


def test_every_plan_of_the_default_set_is_continuous() -> None:
    for script in sample_scripts(12):
        paths = plan(script).paths
        times = np.arange(0, script.duration_s, 0.01)
        for path in paths:
            wrists = np.array([path.at(t)[:3] for t in times])
            assert np.linalg.norm(np.diff(wrists, axis=0), axis=1).max() < 0.06  # 6 m/s


def test_a_carried_thing_keeps_its_place_in_the_hand_and_stands_on_the_board_in_the_end() -> None:
    made = plan(single(episode("purposeful", 3.0)))
    (carry,) = made.carries
    times = np.linspace(carry.start_s + 0.01, carry.end_s - 0.01, 20)
    length = made.palm_length_m
    wrists = np.array([hands.landmarks(made.paths[carry.hand].at(t), SIDES[carry.hand], length)[0] for t in times])
    things = np.array([made.item_at(carry.item, t) for t in times])
    assert np.ptp(things - wrists, axis=0).max() < 1e-9
    start, end = made.item_at(carry.item, 0.0), made.item_at(carry.item, 3.0)
    assert np.linalg.norm(end - start) > 0.1
    assert end[2] == pytest.approx(0.014)


def test_a_returned_thing_ends_where_it_began() -> None:
    made = plan(single(episode("purposeful", 3.0, outcome="returned")))
    item = made.carries[0].item
    middle = (made.carries[0].start_s + made.carries[0].end_s) / 2
    assert np.linalg.norm(made.item_at(item, middle) - made.item_at(item, 0.0)) > 0.05
    assert np.allclose(made.item_at(item, 3.0), made.item_at(item, 0.0))


def test_fumbling_is_jerkier_than_purpose() -> None:
    def jerk(kind: str) -> float:
        out = []
        for index in range(6):
            made = plan(single(episode(kind), index=index))  # type: ignore[arg-type]
            tracks = [np.array([p.at(t)[:3] for t in np.arange(0, 3, 0.02)]) for p in made.paths]
            busy = max(tracks, key=lambda w: float(np.abs(np.diff(w, axis=0)).sum()))
            out.append(float(np.linalg.norm(np.diff(busy, 3, axis=0), axis=1).mean()))
        return float(np.median(out))

    assert jerk("fumbling") > 2 * jerk("purposeful")


def test_thumbs_point_inwards_and_a_palm_length_is_a_palm_length() -> None:
    for side in SIDES:
        marks = hands.landmarks(hands.pose((side * 0.15, 0.1, 0.05)), side, 0.09)
        assert marks.shape == (21, 3)
        assert (marks[4, 0] - marks[20, 0]) * side < 0
        assert np.linalg.norm(marks[9] - marks[0]) == pytest.approx(0.09, rel=0.01)
