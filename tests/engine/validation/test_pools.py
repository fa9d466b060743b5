"""Pools keep sources apart, and move little when sources come and go."""

from __future__ import annotations

import pytest

from engine.errors import EngineError
from engine.validation.pools import split_sources
from engine.validation.settings import PoolSettings


def test_no_source_is_in_two_pools_and_all_are_in_one():
    clips = {f"v{i}": 6 for i in range(40)}
    pools = split_sources(dict.fromkeys(clips, 100), clips, PoolSettings(), seed=0)
    everything = [*pools.trunk, *pools.candidates, *pools.validation]
    assert sorted(everything) == sorted(clips)
    assert len(set(everything)) == 40
    assert (len(pools.trunk), len(pools.validation)) == (14, 8)
    assert pools.of(pools.trunk[0]) == "trunk"
    assert pools.of("elsewhere") == ""


def test_a_new_source_moves_few_others():
    clips = {f"v{i}": 6 for i in range(40)}
    before = split_sources(dict.fromkeys(clips, 100), clips, PoolSettings(), seed=0)
    more = {**clips, "new": 6}
    after = split_sources(dict.fromkeys(more, 100), more, PoolSettings(), seed=0)
    assert sum(before.of(name) != after.of(name) for name in clips) <= 3


def test_sources_without_hands_are_candidates_only():
    clips = {f"v{i}": 6 for i in range(30)}
    acting = dict.fromkeys(list(clips)[:12], 100)
    pools = split_sources(acting, clips, PoolSettings(), seed=3)
    assert set(pools.trunk) | set(pools.validation) <= set(acting)
    assert len(pools.candidates) >= 20


def test_too_few_sources_are_said_and_not_shared_out():
    clips = {f"v{i}": 6 for i in range(7)}
    with pytest.raises(EngineError, match="only 7 of 7 source videos"):
        split_sources(dict.fromkeys(clips, 100), clips, PoolSettings(), seed=0)
