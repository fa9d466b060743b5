"""Networks trained as one stack are those that are trained one by one, whatever each learns from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.cancel import Cancelled
from engine.validation.compute import Compute, DeviceFull
from engine.validation.device_rows import DeviceRows, MemberRows, StackDraw, Watched
from engine.validation.settings import EffortSettings
from engine.validation.stack_training import StackTask, train_in_stacks, train_stack, watched_losses
from engine.validation.training import CHOICES, HeldOut, train_trunk
from engine.validation.trunk import trunk_code
from engine.validation.trunk_batches import TrainingRows
from engine.validation.trunk_stack import TrunkStack
from tests.engine.validation.test_trunk import SCALE, dots

EFFORT = EffortSettings(batch=8)
STACKED = Compute("cpu", stacked=True)


@pytest.fixture(scope="module")
def data():
    """Clips of unequal numbers of rows, of different places of the hand."""
    made = dots(2, n=12, k=5)
    for clip in range(0, 12, 3):
        made.there[clip, 3:] = False
        made.present[clip, 3:] = False
        made.valid[clip, 3:] = False
    return made


def counts_of(data, clips):
    """The rows that count of these clips alone."""
    counts = np.zeros_like(data.valid)
    counts[clips] = data.valid[clips]
    return counts


def tasks_of(data, held):
    """Networks that differ in clips (2, 5 and 9 of them), seed and regularisation."""
    clips = (np.array([0, 4]), np.array([1, 2, 3, 6, 9]), np.arange(9))
    return [
        StackTask(clips=mine, held=Watched.of(counts_of(data, held)) if len(held) else None, choice=choice, seed=seed)
        for mine, choice, seed in zip(clips, (CHOICES[1], CHOICES[0], CHOICES[1]), (3, 3, 8), strict=True)
    ]


def alone(data, task, steps, held=None):
    rows = TrainingRows(data.take(task.clips), SCALE)
    return train_trunk(rows, held, EFFORT, task.choice, steps=steps, seed=task.seed)


def codes(data, trained):
    return trunk_code(trained.trunk, data.frames[data.there], data.state[data.there])


def test_a_member_draws_the_batches_that_it_draws_alone(data):
    clips = np.array([7, 0, 3])
    whole = DeviceRows(data, SCALE, "cpu")
    apart, together = np.random.default_rng(4), np.random.default_rng(4)
    for _ in range(3):
        own = TrainingRows(data.take(clips), SCALE).batch(apart, 16)
        rows, mirrored, colour = (torch.from_numpy(part)[None] for part in MemberRows(data, clips).draw(together, 16))
        batch = whole.batch(StackDraw(rows, mirrored, colour))
        for name in ("pixels", "state", "target", "valid", "palm", "present"):
            assert torch.equal(getattr(batch, name)[0], getattr(own, name)), name


def test_each_network_of_a_stack_is_the_one_that_is_trained_alone(data):
    tasks = tasks_of(data, np.array([]))
    found = train_stack(DeviceRows(data, SCALE, "cpu"), data, tasks, EFFORT, steps=12)
    for task, trained in zip(tasks, found, strict=True):
        wanted = alone(data, task, 12)
        assert codes(data, trained) == pytest.approx(codes(data, wanted), abs=1e-4)
        assert (trained.steps, trained.choice) == (wanted.steps, wanted.choice)
        assert np.isnan(trained.held_loss)
    assert not np.allclose(codes(data, found[0]), codes(data, found[2]), atol=1e-2), "they are not all the same"


def test_each_stops_where_it_would_stop_alone_and_keeps_its_best(data, monkeypatch):
    """Actions are noise, so that some get worse at once: they leave the stack, and the others go on.

    Looks come so often that all is over before training has made anything of other last digits.
    """
    for module in ("training", "stack_training"):
        monkeypatch.setattr(f"engine.validation.{module}.LOOK_EVERY", 2)
        monkeypatch.setattr(f"engine.validation.{module}.PATIENCE", 2)
    noisy = replace(data, target=np.random.default_rng(0).normal(size=data.target.shape).astype(np.float32))
    held = np.array([10, 11])
    tasks = tasks_of(noisy, held)
    found = train_stack(DeviceRows(noisy, SCALE, "cpu"), noisy, tasks, EFFORT, steps=20)
    looked = HeldOut(noisy.take(held), noisy.valid[held], SCALE)
    wanted = [alone(noisy, task, 20, looked) for task in tasks]
    assert [one.steps for one in found] == [one.steps for one in wanted]
    assert len({one.steps for one in wanted}) > 1
    assert [one.held_loss for one in found] == pytest.approx([one.held_loss for one in wanted], rel=1e-3)
    for one in found:
        assert looked.loss(one.trunk) == pytest.approx(one.held_loss, rel=1e-5)


def test_held_out_losses_of_unequal_numbers_of_rows_are_those_of_each_alone(data):
    trained = train_stack(DeviceRows(data, SCALE, "cpu"), data, tasks_of(data, np.array([])), EFFORT, steps=2)
    held = (np.array([0]), np.array([2, 3, 5]), np.array([], int))
    stack = TrunkStack([one.trunk for one in trained], "cpu")
    losses = watched_losses(
        stack, DeviceRows(data, SCALE, "cpu"), [Watched.of(counts_of(data, clips)) for clips in held]
    )
    for clips, one, loss in zip(held, trained, losses, strict=True):
        wanted = HeldOut(data.take(clips), data.valid[clips], SCALE).loss(one.trunk)
        assert loss == pytest.approx(wanted, rel=1e-6, nan_ok=True)


def test_stacks_are_halved_where_memory_is_full_and_no_network_is_lost(data, monkeypatch):
    said, sizes = [], []

    def small(rows, clips, tasks, *more, **named):
        sizes.append(len(tasks))
        if len(tasks) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return train_stack(rows, clips, tasks, *more, **named)

    monkeypatch.setattr("engine.validation.stack_training.train_stack", small)
    tasks = [*tasks_of(data, np.array([])), *tasks_of(data, np.array([]))]
    shares = []
    found = {}
    for places, trained in train_in_stacks(
        DeviceRows(data, SCALE, "cpu"),
        data,
        tasks,
        EFFORT,
        replace(STACKED, say=said.append, name="card"),
        steps=5,
        on_progress=shares.append,
    ):
        found.update(zip(places.tolist(), trained, strict=True))
    assert sizes == [6, 3, 2, 2, 2]
    assert said[-1] == "card: its memory is full; networks are trained 2 at a time from here on."
    assert sorted(found) == list(range(6))
    assert codes(data, found[4]) == pytest.approx(codes(data, found[1]), abs=1e-5)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_device_too_small_for_one_network_is_told_apart_from_a_defect(data, monkeypatch):
    def full(*_given, **_named):
        raise RuntimeError("CUDA out of memory")

    def broken(*_given, **_named):
        raise RuntimeError("shapes do not fit")

    def train():
        rows = DeviceRows(data, SCALE, "cpu")
        tasks = tasks_of(data, np.array([]))
        return list(train_in_stacks(rows, data, tasks, EFFORT, STACKED, steps=5, on_progress=lambda _: None))

    monkeypatch.setattr("engine.validation.stack_training.train_stack", full)
    with pytest.raises(DeviceFull):
        train()
    monkeypatch.setattr("engine.validation.stack_training.train_stack", broken)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        train()


def test_a_cancel_ends_a_stack_between_two_steps(data):
    def cancelled(_share):
        raise Cancelled

    with pytest.raises(Cancelled):
        train_stack(
            DeviceRows(data, SCALE, "cpu"),
            data,
            tasks_of(data, np.array([])),
            EFFORT,
            steps=1000,
            on_progress=cancelled,
        )
