"""Which device models run on, and what to do when its memory is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.features.base import Resources

__all__ = ["choose_device", "free_device_memory", "is_out_of_memory"]


def choose_device(resources: Resources) -> str:
    """`cuda`, `mps` or `cpu`: the one requested, or the best available."""
    import torch

    if resources.device != "auto":
        return resources.device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def is_out_of_memory(error: Exception) -> bool:
    """Whether a model ran out of device memory; each backend reports it differently."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return "OutOfMemoryError" in names or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower())


def free_device_memory() -> None:
    """Release the memory that torch caches."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
