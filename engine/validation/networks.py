"""All networks of a measurement: from the cache, in stacks on a device, or one by one in threads of the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.validation.compute import ON_CPU
from engine.validation.encoded_trunk import encode
from engine.validation.from_scratch import Trainings
from engine.validation.stacked_networks import PlannedTrunk, StackedNetworks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future, ThreadPoolExecutor
    from pathlib import Path

    from engine.validation.cloning_data import CloningData
    from engine.validation.compute import Compute
    from engine.validation.encoded_trunk import EncodedTrunk
    from engine.validation.measured import Scratch
    from engine.validation.pools import Rotation
    from engine.validation.progress import Progress

__all__ = ["Networks"]


class Networks:
    """The trunks that gains are measured by, and the networks that are trained from scratch beside them."""

    def __init__(
        self, data: CloningData, turns: Sequence[Rotation], key: str, *, seed: int, cache: Path, progress: Progress
    ) -> None:
        """`key` names everything that a trunk depends on but its seed and the device."""
        self._data, self._turns, self._key, self._seed = data, turns, key, seed
        self._cache, self._progress = cache, progress
        self.rotation = [rotation for _ in range(data.effort.trunk_seeds) for rotation in range(len(turns))]
        """`(t,)`: which rotation each trunk is of."""
        self.computed_on: dict[str, str] = {}
        """What was computed → the device that did it."""

    def train(self, compute: Compute, threads: ThreadPoolExecutor) -> None:
        """Train all on a device as far as it can; let `threads` begin what is left."""
        card = StackedNetworks(self._data, self._turns, compute) if compute.stacked else None
        self._on_card = card.trunks(self._plan(compute), self._progress.trunk) if card else None
        self._encodings = [] if self._on_card else self._one_by_one(threads)
        stacked = card.trained(self._trainings(compute)) if card else None
        self._full = stacked or self._trainings(ON_CPU)
        self._under_way = [] if stacked else self._full.start(threads)
        if not self._under_way:
            self._progress.full(1.0)
        self.computed_on["networks"] = (compute if self._on_card else ON_CPU).name
        if self._full.wanted:
            self.computed_on["from scratch"] = (compute if stacked else ON_CPU).name

    def trunks(self) -> list[EncodedTrunk]:
        """All trunks, once they are trained."""
        return self._on_card or [encoding.result() for encoding in self._encodings]

    def from_scratch(self) -> Scratch | None:
        """What the networks that were trained from scratch lose, once they are trained; None where there are none."""
        for training in self._under_way:
            training.result()
        return self._full.found()

    @property
    def reused(self) -> dict[str, int]:
        """How many `trunks` and `trainings` an earlier run had left in the cache."""
        return {"trunks": sum(trunk.reused for trunk in self.trunks()), "trainings": self._full.reused}

    def _plan(self, compute: Compute) -> list[PlannedTrunk]:
        """The first trunk of each rotation chooses how it is regularised; the others of the rotation follow it."""
        found = []
        for number, rotation in enumerate(self.rotation):
            trunk = number // len(self._turns)
            name = f"trunk-{self._key}-{self._seed}-{rotation}-{trunk}{compute.suffix}.npz"
            seed = (self._seed * 100 + rotation) * 100 + trunk
            found.append(PlannedTrunk(rotation=rotation, first=trunk == 0, seed=seed, stored=self._cache / name))
        return found

    def _trainings(self, compute: Compute) -> Trainings:
        name = f"full-{self._key}-{self._seed}-{self._data.effort.full_steps}{compute.suffix}.npz"
        return Trainings(
            self._data,
            self._turns[0],
            seed=self._seed,
            stored=self._cache / name,
            on_progress=self._progress.full,
        )

    def _one_by_one(self, threads: ThreadPoolExecutor) -> list[Future[EncodedTrunk]]:
        plan = self._plan(ON_CPU)
        found: list[Future[EncodedTrunk]] = []

        def encoded(number: int) -> EncodedTrunk:
            planned = plan[number]
            choice = None if planned.first else found[planned.rotation].result().choice
            turn = self._turns[planned.rotation]

            def tell(share: float) -> None:
                self._progress.trunk(number, share)

            return encode(self._data, turn, planned.seed, planned.stored, tell, choice)

        for number in range(len(plan)):
            found.append(threads.submit(encoded, number))  # noqa: PERF401  # each looks up those before it
        return found
