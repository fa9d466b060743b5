"""Pools keep sources apart, every source takes each part in turn, and new sources move few others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.validation.pools import halves, rotations
from engine.validation.settings import PoolSettings


def turns_of(count: int, seed: int = 0, moving: int | None = None):
    clips = {f"v{i}": 6 for i in range(count)}
    acting = dict.fromkeys(list(clips)[: count if moving is None else moving], 100)
    return rotations(acting, clips, PoolSettings(), seed=seed)


def test_no_source_is_in_two_pools_and_each_trains_the_trunk_once():
    found = turns_of(40)
    everything = {f"v{i}" for i in range(40)}
    for turn in found:
        parts = [set(turn.trunk), set(turn.held), set(turn.others)]
        assert set().union(*parts) == everything
        assert sum(map(len, parts)) == 40
    trunks = [name for turn in found for name in (*turn.trunk, *turn.held)]
    assert sorted(trunks) == sorted(everything)
    assert [len(turn.held) for turn in found] == [4, 3, 3]


def test_a_new_source_moves_few_others():
    """Sources are dealt by turns in the order of their draws: what came after the new one moves on by one."""
    order = [name for turn in turns_of(40) for name in turn.trunk]
    again = [name for turn in turns_of(40) for name in turn.trunk]
    assert order == again
    assert order != [name for turn in turns_of(40, seed=1) for name in turn.trunk]


def test_sources_in_which_nothing_moves_are_in_no_pool():
    for turn in turns_of(30, moving=12):
        assert {*turn.trunk, *turn.held, *turn.others} == {f"v{i}" for i in range(12)}


def test_too_few_sources_are_said_and_not_shared_out():
    with pytest.raises(EngineError, match="only 7 of 9 source videos"):
        turns_of(9, moving=7)


@given(st.integers(2, 40), st.data())
def test_each_half_can_measure_and_every_pair_of_sources_is_parted_sometimes(count, data):
    measuring = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    names = [f"v{i}" for i in range(count)]
    if measuring.sum() < 2:
        with pytest.raises(EngineError, match="can measure the loss"):
            halves(names, measuring, 3, seed=0)
        return
    found = halves(names, measuring, 3, seed=data.draw(st.integers(0, 99)))
    for first in found:
        assert (first & measuring).any()
        assert (~first & measuring).any()
        assert abs(int(first.sum()) - count / 2) <= 1


def test_halves_are_drawn_anew_each_time():
    found = np.array(halves([f"v{i}" for i in range(20)], np.ones(20, bool), 40, seed=1))
    parted = (found[:, :, None] != found[:, None, :]).mean(axis=0)
    apart = parted[~np.eye(20, dtype=bool)]
    assert apart.min() > 0.2
    assert apart.max() < 0.8
