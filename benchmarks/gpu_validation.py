"""Times validation's networks and heads on a device in stacks, against one after the other on the CPU.

    python -m benchmarks.gpu_validation [--device auto] [--clips 96] [--seeds 2] [--members 24] [--steps 20] [--whole]

Clips are made up: a bright square is the hand, which goes towards the middle. In one run, so that the two compare:

- `training`: ms that one step of one network takes, alone on one thread and in a stack of `--members` on the device.
- `gains`: ms that one base takes (every candidate added to it), by NumPy and on the device; and by how much the gains
  differ at most, in standard deviations of the gains.
- `whole` (with `--whole`): seconds of a whole measurement with `--seeds` trunks a rotation, and Spearman's ρ of the
  gains of both.

Against a card it is wall time that is measured; where the device is the CPU it is the processor's, which a busy machine
hardly changes.
On the CPU a stack is slower, which is why validation uses it on a graphics card alone. Goal there: both quicker.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.runtime.machine import usable_cores
from engine.statistics.correlation import spearman
from engine.validation.actions import OUTPUTS, STATE
from engine.validation.cloning import CloningSet
from engine.validation.cloning_data import CloningData
from engine.validation.compute import ON_CPU, Compute, choose_compute
from engine.validation.encoded_trunk import EncodedTrunk
from engine.validation.estimator import Pool, base_keys, clip_weights
from engine.validation.gains import measure as measured_gains
from engine.validation.heads import NumpyHeads
from engine.validation.pools import rotations
from engine.validation.settings import EffortSettings, ValidationSettings
from engine.validation.trials import trials_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.validation.heads import Heads

ROWS, WIDTH, HEIGHT, CODE = 24, 96, 54, 16
RIDGE = 1.0


def made_data(clips: int, effort: EffortSettings, seed: int = 0) -> CloningData:
    """Clips of which the pixels show where a hand goes; six of each source."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, 60, (clips, ROWS, 6, HEIGHT, WIDTH), np.uint8)
    palm = rng.uniform(0.15, 0.85, (clips, ROWS, 2, 2)).astype(np.float32)
    columns, lines = np.arange(WIDTH) / WIDTH, np.arange(HEIGHT) / HEIGHT
    for hand, bright in enumerate((140, 230)):
        across = np.abs(columns - palm[:, :, hand, 0, None]) < 0.04
        down = np.abs(lines - palm[:, :, hand, 1, None]) < 0.06
        square = down[..., :, None] & across[..., None, :]
        frames[np.broadcast_to(square[:, :, None], frames.shape)] = bright
    target = np.zeros((clips, ROWS, 2, OUTPUTS), np.float32)
    target[..., 0:-1:2], target[..., 1:-1:2] = 2 * (0.5 - palm[..., :1]), 2 * (0.5 - palm[..., 1:])
    noise = rng.uniform(0.05, 1.0, clips)[:, None, None, None]
    target += (noise * rng.normal(size=target.shape)).astype(np.float32)
    every = np.ones((clips, ROWS, 2), bool)
    names = tuple(f"video-{number // 6}" for number in range(clips))
    return CloningData(
        clips=CloningSet(
            clip_ids=tuple(f"clip-{number}" for number in range(clips)),
            video_ids=names,
            frames=frames,
            there=every[..., 0],
            target=target,
            valid=every,
            velocity=np.zeros_like(target),
            state=rng.normal(size=(clips, ROWS, 2, STATE)).astype(np.float32),
            palm=palm,
            present=every,
            confidence=every.astype(np.float32),
        ),
        video_ids=tuple(dict.fromkeys(names)),
        video=np.arange(clips) // 6,
        scale=np.ones(OUTPUTS, np.float32),
        moving=every,
        measured=every,
        resting=~every,
        settings=ValidationSettings(),
        effort=effort,
    )


