"""Which device models run on, whether frames go there too, and what to do when its memory is full.

Loads torch only where a function needs it: the app asks how many cards there are.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EngineError, JobError

if TYPE_CHECKING:
    from engine.features.resources import Resources

__all__ = [
    "card_count",
    "card_of_part",
    "choose_device",
    "device_loss",
    "device_name",
    "free_device_memory",
    "hold_device",
    "is_out_of_memory",
    "takes_device_frames",
]


def card_count() -> int:
    """How many of NVIDIA's cards this process may use, as far as the system shows without loading torch."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    named = None if visible is None else [name for name in visible.split(",") if name.strip() not in ("", "-1")]
    # A device file a card on Linux; Windows and its Linux have the driver's tool alone.
    found = len(list(Path("/dev").glob("nvidia[0-9]*"))) or (shutil.which("nvidia-smi") is not None)
    return int(found) if named is None else min(int(found), len(named))


def card_of_part(device: str, part_number: int) -> str:
    """The card of one of several workers, where the device is any card: `cuda:1` for the second part and the fourth of
    two cards; other devices as they are."""
    cards = card_count() if device in ("auto", "cuda") else 0
    return f"cuda:{part_number % cards}" if cards > 1 else device


def choose_device(resources: Resources) -> str:
    """`cuda`, `cuda:1`, `mps` or `cpu`: the one requested, or the best available.

    Raises EngineError where the requested one is not there.
    """
    import torch

    asked = resources.device
    if asked == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = asked.partition(":")
    if kind == "cuda" and not torch.cuda.is_available():
        raise EngineError(
            f"The device {asked!r} is not there: torch finds no NVIDIA card on this machine.",
            remedy="Set compute.device in jobs.yaml to auto or cpu, or look at `handpicked doctor`.",
        )
    if kind == "cuda" and number and int(number) >= torch.cuda.device_count():
        raise EngineError(
            f"The device {asked!r} is not there: this machine has {torch.cuda.device_count()} NVIDIA card(s).",
            remedy="Count from 0, or set compute.device in jobs.yaml to auto.",
        )
    return asked


def hold_device(resources: Resources) -> None:
    """Get the device ready for frames and models. Called once, before anything else uses it.

    A card's decoder must be opened before torch uses the card; and convolutions are to have all 32 bits, as on a CPU:
    the shorter numbers that cuDNN takes by itself would add noise to sharpness.
    """
    if not takes_device_frames(resources):
        return
    import torch

    from engine.video.card import hold_card

    hold_card(choose_device(resources))
    torch.backends.cudnn.allow_tf32 = False


def device_name(resources: Resources) -> str:
    """The chosen device as its maker calls it: `NVIDIA H100 80GB HBM3`; `cpu` or `mps` for others."""
    import torch

    device = choose_device(resources)
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def takes_device_frames(resources: Resources) -> bool:
    """Whether frames go to the device as tensors, for extractors that can take them there.

    They do on NVIDIA's cards, which decode them too, and on other devices where `resources` asks for it.
    """
    if resources.frames_on_device is not None:
        return resources.frames_on_device
    if resources.device == "auto" and not card_count():
        return False  # without loading torch, which takes seconds
    return resources.device.partition(":")[0] in ("auto", "cuda") and choose_device(resources).startswith("cuda")


def is_out_of_memory(error: Exception) -> bool:
    """Whether a model ran out of device memory; each backend reports it differently."""
    names = {kind.__name__ for kind in type(error).__mro__}
    said = str(error).lower() if isinstance(error, RuntimeError) else ""
    # cuDNN and cuBLAS have words of their own for it.
    return "OutOfMemoryError" in names or "out of memory" in said or "status_alloc_failed" in said


def device_loss(error: BaseException) -> JobError | None:
    """What ends the job where the error says that the device itself failed: nothing more can run on it in this process.

    None for any other error, running out of memory among them.
    """
    if not isinstance(error, RuntimeError) or "cuda error" not in str(error).lower():
        return None
    if is_out_of_memory(error):
        return None
    first_line = str(error).strip().partition("\n")[0]
    return JobError(
        f"The graphics card failed ({first_line}); what was finished is kept.",
        remedy="Look at `handpicked doctor`, then resume the job, or set compute.device to cpu in jobs.yaml.",
    )


def free_device_memory() -> None:
    """Release the memory that torch caches."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
