"""Where a measurement computes: one network after the other on the CPU, or stacks of them on a graphics card."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.features.device import choose_device
from engine.features.resources import Resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.reward.settings import TrainingSettings

__all__ = ["ON_CPU", "Compute", "DeviceFull", "choose_compute", "trained_on"]


class DeviceFull(Exception):  # noqa: N818 - a reason to compute elsewhere, not an error
    """The device has too little memory for even the smallest piece of the work."""


@dataclass(frozen=True)
class Compute:
    """What a measurement runs on."""

    device: str = "cpu"
    """As torch names it."""
    stacked: bool = False
    """Whether networks are trained as one stack and heads are solved in batches. On a CPU that takes longer."""
    name: str = "CPU"
    """What people call the device; it stands in the report."""
    say: Callable[[str], None] = field(default=lambda _note: None, compare=False)
    """Reports what changes under way, such as that the memory of the device is full."""

    @property
    def suffix(self) -> str:
        """What files in the cache have behind their names: sums in another order give other last digits, which training
        enlarges. So no run goes on from what another kind of device left behind."""
        return f"-stack-{self.device.partition(':')[0]}" if self.stacked else ""

    def give_up(self, part: str) -> None:
        """Report that `part` does not fit on the device."""
        self.say(f"{self.name}: its memory is too small for {part}, which is done on the CPU instead.")


ON_CPU = Compute()


def choose_compute(wanted: str, say: Callable[[str], None] = lambda _note: None) -> Compute:
    """The device of a measurement: `wanted` is `auto`, `cpu`, `mps`, `cuda` or `cuda:1`.

    `mps` has no numbers of 64 bits, which gains need: the CPU measures there. Raises `EngineError` where the requested
    card is not there.
    """
    import torch

    device = choose_device(Resources(device=wanted))
    if device == "mps" and wanted != "auto":
        say("mps has no 64-bit numbers, which measuring gains takes: the CPU does it.")
    if not device.startswith("cuda"):
        return Compute(say=say)
    number = int(device.partition(":")[2] or 0)
    # Reward trainings name no number, and mean this one.
    torch.cuda.set_device(number)
    # Numbers of 32 bits, as the CPU has them; the networks are so small that shorter ones would gain little. Repeatable
    # sums (cudnn.deterministic) would leave the dilated layer to a kernel that does one picture at a time.
    torch.backends.cudnn.allow_tf32 = False
    return Compute(device, stacked=True, name=torch.cuda.get_device_name(number), say=say)


def trained_on(training: TrainingSettings, compute: Compute, *, whatever: bool = False) -> TrainingSettings:
    """How rewards are trained within a measurement: on its device, unless their own settings name one; with `whatever`
    also then."""
    if training.optimiser.device != "auto" and not whatever:
        return training
    device = "cuda" if compute.device.startswith("cuda") else "cpu"
    return training.model_copy(update={"optimiser": training.optimiser.model_copy(update={"device": device})})
