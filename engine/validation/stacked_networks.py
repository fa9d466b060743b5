"""The networks of a measurement, trained as stacks on one device: trunks in two waves, then those from scratch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.features.device import free_device_memory, is_out_of_memory
from engine.files.cache import save_arrays
from engine.validation.compute import DeviceFull
from engine.validation.encoded_trunk import codes_of, encoded_by, encoded_rows, load_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.validation.cloning_data import CloningData
    from engine.validation.compute import Compute
    from engine.validation.device_rows import DeviceRows
    from engine.validation.encoded_trunk import Codes, EncodedTrunk
    from engine.validation.from_scratch import Trainings
    from engine.validation.pools import Rotation
    from engine.validation.stack_training import StackTask
    from engine.validation.training import Regularisation, Trained
    from engine.validation.trunk import Trunk

__all__ = ["PlannedTrunk", "StackedNetworks"]

_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True)
class PlannedTrunk:
    """One trunk that a measurement needs."""

    rotation: int
    """Which of the rotations it is of."""
    first: bool
    """Whether it chooses how all trunks of its rotation are regularised."""
    seed: int
    stored: Path
    """Where its codes are kept."""


class StackedNetworks:
    """Trains the networks of a measurement on the device of `compute`."""

    def __init__(self, data: CloningData, turns: Sequence[Rotation], compute: Compute) -> None:
        self._data, self._turns, self._compute = data, turns, compute
        self._on_device: DeviceRows | None = None

    def trunks(
        self, plan: Sequence[PlannedTrunk], on_progress: Callable[[int, float], None]
    ) -> list[EncodedTrunk] | None:
        """The trunks of the plan, from the cache where it has them; None where the device is too small for one.

        `on_progress(number of the trunk, share)` may raise `Cancelled`.
        """
        known = {number: load_codes(planned.stored) for number, planned in enumerate(plan)}
        found: dict[int, EncodedTrunk] = {}

        def add(number: int, codes: Codes, *, reused: bool) -> None:
            found[number] = encoded_by(self._data, self._turns[plan[number].rotation], codes, reused=reused)
            on_progress(number, 1.0)

        for number, codes in known.items():
            if codes is not None:
                add(number, codes, reused=True)

        def wave(numbers: list[int]) -> None:
            for number, codes in self._codes(plan, numbers, found, on_progress).items():
                save_arrays(plan[number].stored, codes)
                add(number, codes, reused=False)

        missing = [number for number in range(len(plan)) if number not in found]
        try:
            wave([number for number in missing if plan[number].first])
            wave([number for number in missing if not plan[number].first])
        except DeviceFull:
            self._compute.give_up("training networks")
            return None
        return [found[number] for number in range(len(plan))]

    def trained(self, scratch: Trainings) -> Trainings | None:
        """The same with all its networks trained; None where the device is too small for one."""
        try:
            if scratch.missing:
                scratch.train_stacked(self._rows(), self._compute)
        except DeviceFull:
            self._compute.give_up("training from scratch")
            return None
        return scratch

    def _codes(
        self,
        plan: Sequence[PlannedTrunk],
        numbers: Sequence[int],
        before: dict[int, EncodedTrunk],
        on_progress: Callable[[int, float], None],
    ) -> dict[int, Codes]:
        """Train these trunks as one wave: the first of a rotation in every way to regularise, others as it chose."""
        from engine.validation.stack_training import train_in_stacks
        from engine.validation.training import CHOICES, best_of

        if not numbers:
            return {}
        firsts = {plan[number].rotation: encoded.choice for number, encoded in before.items() if plan[number].first}
        tasks: list[StackTask] = []
        owners: list[int] = []
        for number in numbers:
            planned = plan[number]
            choices = CHOICES if planned.first else [CHOICES[firsts[planned.rotation]]]
            tasks += [self._task(planned, choice) for choice in choices]
            owners += [number] * len(choices)

        def tell(share: float) -> None:
            for number in numbers:
                on_progress(number, share)

        trained: list[Trained] = []
        rows, effort = self._rows(), self._data.effort
        for _, some in train_in_stacks(
            rows, self._data.clips, tasks, effort, self._compute, steps=effort.trunk_steps, on_progress=tell
        ):
            trained += some
        best = {n: best_of([one for one, owner in zip(trained, owners, strict=True) if owner == n]) for n in numbers}
        return {number: codes_of(self._encoded(one.trunk), one) for number, one in best.items()}

    def _task(self, planned: PlannedTrunk, choice: Regularisation) -> StackTask:
        from engine.validation.device_rows import Watched
        from engine.validation.stack_training import StackTask

        data, turn = self._data, self._turns[planned.rotation]
        held = data.of_sources(turn.held)
        return StackTask(
            clips=np.flatnonzero(data.of_sources(turn.trunk)),
            held=Watched.of(data.moving & held[:, None, None]),
            choice=choice,
            seed=planned.seed,
        )

    def _encoded(self, trunk: Trunk) -> NDArray[np.float32]:
        """`(n, k, CODE)`: the codes of all rows that need one. Raises `DeviceFull` where the memory is too small."""
        try:
            return self._seen_by(trunk)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            free_device_memory()
            raise DeviceFull from error

    def _seen_by(self, trunk: Trunk) -> NDArray[np.float32]:
        import torch

        from engine.validation.trunk import CODE
        from engine.validation.trunk_stack import TrunkStack

        seen = encoded_rows(self._data)
        codes = np.zeros((*seen.shape, CODE), np.float32)
        rows, stack = self._rows(), TrunkStack([trunk], self._compute.device)
        wanted = torch.from_numpy(np.flatnonzero(seen)).to(self._compute.device)
        parts = torch.split(wanted[None], _ROWS_AT_ONCE, 1)
        codes[seen] = torch.cat([stack.seen(*rows.seen(some))[0][0] for some in parts]).cpu().numpy()
        return codes

    def _rows(self) -> DeviceRows:
        """All rows on the device. Raises `DeviceFull` where they don't fit."""
        from engine.validation.device_rows import DeviceRows

        if self._on_device is None:
            try:
                self._on_device = DeviceRows(self._data.clips, self._data.scale, self._compute.device)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                free_device_memory()
                raise DeviceFull from error
        return self._on_device
