"""A measurement in stacks finds what one network after the other finds, and is kept apart from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.cancel import Cancelled
from engine.validation.cloning_data import CloningData
from engine.validation.compute import ON_CPU, Compute
from engine.validation.curves import bins_of, group_gains, keep_curve
from engine.validation.gains import measure
from engine.validation.pools import rotations
from engine.validation.settings import EffortSettings, PoolSettings, ValidationSettings
from tests.engine.validation.test_trunk import SCALE, dots

STACKED = Compute("cpu", stacked=True, name="card")
EFFORT = EffortSettings(
    batch=8, trunk_seeds=2, trunk_steps=10, splits=1, bases=2, full_trainings=3, full_repeats=1, full_steps=6
)
CLIPS, VIDEOS = 24, 12


@pytest.fixture(scope="module")
def data() -> CloningData:
    clips = dots(7, n=CLIPS, k=3)
    video = np.arange(CLIPS) % VIDEOS
    return CloningData(
        clips=clips,
        video_ids=tuple(f"v{i}" for i in range(VIDEOS)),
        video=video,
        scale=SCALE,
        moving=clips.valid,
        measured=clips.valid,
        resting=np.zeros_like(clips.valid),
        settings=ValidationSettings(pools=PoolSettings(rotations=2, least_sources=4, least_clips=4)),
        effort=EFFORT,
    )


def run(data, cache, compute, **more):
    counts = dict.fromkeys(data.video_ids, 2)
    turns = rotations(counts, counts, data.settings.pools, seed=0)
    return measure(data, turns, seed=0, cache=cache, compute=compute, **more)


@pytest.fixture(scope="module")
def alone(data, tmp_path_factory):
    return run(data, tmp_path_factory.mktemp("alone"), ON_CPU)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("stacked")


@pytest.fixture(scope="module")
def stacked(data, cache):
    return run(data, cache, STACKED)


def close(found, wanted) -> bool:
    """Whether gains agree to a fiftieth of their own spread: codes do to 1e-5, and heads here learn from one clip."""
    return bool(np.abs(found.gain - wanted.gain).max() < 0.02 * wanted.gain.std())


def test_gains_losses_and_curves_are_those_of_one_network_after_the_other(alone, stacked):
    assert (stacked.steps, stacked.ridge) == (alone.steps, alone.ridge)
    assert close(stacked, alone)
    assert stacked.counts == pytest.approx(alone.counts)
    assert stacked.losses.whole == pytest.approx(alone.losses.whole, rel=1e-2)
    assert stacked.scratch is not None
    assert alone.scratch is not None
    assert np.array_equal(stacked.scratch.subsets, alone.scratch.subsets)
    assert stacked.scratch.losses == pytest.approx(alone.scratch.losses, rel=1e-3)
    assert stacked.scratch.repeats == pytest.approx(alone.scratch.repeats, rel=1e-3)
    assert stacked.scratch.baseline == alone.scratch.baseline
    score = np.arange(CLIPS, dtype=float)
    curves = [keep_curve(one, {"score": score}, seed=0) for one in (stacked, alone)]
    assert curves[0].curves["score"] == pytest.approx(curves[1].curves["score"], rel=1e-3)
    assert curves[0].random.mean == pytest.approx(curves[1].random.mean, rel=1e-3)
    groups = [group_gains(one, bins_of(score, 4), 0.2, seed=0) for one in (stacked, alone)]
    assert groups[0] == pytest.approx(groups[1], abs=0.02 * np.abs(groups[1]).max())


def test_it_is_recorded_what_computed_what(alone, stacked):
    assert alone.computed_on == dict.fromkeys(("networks", "from scratch", "gains"), "CPU")
    assert stacked.computed_on == dict.fromkeys(("networks", "from scratch", "gains"), "card")


def test_the_cache_serves_the_same_device_again_and_no_other(data, cache, stacked):
    assert stacked.reused == {"trunks": 0, "trainings": 0}
    again = run(data, cache, STACKED)
    assert again.reused == {"trunks": 4, "trainings": 4}
    assert np.array_equal(again.gain, stacked.gain)
    assert run(data, cache, ON_CPU).reused == {"trunks": 0, "trainings": 0}


def test_the_first_trunk_of_a_rotation_chooses_for_the_others_also_when_it_comes_from_the_cache(
    data, cache, stacked, tmp_path
):
    for file in cache.glob("trunk-*-0-stack-cpu.npz"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    found = run(data, tmp_path, STACKED)
    assert found.reused["trunks"] == 2
    assert close(found, stacked)


def test_where_the_device_is_too_small_the_cpu_does_it_and_says_so(data, alone, tmp_path, monkeypatch):
    def full(*_given, **_named):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("engine.validation.stack_training.train_stack", full)
    said = []
    found = run(data, tmp_path, replace(STACKED, say=said.append))
    assert np.array_equal(found.scratch.losses, alone.scratch.losses)
    assert close(found, alone)
    assert found.computed_on == {"networks": "CPU", "from scratch": "CPU", "gains": "card"}
    too_small = "card: its memory is too small for {}, which is done on the CPU instead."
    assert too_small.format("training networks") in said
    assert too_small.format("training from scratch") in said
    assert not list(tmp_path.glob("*-stack-*"))


def test_where_not_even_the_frames_fit_the_cpu_does_it(data, alone, tmp_path, monkeypatch):
    def full(*_given, **_named):
        raise RuntimeError("CUDA error: out of memory")

    monkeypatch.setattr("engine.validation.device_rows.DeviceRows.__init__", full)
    found = run(data, tmp_path, STACKED)
    assert found.computed_on["networks"] == "CPU"
    assert np.array_equal(found.scratch.losses, alone.scratch.losses)


def test_progress_only_rises_to_the_end_and_a_cancel_ends_it(data, tmp_path):
    shares = []
    run(data, tmp_path, STACKED, on_progress=lambda share, _part: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] >= 0.9
    with pytest.raises(Cancelled):
        run(data, tmp_path / "other", STACKED, cancelled=lambda: True)