def _training(data: CloningData, compute: Compute, members: int, steps: int) -> dict[str, float]:
    """Milliseconds of one step of one network, alone and in a stack."""
    from engine.validation.device_rows import DeviceRows
    from engine.validation.stack_training import StackTask, train_stack
    from engine.validation.training import CHOICES, train_trunk
    from engine.validation.trunk_batches import TrainingRows

    clips = np.arange(len(data.clips) // 2)
    own = TrainingRows(data.clips.take(clips), data.scale)
    rows = DeviceRows(data.clips, data.scale, compute.device)
    tasks = [StackTask(clips=clips, held=None, choice=CHOICES[1], seed=seed) for seed in range(members)]

    def alone() -> None:
        train_trunk(own, None, data.effort, CHOICES[1], steps=steps, seed=0)

    def together() -> None:
        train_stack(rows, data.clips, tasks, data.effort, steps=steps)

    _seconds(together, compute)  # the first time a card chooses how to compute
    one_ms = 1000 * _seconds(alone, compute) / steps
    stack_ms = 1000 * _seconds(together, compute) / steps / members
    return {"cpu_ms": one_ms, "device_ms": stack_ms, "ratio": stack_ms / one_ms}


def _gains(data: CloningData, compute: Compute, bases: int) -> dict[str, float]:
    """Milliseconds of one base, and how much the gains differ."""
    from engine.validation.device_heads import DeviceHeads

    rng = np.random.default_rng(1)
    features = rng.normal(size=(*data.moving.shape, CODE + 2 * STATE + 1))
    target = data.clips.target.astype(np.float64)
    pool = Pool(video=data.video, features=features, target=target, weight=clip_weights(data.moving))
    trunk = EncodedTrunk(pool=pool, parts={}, damping=np.zeros(5), steps=0, choice=0, reused=False)
    counts = dict.fromkeys(data.video_ids, ROWS)
    turn = rotations(counts, counts, data.settings.pools, seed=0)[0]
    trial = trials_of(data, trunk, turn, 0, 0)[0]
    keys = base_keys(data.clips.clip_ids, bases, 0)
    found: dict[str, list[Any]] = {}

    def run(heads: Heads, name: str) -> Callable[[], None]:
        def work() -> None:
            found[name] = [heads.added(trial, RIDGE, data.settings.pools.base_share, row) for row in keys]

        return work

    device = run(DeviceHeads(compute), "device")
    device()
    cpu_ms = 1000 * _seconds(run(NumpyHeads(), "cpu"), compute) / bases
    device_ms = 1000 * _seconds(device, compute) / bases
    cpu, other = (np.array(found[name]) for name in ("cpu", "device"))
    gap = float(np.abs(cpu - other).max() / cpu.std())
    return {"cpu_ms": cpu_ms, "device_ms": device_ms, "ratio": device_ms / cpu_ms, "largest_gap": gap}


def _whole(data: CloningData, compute: Compute) -> dict[str, float]:
    """Seconds of a whole measurement, and how its gains agree."""
    counts = dict.fromkeys(data.video_ids, ROWS)
    turns = rotations(counts, counts, data.settings.pools, seed=0)
    gains, taken = [], []
    for place in (ON_CPU, compute):
        with tempfile.TemporaryDirectory() as cache:
            began = time.perf_counter()
            found = measured_gains(data, turns, seed=0, cache=Path(cache), workers=usable_cores(), compute=place)
            taken.append(time.perf_counter() - began)
        gains.append(found.gain)
    return {"cpu_s": taken[0], "device_s": taken[1], "ratio": taken[1] / taken[0], "rho": spearman(*gains)}


def _seconds(work: Callable[[], None], compute: Compute) -> float:
    """The time of `work`, with all that it leaves a card to do."""
    import torch

    clock = time.process_time if compute.device == "cpu" else time.perf_counter
    began = clock()
    work()
    if compute.device.startswith("cuda"):
        torch.cuda.synchronize()
    return clock() - began


def measure(
    device: str = "auto",
    *,
    clips: int = 96,
    seeds: int = 2,
    members: int = 24,
    steps: int = 20,
    bases: int = 6,
    whole: bool = False,
) -> dict[str, Any]:
    """All timings and agreements; stacks are used on `device` even where it is the CPU. Raises `JobError` for a card
    that is not there."""
    import torch

    torch.set_num_threads(1)
    chosen = choose_compute(device)
    compute = Compute(chosen.device, stacked=True, name=chosen.name)
    data = made_data(clips, EffortSettings(trunk_seeds=seeds))
    found: dict[str, Any] = {"device": compute.name, "clips": clips, "members": members}
    on_card = compute.device.startswith("cuda")
    if on_card:
        torch.cuda.reset_peak_memory_stats()
    found["training"] = _training(data, compute, members, steps)
    found["gains"] = _gains(data, compute, bases)
    if whole:
        found["whole"] = _whole(data, compute)
    if on_card:
        found["peak_bytes"] = int(torch.cuda.max_memory_allocated())
    return found


def table(found: dict[str, Any]) -> str:
    """The findings as lines."""
    lines = [f"{found['clips']} clips, {found['members']} networks in a stack; stacks on {found['device']}"]
    for part in ("training", "gains"):
        one = found[part]
        lines.append(
            f"{part:8} CPU one by one {one['cpu_ms']:8.2f} ms, in stacks {one['device_ms']:8.2f} ms: {one['ratio']:.2f}"
        )
    lines.append(f"gains differ by at most {found['gains']['largest_gap']:.1e} of their spread")
    if "whole" in found:
        one = found["whole"]
        lines.append(f"whole    {one['cpu_s']:.1f} s, {one['device_s']:.1f} s: {one['ratio']:.2f}; ρ {one['rho']:.4f}")
    if "peak_bytes" in found:
        lines.append(f"peak memory of the device {found['peak_bytes'] / 2**30:.2f} GiB")
    return "\n".join(lines)


def main() -> None:
    """Measure on one device."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--members", type=int, default=24)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(
        given.device,
        clips=given.clips,
        seeds=given.seeds,
        members=given.members,
        steps=given.steps,
        whole=given.whole,
    )
    print(json.dumps(found) if given.json else table(found))


if __name__ == "__main__":
    main()
