"""Heads that are solved in batches on a device are those that NumPy solves one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from engine.validation.compute import Compute
from engine.validation.device_heads import DeviceHeads
from engine.validation.estimator import base_keys
from engine.validation.heads import NumpyHeads
from engine.validation.trial import Trial
from tests.engine.validation.made_pools import judge_of, linear_pool, names

RIDGE = 0.07
STACKED = Compute("cpu", stacked=True, name="card")


def made(seed: int, **options) -> Trial:
    pool = linear_pool(seed, **options)
    measuring = pool.video >= pool.video.max() - 3
    return Trial(trunk=0, number=0, pool=pool, candidates=~measuring, judge=judge_of(pool, measuring))


@pytest.fixture(scope="module")
def trial() -> Trial:
    """Clips of unequal numbers of rows that count, one of them with none."""
    made_up = made(1, n=70, videos=11, missing=0.4)
    made_up.pool.weight[5] = 0
    return made_up


@pytest.mark.parametrize("chunk_bytes", [1, 5000, 1 << 30])
def test_what_each_clip_adds_is_the_same_in_chunks_of_any_size(trial, chunk_bytes):
    heads = DeviceHeads(STACKED, chunk_bytes)
    for keys in base_keys(names(trial.pool), 3, seed=3):
        wanted = NumpyHeads().added(trial, RIDGE, 0.15, keys)
        found = heads.added(trial, RIDGE, 0.15, keys)
        assert np.abs(wanted).max() > 1e-3
        assert found == pytest.approx(wanted, abs=1e-10)
        assert not found[5].any(), "a clip without a row that counts changes nothing, exactly"
        assert not found[~trial.candidates].any()
    assert heads.computed_on == "card"


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 30])
def test_losses_of_many_bases_are_the_same(trial, chunk_bytes):
    members = trial.candidates & (np.random.default_rng(0).random((9, len(trial.pool))) < 0.4)
    found = DeviceHeads(STACKED, chunk_bytes).losses(trial, members, RIDGE)
    assert found == pytest.approx(NumpyHeads().losses(trial, members, RIDGE), abs=1e-10)


def test_trials_of_several_trunks_are_not_mixed_up(trial):
    other = made(2, n=40, videos=9)
    heads, numpy = DeviceHeads(STACKED), NumpyHeads()
    for one in (trial, other, trial):
        keys = base_keys(names(one.pool), 1, seed=1)[0]
        assert heads.added(one, RIDGE, 0.2, keys) == pytest.approx(numpy.added(one, RIDGE, 0.2, keys), abs=1e-10)


def test_where_memory_is_full_chunks_get_smaller_and_then_the_cpu_does_it(trial, monkeypatch):
    said = []
    heads = DeviceHeads(Compute("cpu", stacked=True, name="card", say=said.append))
    asked = []

    def full(_self, _trial, *_rest):
        asked.append(heads._chunk_bytes)
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(DeviceHeads, "_added", full)
    keys = base_keys(names(trial.pool), 1, seed=3)[0]
    wanted = NumpyHeads().added(trial, RIDGE, 0.15, keys)
    for _ in range(2):
        assert np.array_equal(heads.added(trial, RIDGE, 0.15, keys), wanted)
    assert asked == sorted(asked, reverse=True)
    assert len(asked) > 3
    assert asked[-1] == 1
    assert said == ["card: its memory is too small for measuring gains, which is done on the CPU instead."]
    assert heads.computed_on == "CPU"
    with ThreadPoolExecutor(2) as threads:
        assert list(heads.for_each(threads, abs, [-1, 2])) == [1, 2]


def test_another_error_of_the_device_is_no_lack_of_memory(trial, monkeypatch):
    def broken(*_given):
        raise RuntimeError("an illegal memory access was encountered")

    monkeypatch.setattr(DeviceHeads, "_added", broken)
    with pytest.raises(RuntimeError, match="illegal"):
        DeviceHeads(STACKED).added(trial, RIDGE, 0.15, base_keys(names(trial.pool), 1, seed=3)[0])
